using System.Formats.Tar;
using System.IO.Compression;
using Experiments.Core.Data.Images;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// Unpacks the files of a CIFAR archive: those that the catalog lists, with exactly the sizes that it gives, and nothing else. If an entry
/// has a path that leads out of the folder or is a link, the whole archive is refused.
/// </summary>
internal static class ArchiveUnpacker
{
    // Besides its data, an archive holds a page of HTML and a list of names.
    private const long MostBesideTheData = 16 << 20;

    /// <summary>Unpacks into a new folder and renames it to the target, so that the target is never half unpacked; an earlier target is replaced.</summary>
    /// <exception cref="ExperimentException">The archive is damaged, lacks a file, or holds an entry that is refused.</exception>
    public static void Unpack(string archive, CifarSource source, ImageShape shape, string folder)
    {
        if (!PackedFile.IsGzip(archive))
            throw new ExperimentException($"{archive} is not a gzip file{PackedFile.Look(archive)}; expected the archive whose MD5 is {source.Md5}.");
        var target = Path.Combine(folder, source.Folder);
        var beside = target + ".unpacking";
        DeleteFolder(beside);
        Directory.CreateDirectory(beside);
        try
        {
            UnpackTo(beside, archive, source, shape);
            DeleteFolder(target);
            Directory.Move(beside, target);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new ExperimentException($"{archive} is damaged or ends early: {exception.Message.TrimEnd('.')}.");
        }
        finally
        {
            DeleteFolder(beside);
        }
    }

    /// <summary>An entry's name without a leading <c>./</c>.</summary>
    public static string Normalize(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static void UnpackTo(string target, string archive, CifarSource source, ImageShape shape)
    {
        var missing = source.Files.ToDictionary(file => $"{source.Folder}/{file.Name}", StringComparer.Ordinal);
        var spare = MostBesideTheData;
        using var stream = File.OpenRead(archive);
        using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            var name = Normalize(entry.Name);
            Refuse(entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory
                or TarEntryType.GlobalExtendedAttributes), $"is a {entry.EntryType}; expected plain files and folders");
            Refuse(name.StartsWith('/') || name.Split('/', '\\').Contains(".."), "has a path that leads out of the folder");
            if (missing.Remove(name, out var file))
            {
                var expected = source.Length(file, shape);
                Refuse(entry.Length != expected, FormattableString.Invariant($"has {entry.Length:N0} bytes; expected {expected:N0}"));
                entry.ExtractToFile(Path.Combine(target, file.Name), overwrite: false);
            }
            else
            {
                spare -= entry.Length;
                Refuse(spare < 0, "is larger than any file that belongs in the archive");
            }

            void Refuse(bool condition, string why)
            {
                if (condition)
                    throw new ExperimentException($"{archive} was not unpacked: its entry '{Echo.Of(entry.Name)}' {why}.");
            }
        }

        if (missing.Count > 0)
            throw new ExperimentException($"{archive} was not unpacked: it lacks {string.Join(", ", missing.Keys)}.");
    }

    private static void DeleteFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
