using System.ComponentModel;
using System.Diagnostics;
using Experiments.Core.Results;

namespace Experiments.Core.Figures;

/// <summary>Runs gnuplot on a script.</summary>
internal static class Gnuplot
{
    /// <summary>Runs the script in a folder of its own and puts the files it makes beside it, each whole or not at all.</summary>
    /// <exception cref="ExperimentException">gnuplot is missing, or does not make the files.</exception>
    public static IReadOnlyList<string> Run(string script, IReadOnlyList<string> files, string program = "gnuplot")
    {
        var workshop = Directory.CreateTempSubdirectory("experiments-figure-");
        try
        {
            var (exitCode, complaints) = Start(program, script, workshop.FullName);
            var missing = files.Where(file => new FileInfo(Path.Combine(workshop.FullName, file)) is not { Exists: true, Length: > 0 }).ToList();
            if (exitCode != 0 || missing.Count > 0)
                throw new ExperimentException($"gnuplot could not draw {script}: {complaints.Trim()}", ExperimentException.Unavailable);
            return [.. files.Select(file => Publish(Path.Combine(workshop.FullName, file), Path.Combine(Path.GetDirectoryName(script) ?? "", file)))];
        }
        finally
        {
            workshop.Delete(recursive: true);
        }
    }

    private static (int ExitCode, string Complaints) Start(string program, string script, string folder)
    {
        // -d: whatever the user's own ~/.gnuplot sets, a figure looks the same.
        var start = new ProcessStartInfo(program, ["-d", Path.GetFullPath(script)])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var complaints = process.StandardError.ReadToEnd() + output.GetAwaiter().GetResult();
            process.WaitForExit();
            return (process.ExitCode, complaints);
        }
        catch (Win32Exception error)
        {
            throw new ExperimentException(
                $"gnuplot is not installed (Debian: apt-get install gnuplot-nox), so there are no pictures; {script} is written and draws them with it.",
                ExperimentException.Unavailable, error);
        }
    }

    private static string Publish(string made, string path)
    {
        AtomicFile.WriteBytes(path, File.ReadAllBytes(made));
        return path;
    }
}
