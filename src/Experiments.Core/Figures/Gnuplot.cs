using System.ComponentModel;
using System.Diagnostics;
using Experiments.Core.Results;

namespace Experiments.Core.Figures;

/// <summary>The program that draws: runs it on a script.</summary>
public static class Gnuplot
{
    /// <summary>What to do where it is missing.</summary>
    public const string Missing = "gnuplot is not installed (Debian: apt-get install gnuplot-nox)";

    /// <summary>Runs the script in a folder of its own and puts the files it makes beside it, each whole or not at all.</summary>
    /// <exception cref="ExperimentException">gnuplot is missing, or does not make the files.</exception>
    internal static IReadOnlyList<string> Run(string script, IReadOnlyList<string> files, string program = "gnuplot")
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

    /// <summary>Its version, for example <c>gnuplot 5.4 patchlevel 4</c>; null where it is missing.</summary>
    public static string? Version()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("gnuplot", ["--version"]) { RedirectStandardOutput = true })!;
            var version = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? version : null;
        }
        catch (Win32Exception)
        {
            return null;
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
                $"{Missing}, so there are no pictures; {script} is written and draws them with it.",
                ExperimentException.Unavailable, error);
        }
    }

    private static string Publish(string made, string path)
    {
        AtomicFile.WriteBytes(path, File.ReadAllBytes(made));
        return path;
    }
}
