using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Data;

/// <summary>The state of a data set, from names and sizes of its files; no file is read.</summary>
/// <param name="Set">The data set.</param>
/// <param name="Place">The folder or archive it was found in; null if it was not found.</param>
/// <param name="Bytes">Bytes of all its files; 0 if it has none.</param>
/// <param name="Prepared">Whether its images lie ready in the cache.</param>
/// <param name="Mistakes">What is wrong with the files, a sentence each; if there are no files, how to get them.</param>
public sealed record DatasetStatus(DatasetDescription Set, string? Place, long Bytes, bool Prepared, IReadOnlyList<string> Mistakes)
{
    /// <summary>Whether it can be used, as far as names and sizes of files show.</summary>
    public bool IsReady => Place is not null && Mistakes.Count == 0;
}

/// <summary>The result of a full check of a data set.</summary>
/// <param name="Set">The data set.</param>
/// <param name="Place">The folder or archive that was checked.</param>
/// <param name="Findings">What was found, good and bad.</param>
/// <param name="TrainCounts">Training images of each class, in the order of the labels.</param>
/// <param name="TestCounts">Test images of each class.</param>
public sealed record Verification(
    DatasetDescription Set, string Place, IReadOnlyList<Finding> Findings, IReadOnlyList<int> TrainCounts, IReadOnlyList<int> TestCounts)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsWhole => Findings.All(finding => finding.Good);
}

/// <summary>
/// The folder of the data sets; it finds, checks and downloads them. The path may also lead to one set's own folder or archive; prepared
/// images then go to the default folder's cache.
/// </summary>
public sealed class DataFolder
{
    private readonly ImmutableArray<DatasetDescription> _catalog;

    /// <summary>Takes a folder, which need not exist yet; null for <see cref="DefaultPath"/>.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="decoder">Decodes image files; null if there is no decoder.</param>
    public DataFolder(string? path = null, IImageDecoder? decoder = null)
        : this(path, DatasetCatalog.All) => Decoder = decoder;

    internal DataFolder(string? path, ImmutableArray<DatasetDescription> catalog) => (Path, _catalog) = (path ?? DefaultPath, catalog);

    /// <summary>The decoder of image files; null if there is none.</summary>
    public IImageDecoder? Decoder { get; }

    /// <summary><c>data/</c> at the repository's root.</summary>
    public static string DefaultPath => System.IO.Path.Combine(RepositoryFolder.Root, "data");

    /// <summary>The folder, as it was given.</summary>
    public string Path { get; }

    /// <summary>The state of every data set, from names and sizes of its files.</summary>
    public IReadOnlyList<DatasetStatus> List() => [.. _catalog.Select(Status)];

