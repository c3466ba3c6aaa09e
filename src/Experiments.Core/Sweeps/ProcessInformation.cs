using System.Globalization;

namespace Experiments.Core.Sweeps;

/// <summary>What the operating system tells about this process and its machine.</summary>
public static class ProcessInformation
{
    /// <summary>The processor's name, as the kernel gives it.</summary>
    public static string CpuName { get; } = Field("/proc/cpuinfo", "model name") ?? "unknown";

    /// <summary>
    /// Private memory in MiB: what the process has to itself, mapped files not counted; null where the system does not tell.
    /// </summary>
    public static double? PrivateMemoryMib =>
        Field("/proc/self/status", "RssAnon")?.Split(' ') is [var kilobytes, ..]
            && double.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size / 1024 : null;

    private static string? Field(string file, string name)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
