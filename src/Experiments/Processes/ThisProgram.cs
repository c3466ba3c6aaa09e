using System.ComponentModel;
using System.Diagnostics;
using Experiments.CommandLine;
using Experiments.Core;

namespace Experiments.Processes;

/// <summary>Starts this program once more, as a process of its own.</summary>
internal static class ThisProgram
{
    // If it was run as `dotnet Experiments.dll`, the process is dotnet's and the program is its first argument.
    private static IReadOnlyList<string> Command { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.GetFullPath(Environment.GetCommandLineArgs()[0])]
        : [Environment.ProcessPath!];

    /// <summary>The line that starts it from a shell.</summary>
    /// <param name="arguments">What it is to do.</param>
    public static string CommandLine(IEnumerable<string> arguments) => string.Join(' ', Command.Concat(arguments).Select(ShellWord.Quote));

    /// <summary>A command in the form that a person can type in the current folder.</summary>
    /// <param name="arguments">The command; a path in it is as it was typed.</param>
    public static string ToType(params IEnumerable<string> arguments)
    {
        var launcher = Path.Combine(RepositoryFolder.Root, HelpText.Program);
        var program = Path.GetRelativePath(Environment.CurrentDirectory, File.Exists(launcher) ? launcher : Command[0]);
        var first = File.Exists(launcher) || Command.Count == 1 ? [program] : Command;
        return string.Join(' ', first.Concat(arguments).Select(ShellWord.Quote));
    }

    /// <summary>Starts the program; the caller may read its output and its errors, and write its input.</summary>
    /// <param name="arguments">What it is to do.</param>
    /// <param name="threads">The threads it may compute with: processes side by side share the cores.</param>
    /// <exception cref="ExperimentException">The system cannot start it; the message says why.</exception>
    public static Process Start(IEnumerable<string> arguments, int threads)
    {
        var start = new ProcessStartInfo(Command[0], Command.Skip(1).Concat(arguments))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new ExperimentException($"Cannot start {start.FileName} for a run: {e.Message}", ExperimentException.Unavailable, e);
        }
    }
}
