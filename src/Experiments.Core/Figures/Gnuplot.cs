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
            // -d: whatever the user's own ~/.gnuplot sets, a figure looks the same.
            var (exitCode, output, complaints) = ExternalProgram.Run(
                program, ["-d", Path.GetFullPath(script)], $"{Missing}, so there are no pictures; {script} is written and draws them with it.", workshop.FullName);
            var missing = files.Where(file => new FileInfo(Path.Combine(workshop.FullName, file)) is not { Exists: true, Length: > 0 }).ToList();
            if (exitCode != 0 || missing.Count > 0)
                throw new ExperimentException($"gnuplot could not draw {script}: {(complaints + output).Trim()}", ExperimentException.Unavailable);
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
            var (exitCode, version, _) = ExternalProgram.Run("gnuplot", ["--version"], Missing);
            return exitCode == 0 ? version.Trim() : null;
        }
        catch (ExperimentException)
        {
            return null;
        }
    }

    private static string Publish(string made, string path)
    {
        AtomicFile.WriteBytes(path, File.ReadAllBytes(made));
        return path;
    }
}
