using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// Counts the images of each class and passes them on to another sink. The catalog's sets are published with equally many images of each class
/// in either part, so the counts show what sizes cannot: a training file in the test file's place, or labels that were changed.
/// </summary>
internal sealed class ClassCounter(DatasetDescription set, IImageSink? next = null) : IImageSink
{
    private readonly int[] _train = new int[set.Classes];
    private readonly int[] _test = new int[set.Classes];

    /// <summary>How many images of each class a part has, in the order of the labels.</summary>
    public IReadOnlyList<int> Counts(DatasetPart part) => Of(part);

    /// <summary>A sentence for each part whose classes should be equally frequent and are not.</summary>
    public IReadOnlyList<string> Mistakes(FoundSource found) => !set.IsBalanced ? [] :
    [
        .. from part in Enum.GetValues<DatasetPart>()
           let expected = set.Count(part) / set.Classes
           let wrong = Enumerable.Range(0, set.Classes).Where(label => Of(part)[label] != expected).ToList()
           where wrong.Count > 0
           let examples = wrong.Take(3).Select(label => $"{Of(part)[label]} of label {label} ({set.ClassNames[label]})")
           select $"{found.Place}: expected {expected} {Name(part)} images of each class, came {string.Join(", ", examples)}" +
               $"{(wrong.Count > 3 ? $" and {wrong.Count - 3} more" : "")}; labels were changed, or training and test files exchanged.",
    ];

    public void Put(DatasetPart part, int index, int label, ReadOnlySpan<byte> pixels)
    {
        Interlocked.Increment(ref Of(part)[label]);
        next?.Put(part, index, label, pixels);
    }

    private static string Name(DatasetPart part) => part == DatasetPart.Train ? "training" : "test";

    private int[] Of(DatasetPart part) => part == DatasetPart.Train ? _train : _test;
}
