using System.IO.Compression;
using System.Text;

namespace Experiments.Core.Files;

/// <summary>Files that may be gzipped. The first bytes tell whether a file is gzipped: its name may have lost or kept <c>.gz</c>.</summary>
internal static class PackedFile
{
    private static readonly (byte[] Bytes, string Kind)[] Kinds =
    [
        ([0x1F, 0x8B], "a gzip file"),
        ("PK"u8.ToArray(), "a zip archive"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG image"),
        ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        ("GIF8"u8.ToArray(), "a GIF image"),
        ("BM"u8.ToArray(), "a BMP image"),
        ("RIFF"u8.ToArray(), "a WebP image"),
        ("%PDF"u8.ToArray(), "a PDF document"),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], "a NumPy array"),
        ("version https://git-lfs"u8.ToArray(), "the pointer that Git LFS leaves in a file's place"),
    ];

    /// <summary>Whether a file's content is gzipped.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsGzip(string path) => Beginning(path) is [0x1F, 0x8B, ..];

    /// <summary>Opens a file for reading from its first byte, unpacked.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Stream Open(string path)
    {
        var packed = IsGzip(path);
        Stream file = File.OpenRead(path);
        return new BufferedStream(packed ? new GZipStream(file, CompressionMode.Decompress) : file, 1 << 16);
    }

    /// <summary>For a file with unexpected content: what its beginning looks like, as the end of a sentence; empty where it looks like nothing known.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Look(string path)
    {
        var beginning = Beginning(path);
        if (beginning.Length == 0)
            return "; it is empty";
        var text = Encoding.Latin1.GetString(beginning).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase))
            return "; it begins like a web page";
        if (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase))
            return "; it begins like an XML document";
        return Kinds.FirstOrDefault(kind => beginning.AsSpan().StartsWith(kind.Bytes)).Kind is { } kind ? $"; it begins like {kind}" : "";
    }

    private static byte[] Beginning(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[64];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
