namespace Experiments.Core.Tests.Data;

/// <summary>Damages a file.</summary>
internal static class Damage
{
    /// <summary>Cuts a file off after so many bytes.</summary>
    public static void Truncate(string path, int length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    /// <summary>Changes one byte of a file.</summary>
    public static void Change(string path, long offset, byte value)
    {
        using var file = File.OpenWrite(path);
        file.Position = offset;
        file.WriteByte(value);
    }
}
