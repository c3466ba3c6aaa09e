using System.Collections.Immutable;

namespace Experiments.Core.Data;

/// <summary>
/// Where a data set's images come from and how they are read. The closed set of sources: <see cref="CifarSource"/>,
/// <see cref="IdxSource"/> and <see cref="SyntheticSource"/>.
/// </summary>
public abstract record DatasetSource
{
    private protected DatasetSource()
    {
    }

    /// <summary>One sentence: what a person does to get the files.</summary>
    public abstract string HowToGet { get; }

    /// <summary>
    /// Finds the files, complete or not, in a data folder, or at a path that leads to this very set; null where there are none.
    /// </summary>
    internal abstract FoundSource? Find(string path);

    /// <summary>The places that <see cref="Find"/> looks at, for the sentence that says that nothing is there.</summary>
    internal abstract IReadOnlyList<string> Places(string path);

    /// <summary>What a glance shows to be wrong (a file missing, a size that cannot be): nothing is read.</summary>
    internal abstract IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set);

    /// <summary>Reads every image into the sink and returns what is wrong with the files, a sentence each; none where they are whole.</summary>
    internal abstract IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink);

    /// <summary>Compares the files with their published checksums and returns one finding a file; none where nothing is published.</summary>
    internal virtual IReadOnlyList<Finding> CompareChecksums(FoundSource found) => [];

    /// <summary>Disk space that getting the set takes, for people.</summary>
    internal abstract string Space { get; }

    /// <summary>
    /// Downloads the files into a data folder that exists, going on where an earlier download ended, and compares them with the published
    /// checksums. Returns one sentence: where they are.
    /// </summary>
    /// <param name="set">The set whose source this is.</param>
    /// <param name="path">The data folder.</param>
    /// <param name="url">Where to download from; null for the official address.</param>
    /// <param name="progress">Told how far the download of a file is.</param>
    /// <param name="cancellationToken">Ends the download; what has come is kept for the next time.</param>
    internal abstract Task<string> GetAsync(
        DatasetDescription set, string path, Uri? url, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken);
}

/// <summary>A data set's files where they were found.</summary>
/// <param name="Place">The folder or archive, or what stands for it.</param>
/// <param name="Files">The files that exist; empty where the images are made by the program.</param>
internal sealed record FoundSource(string Place, ImmutableArray<string> Files)
{
    /// <summary>
    /// Changes when the files do: the path, size and time of writing of each. A prepared cache that carries another one is made anew.
    /// </summary>
    public string Fingerprint { get; init; } = string.Join('\n', Files.Select(file => new FileInfo(file)).Select(file =>
        FormattableString.Invariant($"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}")));

    /// <summary>Bytes of all files together.</summary>
    public long Bytes => Files.Sum(file => new FileInfo(file).Length);
}

/// <summary>Takes images as they are read, in any order and possibly from several threads, each image once.</summary>
internal interface IImageSink
{
    /// <summary>Takes image <paramref name="index"/> of a part: its label and its [C, H, W] pixels.</summary>
    void Put(DatasetPart part, int index, byte label, ReadOnlySpan<byte> pixels);
}
