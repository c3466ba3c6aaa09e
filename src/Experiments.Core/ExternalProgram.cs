using System.ComponentModel;
using System.Diagnostics;

namespace Experiments.Core;

/// <summary>Other programs of this machine, run to their end.</summary>
internal static class ExternalProgram
{
    /// <summary>Runs a program without input.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="missing">The message if the program is not on this machine.</param>
    /// <param name="folder">The folder it works in; null: this process's.</param>
    /// <returns>The program's exit code, its output and its error output.</returns>
    /// <exception cref="ExperimentException">The program is not on this machine.</exception>
    public static (int ExitCode, string Output, string Complaints) Run(string program, IEnumerable<string> arguments, string missing, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var complaints = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, complaints.GetAwaiter().GetResult());
        }
        catch (Win32Exception error)
        {
            throw new ExperimentException(missing, ExperimentException.Unavailable, error);
        }
    }
}
