using System.Runtime.InteropServices;

namespace Experiments.Torch;

/// <summary>
/// Keeps the C library from giving memory back to the system. libtorch allocates every result anew, and glibc fetches each block of
/// 128 kB or more from the system and returns it when it is freed, so that every operation on a feature map of that size pays for
/// fresh, zeroed pages: a third of a training step at batch 32. If the memory of one step is kept, it serves the next.
/// </summary>
internal static partial class ProcessMemory
{
    // <malloc.h>
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MapThreshold = -3;

    private static readonly Lazy<bool> s_kept = new(() =>
    {
        try
        {
            // First the largest block that glibc allows on its heap; then as much free memory at the heap's end as an int can hold.
            return Set(MapThreshold, 32 << 20) != 0 && Set(TrimThreshold, int.MaxValue) != 0 && Set(TopPad, 16 << 20) != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library has no such settings; training is only slower with it.
            return false;
        }
    });

    /// <summary>Tells the C library to keep memory, once for the process.</summary>
    /// <returns>Whether the C library obeys: only glibc does.</returns>
    internal static bool Keep() => s_kept.Value;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Set(int parameter, int value);
}
