using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Experiments.Core.Files;

/// <summary>Checksums as lower-case hexadecimal digits.</summary>
internal static class Checksum
{
    /// <summary>The MD5 of a file, which data sets publish. It shows damage, but protects against no attacker.</summary>
    public static string Md5(string path)
    {
        using var stream = File.OpenRead(path);
        return Md5(stream);
    }

    /// <summary>The MD5 of the rest of a stream.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The publishers give MD5 and nothing else.")]
    public static string Md5(Stream stream) => Convert.ToHexStringLower(MD5.HashData(stream));
}
