using System.Buffers.Binary;
using System.Collections.Immutable;
using Experiments.Core.Data.Images;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// MNIST's IDX files, plain or gzipped, whatever their names end with. A file is a header of big-endian 32-bit words, then bytes. The header
/// of labels is the magic number 2049 and the count; that of images is 2051, count, rows and columns (http://yann.lecun.com/exdb/mnist). The
/// files are in the data folder, or where a Debian package puts them.
/// </summary>
public sealed record IdxSource : DatasetSource
{
    /// <summary>The data set's name, for sentences that tell what to type.</summary>
    public required string Name { get; init; }

    /// <summary>The official address of the folder that the gzipped files lie in; it ends with a slash.</summary>
    public required Uri Url { get; init; }

    /// <summary>The size of the download, as text for people.</summary>
    public required string DownloadSize { get; init; }

    /// <summary>The folder under the data folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder that the Debian package installs to.</summary>
    public required string SystemFolder { get; init; }

    /// <summary>The Debian package.</summary>
    public required string Package { get; init; }

    /// <summary>The four files: images and labels of both parts.</summary>
    public required ImmutableArray<IdxFile> Files { get; init; }

    /// <inheritdoc/>
    public override string HowToGet =>
        $"`data get {Name}` downloads it ({DownloadSize}) from {Url}; on Debian, `apt-get install {Package}` puts it into {SystemFolder}";

    internal override string Space => "100 MB";

    internal override IReadOnlyList<string> Places(string path) => [Path.Combine(path, Folder), SystemFolder];

    // A place with all of the files is preferred to one with only some of them, such as an interrupted download leaves.
    internal override FoundSource? Find(string path) => new[] { path, Path.Combine(path, Folder), SystemFolder }
        .Select(place => new FoundSource(place, [.. Files.Select(file => Locate(place, file)).OfType<string>()]))
        .Where(found => found.Files.Length > 0)
        .OrderByDescending(found => found.Files.Length == Files.Length)
        .FirstOrDefault();

