using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;

namespace Experiments.Core.Runs;

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

    /// <summary>The time that has passed since the process began.</summary>
    public static TimeSpan SinceStart
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return DateTime.Now - process.StartTime;
        }
    }

    /// <summary>
    /// The processor's instruction sets by which kernels are chosen, here and in the libraries, in a few words. Two machines with
    /// the same text are expected to give the same bits. Environment variables that hide instructions from the libraries are part of the text.
    /// </summary>
    public static string InstructionSet { get; } = string.Join(' ',
    [
        .. (Field("/proc/cpuinfo", "flags") ?? "").Split(' ').Intersect(
            ["avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_tile"]),
        $"{(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}-bit",
        .. new[] { "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS" }
            .Where(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))).Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"),
    ]);

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
