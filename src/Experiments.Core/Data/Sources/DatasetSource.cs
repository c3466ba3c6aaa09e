using System.Collections.Immutable;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// Where a data set's images come from and how they are read. The closed set of sources: <see cref="CifarSource"/>, <see cref="IdxSource"/>
/// and <see cref="SyntheticSource"/> of the catalog; <see cref="ImageFolderSource"/> and <see cref="ArraySource"/> of the user's own images.
/// </summary>
public abstract record DatasetSource
{
    private protected DatasetSource()
    {
    }

    /// <summary>One sentence: what a person does to get the files.</summary>
    public abstract string HowToGet { get; }

    /// <summary>
    /// Finds the files, complete or not, in a data folder, or at a path that leads to this set itself; null if there are none.
    /// </summary>
    internal abstract FoundSource? Find(string path);

    /// <summary>The places that <see cref="Find"/> looks at, for the sentence that says that nothing is there.</summary>
    internal abstract IReadOnlyList<string> Places(string path);

    /// <summary>What is wrong, judged by names and sizes of the files (a file is missing, a size is impossible); no file is read.</summary>
    internal abstract IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set);

    /// <summary>Reads every image into the sink and returns what is wrong with the files, a sentence each; none if they are whole.</summary>
    /// <param name="found">The files.</param>
    /// <param name="set">The set that the files should hold.</param>
    /// <param name="sink">Takes the images.</param>
    /// <param name="decoder">Decodes image files, which only some sources have; null if there is no decoder.</param>
    internal abstract IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null);

    /// <summary>The file, or the place in it, that an image came from.</summary>
    internal virtual string NameOf(DatasetPart part, int index) => $"{(part == DatasetPart.Train ? "training" : "test")} image {index}";

    /// <summary>The sizes of the images as stored, in a few words; empty if they are the data set's.</summary>
    internal virtual string Sizes() => "";

    /// <summary>Compares the files with their published checksums and returns one finding for each file; none if no checksums are published.</summary>
    internal virtual IReadOnlyList<Finding> CompareChecksums(FoundSource found) => [];

    /// <summary>Disk space that getting the set takes, for people.</summary>
    internal virtual string Space => "none";

    /// <summary>
    /// Downloads the files into a data folder that exists (an interrupted download is continued), and compares them with the published
    /// checksums. Returns one sentence: where they are. A source without an address has nothing to download.
    /// </summary>
    /// <param name="set">The set whose source this is.</param>
    /// <param name="path">The data folder.</param>
    /// <param name="url">Where to download from; null for the official address.</param>
    /// <param name="progress">Receives the progress of the download of each file.</param>
    /// <param name="cancellationToken">Cancels the download; bytes already received are kept for the next time.</param>
    internal virtual Task<string> GetAsync(
        DatasetDescription set, string path, Uri? url, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult($"{HowToGet}.");
}

/// <summary>A data set's files where they were found.</summary>
/// <param name="Place">The folder or archive; for images made by the program, a text that says so.</param>
/// <param name="Files">The files that exist; empty if the program makes the images.</param>
internal sealed record FoundSource(string Place, ImmutableArray<string> Files)
{
    /// <summary>
    /// A text of each file's path, size and time of writing, which changes when the files do. A cache with another text is prepared again.
    /// </summary>
    public string Fingerprint { get; init; } = string.Join('\n', Files.Select(file => new FileInfo(file)).Select(file =>
        FormattableString.Invariant($"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}")));

    /// <summary>What the prepared images depend on besides the files; empty if there is nothing.</summary>
    public string Variant { get; private init; } = "";

    /// <summary>The user's own files; the variant is the settings by which they become images, and changes the fingerprint.</summary>
    public static FoundSource Own(string place, ImmutableArray<string> files, string variant)
    {
        var found = new FoundSource(place, files) { Variant = variant };
        return found with { Fingerprint = $"{variant}\n{found.Fingerprint}" };
    }

    /// <summary>Bytes of all files together.</summary>
    public long Bytes => Files.Sum(file => new FileInfo(file).Length);
}

/// <summary>Takes images as they are read, in any order and possibly from several threads, each image once.</summary>
internal interface IImageSink
{
    /// <summary>Takes image <paramref name="index"/> of a part: its label and its [C, H, W] pixels.</summary>
    void Put(DatasetPart part, int index, int label, ReadOnlySpan<byte> pixels);
}
