using System.Runtime.InteropServices;

namespace Experiments.Processes;

/// <summary>Signals between processes.</summary>
internal static partial class Signal
{
    private const int Terminate = 15;

    /// <summary>Asks a process to end cleanly: SIGTERM.</summary>
    public static void AskToEnd(int process) => _ = Kill(process, Terminate);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
