using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using Experiments.Core.Data.Images;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// CIFAR's official binary layout, as a folder or as the .tar.gz it is published in. A file is a sequence of records; each holds its label
/// bytes and then 3072 pixel bytes: the red, green and blue planes of 32 rows of 32. CIFAR-10 has one label byte. CIFAR-100 has two, coarse
/// and fine; the fine one is used.
/// </summary>
public sealed record CifarSource : DatasetSource
{
    /// <summary>The data set's name, for sentences that tell what to type.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that the archive unpacks to.</summary>
    public required string Folder { get; init; }

    /// <summary>The archive's file name.</summary>
    public required string Archive { get; init; }

    /// <summary>The archive's published MD5, in lower-case hexadecimal digits.</summary>
    public required string Md5 { get; init; }

    /// <summary>The official address.</summary>
    public required Uri Url { get; init; }

    /// <summary>The size of the download, as text for people.</summary>
    public required string DownloadSize { get; init; }

    /// <summary>Bytes before the pixels of a record; the last of them is the label.</summary>
    public required int LabelBytes { get; init; }

    /// <summary>The files, in the order of their records.</summary>
    public required ImmutableArray<CifarFile> Files { get; init; }

    /// <inheritdoc/>
    public override string HowToGet => $"`data get {Name}` downloads it ({DownloadSize}) from {Url}";

    /// <summary>The length of a file of the set, in bytes.</summary>
    internal long Length(CifarFile file, ImageShape shape) => (long)file.Records * (LabelBytes + shape.Size);

    internal override string Space => "400 MB";

    internal override IReadOnlyList<string> Places(string path) => [Path.Combine(path, Folder), Path.Combine(path, Archive)];

    internal override FoundSource? Find(string path)
    {
        if (File.Exists(path))
            return new FoundSource(path, [path]);
        if (Files.Any(file => File.Exists(Path.Combine(path, file.Name))))
            return InFolder(path);
        var folder = Path.Combine(path, Folder);
        if (Directory.Exists(folder))
            return InFolder(folder);
        var archive = Path.Combine(path, Archive);
        return File.Exists(archive) ? new FoundSource(archive, [archive]) : null;

        FoundSource InFolder(string place) => new(place, [.. Files.Select(file => Path.Combine(place, file.Name)).Where(File.Exists)]);
    }

    internal override IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set)
    {
        if (!Directory.Exists(found.Place))
            return [];
        var mistakes = new List<string>();
        foreach (var file in Files)
        {
            var path = Path.Combine(found.Place, file.Name);
            if (!File.Exists(path))
                mistakes.Add($"{path} is missing; expected {Size(file, set.Shape)}.");
            else if (WrongLength(path, file, set.Shape, new FileInfo(path).Length) is { } mistake)
                mistakes.Add(mistake);
        }

        return mistakes;
    }

    internal override IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null) =>
        Directory.Exists(found.Place) ? ReadFolder(found, set, sink) : ReadArchive(found, set, sink);

    internal override IReadOnlyList<Finding> CompareChecksums(FoundSource found)
    {
        if (Directory.Exists(found.Place))
        {
            var archive = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(found.Place)) ?? "", Archive);
            if (!File.Exists(archive))
                return [];
            found = new FoundSource(archive, [archive]);
        }

        var md5 = Checksum.Md5(found.Place);
        return
        [
            md5 == Md5
                ? new Finding(true, $"{found.Place} has the published MD5, {Md5}.")
                : new Finding(false, $"{found.Place} has MD5 {md5}; the published one is {Md5}."),
        ];
    }

    internal override async Task<string> GetAsync(
        DatasetDescription set, string path, Uri? url, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        var archive = Path.Combine(path, Archive);
        if (!File.Exists(archive) || Checksum.Md5(archive) != Md5)
            await Download.ToFileAsync(url ?? Url, archive, Md5, progress, cancellationToken).ConfigureAwait(false);
        ArchiveUnpacker.Unpack(archive, this, set.Shape, path);
        return $"{set.Name} is in {Path.Combine(path, Folder)}; {archive}, which it came in, has the published MD5 and may be deleted.";
    }

    private List<string> ReadFolder(FoundSource found, DatasetDescription set, IImageSink sink)
    {
        var mistakes = new List<string>(Glance(found, set));
        if (mistakes.Count > 0)
            return mistakes;
        foreach (var file in Files)
        {
            var path = Path.Combine(found.Place, file.Name);
            using var stream = File.OpenRead(path);
            ReadFile(path, file, stream, set, sink, mistakes);
        }

        return mistakes;
    }

    private List<string> ReadArchive(FoundSource found, DatasetDescription set, IImageSink sink)
    {
        if (!PackedFile.IsGzip(found.Place))
            return [$"{found.Place} is not a gzip file{PackedFile.Look(found.Place)}; expected the archive whose MD5 is {Md5}. {HowToGet}."];
        var mistakes = new List<string>();
        var missing = Files.ToDictionary(file => $"{Folder}/{file.Name}", StringComparer.Ordinal);
        try
        {
            using var stream = File.OpenRead(found.Place);
            using var gzip = new GZipStream(stream, CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            while (missing.Count > 0 && tar.GetNextEntry() is { } entry)
            {
                if (!missing.Remove(ArchiveUnpacker.Normalize(entry.Name), out var file))
                    continue;
                var where = $"{file.Name} in {found.Place}";
                if (entry.DataStream is null || WrongLength(where, file, set.Shape, entry.Length) is not null)
                    mistakes.Add(WrongLength(where, file, set.Shape, entry.Length) ?? $"{where} is not a plain file.");
                else
                    ReadFile(where, file, entry.DataStream, set, sink, mistakes);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            var reason = exception.Message.TrimEnd('.');
            return [$"{found.Place} is damaged or ends early ({reason}); expected the archive whose MD5 is {Md5}. {HowToGet}."];
        }

        mistakes.AddRange(missing.Keys.Select(name => $"{found.Place} lacks {name}."));
        return mistakes;
    }

    private void ReadFile(string where, CifarFile file, Stream stream, DatasetDescription set, IImageSink sink, List<string> mistakes)
    {
        var first = Files.TakeWhile(other => other != file).Where(other => other.Part == file.Part).Sum(other => other.Records);
        var record = new byte[LabelBytes + set.Shape.Size];
        for (var i = 0; i < file.Records; i++)
        {
            stream.ReadExactly(record);
            var label = record[LabelBytes - 1];
            if (label >= set.Classes)
            {
                mistakes.Add($"{where}: record {i} (counted from 0) has label {label}; expected 0 to {set.Classes - 1}.");
                return;
            }

            sink.Put(file.Part, first + i, label, record.AsSpan(LabelBytes));
        }
    }

    private string? WrongLength(string where, CifarFile file, ImageShape shape, long length) => length == Length(file, shape)
        ? null
        : FormattableString.Invariant($"{where} has {length:N0} bytes; expected {Size(file, shape)}.");

    private string Size(CifarFile file, ImageShape shape) => FormattableString.Invariant(
        $"{Length(file, shape):N0} ({file.Records:N0} records of {LabelBytes + shape.Size:N0} bytes)");
}

/// <summary>One file of CIFAR's binary layout.</summary>
/// <param name="Name">Its name inside the folder.</param>
/// <param name="Part">The part that its images belong to.</param>
/// <param name="Records">How many images it holds.</param>
public sealed record CifarFile(string Name, DatasetPart Part, int Records);
