using System.Globalization;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps.Slurm;

/// <summary>
/// A job array that was submitted for a results folder, as recorded in <c>slurm/&lt;n&gt;/</c> there: the script, its commands, the runs that
/// they train, the tasks' logs, and the job's number.
/// </summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Id">The number that Slurm gave it.</param>
/// <param name="Runs">The runs, in the order of the commands: task N trains the Nth.</param>
public sealed record SlurmJob(string Folder, string Id, IReadOnlyList<string> Runs)
{
    private const string IdFile = "job";
    private const string RunsFile = "runs";

    /// <summary>The tasks, as in <c>tasks 1-5</c>.</summary>
    public string Tasks => Runs.Count == 1 ? "task 1" : $"tasks 1-{Runs.Count}";

    /// <summary>The file that a task's output goes to.</summary>
    /// <param name="task">The task's number, or what stands for it.</param>
    public string LogOf(string task) => Path.Combine(Folder, $"{task}.log");

    /// <summary>The jobs submitted for a folder so far, in order.</summary>
    public static IReadOnlyList<SlurmJob> All(ResultsFolder results) =>
    [
        .. from folder in Folders(results)
           let id = IdOf(folder.Path)
           where id is not null // without a number, Slurm has not taken the job
           orderby folder.Number
           select new SlurmJob(folder.Path, id, RunsOf(folder.Path)),
    ];

    /// <summary>Submits runs as one array and records it; if Slurm refuses, nothing is left.</summary>
    /// <param name="results">The results folder.</param>
    /// <param name="runs">The runs, each with the command that trains it.</param>
    /// <param name="script">The batch script.</param>
    /// <exception cref="ExperimentException">Slurm refuses, or the folder cannot be written to.</exception>
    internal static SlurmJob Submit(ResultsFolder results, IReadOnlyList<(Run Run, string Command)> runs, string script)
    {
        var folder = Path.Combine(Root(results), (Folders(results).Select(folder => folder.Number).DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture));
        string? id = null;
        try
        {
            AtomicFile.WriteText(Path.Combine(folder, "commands"), string.Concat(runs.Select(run => $"{run.Command}\n")));
            AtomicFile.WriteText(Path.Combine(folder, RunsFile), string.Concat(runs.Select(run => $"{run.Run.Id}\n")));
            AtomicFile.WriteText(Path.Combine(folder, "job.sh"), script);

            // sbatch prints "12", or "12;name" where a cluster was named.
            id = SlurmProgram.Run("sbatch", ["--parsable", "job.sh"], folder).Split(';')[0].Trim();
            AtomicFile.WriteText(Path.Combine(folder, IdFile), $"{id}\n");
            return new SlurmJob(folder, id, [.. runs.Select(run => run.Run.Id)]);
        }
        catch (ExperimentException)
        {
            // A job that cannot be recorded is cancelled: otherwise its tasks would be submitted a second time.
            if (id is not null)
                SlurmProgram.Run("scancel", [id]);
            Remove(folder);
            throw;
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the file that holds its number, the folder is not read as a job.
        }
    }

    // If this program was killed after Slurm had taken a job and before the job's number was written, Slurm still knows the job by its folder.
    private static string? IdOf(string folder)
    {
        try
        {
            if (File.Exists(Path.Combine(folder, IdFile)))
                return File.ReadAllText(Path.Combine(folder, IdFile)).Trim();
            if (!File.Exists(Path.Combine(folder, "job.sh")))
                return null;
            return SlurmProgram.Run("squeue", ["--me", "--noheader", "--format=%F %Z"]).Split('\n').Select(line => line.Split(' ', 2))
                .FirstOrDefault(fields => fields.Length == 2 && fields[1].Trim() == folder)?[0];
        }
        catch (Exception e) when (e is ExperimentException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] RunsOf(string folder)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(folder, RunsFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The folder that jobs are recorded in.</summary>
    internal static string Root(ResultsFolder results) => Path.Combine(Path.GetFullPath(results.Root), "slurm");

    private static List<(string Path, int Number)> Folders(ResultsFolder results) => !Directory.Exists(Root(results)) ? [] :
    [
        .. Directory.EnumerateDirectories(Root(results))
            .Select(path => (path, int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0))
            .Where(folder => folder.Item2 > 0),
    ];
}