    internal override IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set) =>
    [
        .. Files.Where(file => Locate(found.Place, file) is null)
            .Select(file => $"{Path.Combine(found.Place, file.Name)}[.gz] is missing; {HowToGet}."),
        .. Files.Select(file => (File: file, Path: Locate(found.Place, file)))
            .Where(pair => pair.Path is { } path && !PackedFile.IsGzip(path) && new FileInfo(path).Length != Length(pair.File, set))
            .Select(pair => FormattableString.Invariant(
                $"{pair.Path} has {new FileInfo(pair.Path!).Length:N0} bytes; expected {Length(pair.File, set):N0}.")),
    ];

    internal override IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null)
    {
        var mistakes = new List<string>();
        foreach (var part in Files.GroupBy(file => file.Part))
        {
            var labels = new byte[set.Count(part.Key)];
            foreach (var file in part.OrderBy(file => file.Content))
            {
                if (Locate(found.Place, file) is not { } path)
                {
                    mistakes.Add($"{Path.Combine(found.Place, file.Name)}[.gz] is missing; {HowToGet}.");
                    continue;
                }

                if (NoGzip(path) is { } mistake)
                {
                    mistakes.Add(mistake);
                    continue;
                }

                try
                {
                    using var stream = PackedFile.Open(path);
                    ReadFile(path, stream, file, set, labels, sink, mistakes);
                }
                catch (EndOfStreamException)
                {
                    var unpacked = PackedFile.IsGzip(path) ? " unpacked" : "";
                    mistakes.Add(FormattableString.Invariant($"{path} ends early; expected {Length(file, set):N0} bytes{unpacked}."));
                }
                catch (InvalidDataException exception)
                {
                    mistakes.Add($"{path} is damaged ({exception.Message.TrimEnd('.')}).");
                }
            }
        }

        return mistakes;
    }

    internal override IReadOnlyList<Finding> CompareChecksums(FoundSource found)
    {
        var findings = new List<Finding>();
        foreach (var file in Files)
        {
            // If the file is not gzipped, reading has reported that already.
            if (Locate(found.Place, file) is not { } path || NoGzip(path) is not null)
                continue;
            try
            {
                using var stream = PackedFile.Open(path);
                var md5 = Checksum.Md5(stream);
                findings.Add(md5 == file.Md5
                    ? new Finding(true, $"{path} holds the published bytes: MD5 {md5} unpacked.")
                    : new Finding(false, $"{path} does not hold the published bytes: MD5 {md5} unpacked, expected {file.Md5}."));
            }
            catch (InvalidDataException)
            {
                // Reading the file has reported that already.
            }
        }

        return findings;
    }

    internal override async Task<string> GetAsync(
        DatasetDescription set, string path, Uri? url, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        var target = Path.Combine(path, Folder);
        Directory.CreateDirectory(target);
        var folder = url is null ? Url : new Uri($"{url.AbsoluteUri.TrimEnd('/')}/");
        foreach (var file in Files.Where(file => !IsWhole(target, file)))
        {
            await Download.ToFileAsync(new Uri(folder, file.Name + ".gz"), Path.Combine(target, file.Name + ".gz"), file.GzipMd5, progress, cancellationToken)
                .ConfigureAwait(false);
            // Otherwise a damaged file without gzip would be read in place of the downloaded one.
            File.Delete(Path.Combine(target, file.Name));
        }

        return $"{set.Name} is in {target}; its files have the published MD5s.";
    }

    private static bool IsWhole(string place, IdxFile file)
    {
        if (Locate(place, file) is not { } path)
            return false;
        try
        {
            using var stream = PackedFile.Open(path);
            return Checksum.Md5(stream) == file.Md5;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    // Finds the file by its published name, or with a dot in place of the dash before idx, as some archivers leave it.
    private static string? Locate(string place, IdxFile file) => new[] { file.Name, file.Name.Replace("-idx", ".idx", StringComparison.Ordinal) }
        .SelectMany(name => new[] { name, name + ".gz" }).Select(name => Path.Combine(place, name)).FirstOrDefault(File.Exists);

    // What is wrong with a file that is named .gz and is not gzipped; null if it has another name, is gzipped, or is the plain IDX file.
    private string? NoGzip(string path) => !path.EndsWith(".gz", StringComparison.Ordinal) || PackedFile.IsGzip(path) || IsIdx(path) ? null
        : $"{path} is not a gzip file{PackedFile.Look(path)}. {HowToGet}.";

    private static bool IsIdx(string path)
    {
        using var file = File.OpenRead(path);
        return file.ReadByte() == 0 && file.ReadByte() == 0 && file.ReadByte() == 8;
    }

    private static int[] Header(IdxFile file, DatasetDescription set) => file.Content switch
    {
        IdxContent.Labels => [2049, set.Count(file.Part)],
        IdxContent.Images => [2051, set.Count(file.Part), set.Shape.Height, set.Shape.Width],
        _ => throw new ArgumentOutOfRangeException(nameof(file), file.Content, "An IDX file holds labels or images."),
    };

    private static long Length(IdxFile file, DatasetDescription set) =>
        (4 * Header(file, set).Length) + ((long)set.Count(file.Part) * (file.Content == IdxContent.Images ? set.Shape.Size : 1));

    private static void ReadFile(
        string path, Stream stream, IdxFile file, DatasetDescription set, byte[] labels, IImageSink sink, List<string> mistakes)
    {
        Span<byte> word = stackalloc byte[4];
        string[] names = ["magic number", "count", "rows", "columns"];
        var expected = Header(file, set);
        for (var i = 0; i < expected.Length; i++)
        {
            stream.ReadExactly(word);
            var value = BinaryPrimitives.ReadInt32BigEndian(word);
            if (value == expected[i])
                continue;
            var hint = i switch
            {
                0 when value is 2049 or 2051 => $": these are {(value == 2049 ? "labels" : "images")}; were images and labels exchanged?",
                1 => "; were the training and the test file exchanged?",
                _ => "",
            };
            mistakes.Add($"{path}: the header's {names[i]} is {value}, expected {expected[i]}{hint}");
            return;
        }

        if (file.Content == IdxContent.Labels)
        {
            stream.ReadExactly(labels);
            var wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(set.Classes - 1));
            if (wrong >= 0)
                mistakes.Add($"{path}: record {wrong} (counted from 0) has label {labels[wrong]}; expected 0 to {set.Classes - 1}.");
        }
        else
        {
            var pixels = new byte[set.Shape.Size];
            for (var i = 0; i < labels.Length; i++)
            {
                stream.ReadExactly(pixels);
                if (labels[i] < set.Classes)
                    sink.Put(file.Part, i, labels[i], pixels);
            }
        }

        if (stream.ReadByte() >= 0)
            mistakes.Add(FormattableString.Invariant($"{path} is longer than the {Length(file, set):N0} bytes that its header says."));
    }
}

/// <summary>One IDX file.</summary>
/// <param name="Name">Its name, without <c>.gz</c>.</param>
/// <param name="Part">The training or the test part.</param>
/// <param name="Content">Whether it holds images or labels.</param>
/// <param name="Md5">The MD5 of the unpacked file, in lower-case hexadecimal digits.</param>
/// <param name="GzipMd5">The MD5 of the gzipped file as it is published.</param>
public sealed record IdxFile(string Name, DatasetPart Part, IdxContent Content, string Md5, string GzipMd5);

/// <summary>What an IDX file holds; labels are read before images.</summary>
public enum IdxContent
{
    /// <summary>[N] labels.</summary>
    Labels,

    /// <summary>[N, H, W] pixels.</summary>
    Images,
}
