using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Experiments.Tests;

/// <summary>Runs the program as a person at a shell does.</summary>
internal static partial class Cli
{
    /// <summary>The program.</summary>
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Experiments");

    private const int Interrupt = 2;

    // A script's background processes ignore Ctrl+C, and so do the programs that they start. Programs started from a person's shell do not, so the signal is reset here.
    static Cli()
    {
        const string Ignored = "SigIgn:";
        const string Status = "/proc/self/status";
        var mask = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal)) : null;
        if (mask is not null && (ulong.Parse(mask.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Interrupt - 1))) != 0)
            _ = SetHandler(Interrupt, 0);
    }

    public sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Runs a command, its arguments separated by blanks, and waits for its end.</summary>
    public static Result Run(string arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null, string? program = null)
    {
        using var process = Start(arguments, folder, environment, program);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Starts a command; with input, the test writes what it reads.</summary>
    public static Process Start(
        string arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null, string? program = null, bool input = false)
    {
        var start = new ProcessStartInfo(program ?? Program, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            WorkingDirectory = folder ?? Environment.CurrentDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = input,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Sends a signal: 2 is what Ctrl+C sends, 15 what kill does.</summary>
    public static void Signal(Process process, int signal) => Signal(process.Id, signal);

    /// <summary>As above.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    // The handler 0 is the system's own, SIG_DFL.
    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