    /// <summary>The state of one data set, from names and sizes of its files.</summary>
    public DatasetStatus Status(DatasetDescription set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Source.Find(Path) is not { } found)
            return new DatasetStatus(set, null, 0, false, [Missing(set)]);
        using var cache = ImageCache.TryOpen(ImageCache.PathOf(set, found, this), set, found);
        return new DatasetStatus(set, found.Place, found.Bytes, cache is not null, set.Source.Glance(found, set));
    }

    /// <summary>
    /// Reads all files of a set and checks sizes, headers, labels, the number of images of each class, published checksums if there
    /// are any, and the prepared images. Damaged prepared images are deleted; the next use makes them again.
    /// </summary>
    /// <exception cref="ExperimentException">The name is unknown, the set is not there, or a file cannot be read.</exception>
    public Verification Verify(string name) => Verify(DatasetCatalog.Find(name));

    /// <summary>Checks a set given by its description.</summary>
    /// <exception cref="ExperimentException">As above.</exception>
    public Verification Verify(DatasetDescription set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var found = Require(set);
        var counter = new ClassCounter(set);
        try
        {
            var mistakes = set.Source.Read(found, set, counter);
            if (mistakes.Count == 0)
                mistakes = counter.Mistakes(found);
            var content = mistakes.Count > 0
                ? mistakes.Select(mistake => new Finding(false, mistake))
                : [new Finding(true, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{found.Place}: {set.TrainCount:N0} training and {set.TestCount:N0} test images of {set.Shape}, equally many of each class."))];
            return new Verification(set, found.Place, [.. content, .. set.Source.CompareChecksums(found), .. CheckCache(set, found)],
                counter.Counts(DatasetPart.Train), counter.Counts(DatasetPart.Test));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(set, found, exception);
        }
    }

    /// <summary>
    /// Gets a data set: downloads it into this folder (an interrupted download is continued), compares it with the published MD5s, and
    /// unpacks it if it comes in an archive. Returns one sentence that tells what was done, or that nothing needed to be done.
    /// </summary>
    /// <param name="name">The data set.</param>
    /// <param name="url">
    /// The address of the archive or, for a set of several files, of the folder that holds them; null for the official address.
    /// </param>
    /// <param name="progress">Receives the progress of the download.</param>
    /// <param name="cancellationToken">Cancels the download; bytes already received are kept for the next time.</param>
    /// <exception cref="ExperimentException">
    /// The name is unknown; the address cannot be reached; a file is not the published one; the folder cannot be written.
    /// </exception>
    public Task<string> GetAsync(
        string name, Uri? url = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GetAsync(DatasetCatalog.Find(name), url, progress, cancellationToken);

    /// <summary>Gets a set given by its description.</summary>
    /// <exception cref="ExperimentException">As above.</exception>
    public async Task<string> GetAsync(
        DatasetDescription set, Uri? url = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        var status = Status(set);
        if (status.IsReady && !File.Exists(status.Place))
            return $"{set.Name} is there already: {status.Place}.";
        try
        {
            Directory.CreateDirectory(Path);
            return await set.Source.GetAsync(set, Path, url, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException(
                $"{set.Name} cannot be put into {Path}: {exception.Message.TrimEnd('.')}. Expected a folder that can be written, with {set.Source.Space} free; " +
                "name one with --data.",
                ExperimentException.Unavailable,
                exception);
        }
    }

    /// <summary>The files of a set.</summary>
    /// <exception cref="ExperimentException">They are not there.</exception>
    internal FoundSource Require(DatasetDescription set) =>
        set.Source.Find(Path) ?? throw new ExperimentException(Missing(set), ExperimentException.Unavailable);

    /// <summary>The cache folder for the prepared images of a set found at a place; it is never inside the set's own folder.</summary>
    internal string CachePath(FoundSource found) => System.IO.Path.Combine(Same(found.Place, Path) ? DefaultPath : Path, "cache");

    internal static ExperimentException CannotRead(DatasetDescription set, FoundSource found, Exception exception) => new(
        $"The files of {set.Name} in {found.Place} cannot be read: {exception.Message.TrimEnd('.')}.", ExperimentException.Unavailable, exception);

    private static bool Same(string a, string b) => System.IO.Path.GetFullPath(a).TrimEnd('/') == System.IO.Path.GetFullPath(b).TrimEnd('/');

    private string Missing(DatasetDescription set) =>
        $"The data set {set.Name} is not there: looked for {string.Join(" and ", set.Source.Places(Path))}. {set.Source.HowToGet}.";

    private IEnumerable<Finding> CheckCache(DatasetDescription set, FoundSource found)
    {
        var path = ImageCache.PathOf(set, found, this);
        if (!File.Exists(path))
            return [];
        using (var cache = ImageCache.TryOpen(path, set, found))
        {
            if (cache is not null && ImageCache.IsWhole(cache, set))
                return [new Finding(true, $"{path}, the prepared images, is whole.")];
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [new Finding(false, $"{path}, the prepared images, is damaged or from other files, and cannot be deleted: {exception.Message}")];
        }

        return [new Finding(true, $"{path}, the prepared images, was damaged or from other files; it was deleted and is made anew at the next use.")];
    }
}
