using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Experiments.Core.Data.Images;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>The user's own images: folders of PNG and JPEG files, one folder for each class. They are decoded when they are read.</summary>
internal sealed record ImageFolderSource : DatasetSource
{
    /// <summary>The folder.</summary>
    public required string Place { get; init; }

    /// <summary>What the prepared images depend on besides the files: their size, and how they are split.</summary>
    public required string Variant { get; init; }

    /// <summary>The training images, in their order.</summary>
    public required ImmutableArray<LabelledFile> Train { get; init; }

    /// <summary>The test images.</summary>
    public required ImmutableArray<LabelledFile> Test { get; init; }

    /// <inheritdoc/>
    public override string HowToGet => $"It lies at {Place}";

    internal override FoundSource? Find(string path)
    {
        ImmutableArray<string> files = [.. Train.Concat(Test).Select(image => image.Path)];
        return files.FirstOrDefault(file => !File.Exists(file)) is null ? FoundSource.Own(Place, files, Variant) : null;
    }

    internal override IReadOnlyList<string> Places(string path) => [Place];

    internal override IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set) => [];

    internal override IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null)
    {
        if (decoder is null)
            return [$"{Place} holds PNG and JPEG files, and nothing here decodes them."];
        var mistakes = new ConcurrentBag<string>();
        try
        {
            foreach (var (part, images) in new[] { (DatasetPart.Train, Train), (DatasetPart.Test, Test) })
            {
                Parallel.For(0, images.Length, () => new byte[set.Shape.Size], (index, _, pixels) =>
                {
                    if (Decode(images[index].Path, set.Shape, pixels, decoder) is { } mistake)
                        mistakes.Add(mistake);
                    else
                        sink.Put(part, index, images[index].Label, pixels);
                    return pixels;
                }, _ => { });
            }
        }
        catch (AggregateException several)
        {
            // All threads fail for the same reason, the disk; the first exception is enough.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return [.. mistakes.Order(StringComparer.Ordinal)];
    }

    internal override string NameOf(DatasetPart part, int index) => Path.GetRelativePath(Place, (part == DatasetPart.Train ? Train : Test)[index].Path);

    internal override string Sizes()
    {
        var headers = Train.Concat(Test).Select(image => ImageHeader.Read(image.Path)).OfType<ImageHeader>().ToList();
        if (headers.Count == 0)
            return "no sizes to be read";
        var (smallest, largest) = (headers.MinBy(header => (long)header.Width * header.Height)!, headers.MaxBy(header => (long)header.Width * header.Height)!);
        var grey = headers.Count(header => header.IsGrey);
        return $"files of {smallest.Width}x{smallest.Height} to {largest.Width}x{largest.Height} pixels, {(grey == 0 ? "all in colour" : grey == headers.Count ? "all grey" : $"{grey} of {headers.Count} grey, which become colour")}";
    }

    // A file that cannot be opened is reported by its name, like one that cannot be decoded, so that all of them are reported at once.
    private static string? Decode(string path, ImageShape shape, byte[] pixels, IImageDecoder decoder)
    {
        try
        {
            return decoder.Decode(path, shape, pixels) is { } wrong ? $"{path} {wrong}{PackedFile.Look(path)}." : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: {e.Message.TrimEnd('.')}.";
        }
    }
}

/// <summary>An image file with its class.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">The class, from 0.</param>
internal readonly record struct LabelledFile(string Path, int Label);
