using System.Collections.Concurrent;
using System.Security.Cryptography;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Data;

/// <summary>The result of reading all images of the user's own data set.</summary>
/// <param name="Set">The set.</param>
/// <param name="TrainCounts">Number of readable training images of each class, in the order of the labels.</param>
/// <param name="TestCounts">Number of readable test images of each class.</param>
/// <param name="Sizes">The sizes of the images as stored, in a few words.</param>
/// <param name="Findings">What was found, good and bad.</param>
public sealed record DatasetCheck(
    DatasetDescription Set, IReadOnlyList<int> TrainCounts, IReadOnlyList<int> TestCounts, string Sizes, IReadOnlyList<Finding> Findings)
{
    private const int MostNamed = 5;

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsWhole => Findings.All(finding => finding.Good);

    /// <summary>Reads all images of a set, names files that cannot be read, and finds duplicate images by their checksums.</summary>
    /// <param name="set">The set.</param>
    /// <param name="folder">The data folder; it also has the decoder.</param>
    /// <exception cref="ExperimentException">The files are no longer there, or cannot be read.</exception>
    public static DatasetCheck Of(DatasetDescription set, DataFolder folder)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(folder);
        var found = folder.Require(set);
        var hashes = new Hashes();
        var counter = new ClassCounter(set, hashes);
        IReadOnlyList<string> mistakes;
        try
        {
            mistakes = set.Source.Read(found, set, counter, folder.Decoder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.CannotRead(set, found, exception);
        }

        return new DatasetCheck(set, counter.Counts(DatasetPart.Train), counter.Counts(DatasetPart.Test), set.Source.Sizes(),
        [
            .. set.Remarks.Select(remark => new Finding(true, remark)),
            .. mistakes.Count == 0 ? [new Finding(true, "every image can be read")] : mistakes.Select(mistake => new Finding(false, mistake)),
            .. Empty(set, counter, DatasetPart.Train), .. Empty(set, counter, DatasetPart.Test),
            .. hashes.Twice(set),
        ]);
    }

    private static IEnumerable<Finding> Empty(DatasetDescription set, ClassCounter counter, DatasetPart part)
    {
        var empty = counter.Counts(part).Index().Where(count => count.Item == 0).Select(count => set.ClassNames[count.Index]).ToList();
        if (empty.Count > 0 && empty.Count < set.Classes)
            yield return new Finding(part == DatasetPart.Test, $"no {(part == DatasetPart.Train ? "training" : "test")} image of {Examples(empty)}");
    }

    private static string Examples(List<string> all) =>
        $"{string.Join(", ", all.Take(MostNamed))}{(all.Count > MostNamed ? $" and {all.Count - MostNamed} more" : "")}";

    // Checksums of the pixels that are trained on, so a copy of a picture that was saved again, or with another date, counts as the same.
    private sealed class Hashes : IImageSink
    {
        private readonly ConcurrentDictionary<(DatasetPart Part, int Index), (UInt128 Hash, int Label)> _images = new();

        public void Put(DatasetPart part, int index, int label, ReadOnlySpan<byte> pixels)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(pixels, hash);
            _images[(part, index)] = (System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash), label);
        }

        public IEnumerable<Finding> Twice(DatasetDescription set)
        {
            var same = _images.GroupBy(image => image.Value.Hash).Where(group => group.Count() > 1)
                .Select(group => group.OrderBy(image => image.Key).ToList()).OrderBy(group => group[0].Key).ToList();
            string Name((DatasetPart Part, int Index) image) => set.Source.NameOf(image.Part, image.Index);
            var across = same.Where(group => group[0].Key.Part != group[^1].Key.Part).ToList();
            var images = across.Sum(group => group.Count(image => image.Key.Part == DatasetPart.Test));
            yield return across.Count == 0 ? new Finding(true, "no test image is a training image too")
                : new Finding(false, $"{images} {(images == 1 ? "test image is a training image" : "test images are training images")} too, so the measured error is too low: "
                    + Examples([.. across.Select(group => $"{Name(group[^1].Key)} = {Name(group[0].Key)}")]));
            var torn = same.Where(group => group.Select(image => image.Value.Label).Distinct().Count() > 1).ToList();
            if (torn.Count > 0)
                yield return new Finding(false, $"{torn.Count} {(torn.Count == 1 ? "image is" : "images are")} in two classes: "
                    + Examples([.. torn.Select(group => string.Join(" = ", group.DistinctBy(image => image.Value.Label).Take(2).Select(image => Name(image.Key))))]));
            var within = same.Sum(group => group.GroupBy(image => image.Key.Part).Sum(part => part.Count() - 1));
            if (within > 0)
                yield return new Finding(true, $"{within} {(within == 1 ? "image is" : "images are")} there more than once within training or test");
        }
    }
}
