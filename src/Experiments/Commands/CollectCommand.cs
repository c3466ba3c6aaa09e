using System.CommandLine;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Commands;

/// <summary><c>collect</c>: the CSVs, tables and figures of the runs that a folder holds by now, wherever they were trained.</summary>
internal static class CollectCommand
{
    public static Command Create()
    {
        var command = new Command("collect", "Merge the runs that a results folder holds by now, while others go on or after runs/ were copied together from "
            + "several machines: write its CSVs anew, print its tables and draw its figures.");
        var path = new Argument<string>("folder") { Description = "a results folder, of a sweep or of train", HelpName = "FOLDER" };
        command.Arguments.Add(path);
        command.SetAction(result =>
        {
            Collect(new SweepFolder(ResultsFolder.At(result.GetValue(path)!)));
            return ExitCode.Done;
        });
        return command.WithExamples(
            "collect results/figure-1",
            "rsync -a other:experiments/results/figure-1/runs results/figure-1/ && collect results/figure-1");
    }

    private static void Collect(SweepFolder folder)
    {
        var results = folder.Results;
        var sweep = folder.Read();
        if (sweep is null && !Directory.Exists(Path.Combine(results.Root, "runs")))
            throw new ExperimentException($"{results.Root} is no results folder: it has neither sweep.yaml nor runs/.");

        // Before the rows: a run that ends in between has one.
        var queue = SlurmQueue.Read(results);
        foreach (var warning in folder.Rebuild())
            Console.Error.WriteLine(warning);

        var rows = ResultsFolder.ReadRuns(results.Root);
        Console.WriteLine(Count(results.Name, sweep?.Runs().Select(run => run.Id).ToHashSet(), rows));
        foreach (var row in rows.Where(row => row.Status == RunStatus.Failed))
            Console.WriteLine($"Failed: {row.Run}; see {Path.Combine(results.RunFolder(row.Run), "log.txt")}");
        var ended = rows.Select(row => row.Run).ToHashSet();
        foreach (var (run, task) in queue.Gone.Where(task => !ended.Contains(task.Key)))
            Console.WriteLine($"Ended in Slurm without a result: {run}; {(File.Exists(task.Log) ? $"see {task.Log}" : $"task {task.Task} of job {task.Job} did not begin")}");
        if (rows.Count > 0)
            SweepReport.Show(sweep?.References ?? [], results);
    }

    private static string Count(string name, HashSet<string>? grid, IReadOnlyList<RunRow> rows)
    {
        var ended = rows.Where(row => row.Status != RunStatus.Failed).Select(row => row.Run).ToList();
        if (grid is null)
            return $"{name}: {ended.Count} {(ended.Count == 1 ? "run" : "runs")}";
        var own = ended.Count(grid.Contains);
        return $"{name}: {own} of {grid.Count} runs{(own < ended.Count ? $", and {ended.Count - own} that are no part of the sweep" : "")}";
    }
}
