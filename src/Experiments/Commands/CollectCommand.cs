using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;
using Experiments.Display;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>collect</c>: the CSVs, tables and figures of the runs that a folder holds by now, wherever they were trained.</summary>
internal static class CollectCommand
{
    public static Command Create()
    {
        var command = new Command("collect", "Write the CSVs of a results folder anew from the runs in it, print its tables and draw its figures. "
            + "Use it while other runs still go on, or after runs were copied together from several machines.");
        var path = new Argument<string>("folder") { Description = "a results folder, of a sweep or of train", HelpName = "FOLDER" };
        command.Arguments.Add(path);
        command.SetAction(result =>
        {
            var folder = result.GetValue(path)!;
            if (!Directory.Exists(folder))
                throw new ExperimentException($"There is no results folder {folder}.");
            Collect(new SweepFolder(new ResultsFolder(folder)));
            return ExitCode.Done;
        });
        return command.WithExamples(
            "collect results/figure-1",
            $"rsync -a other:experiments/results/figure-1/runs results/figure-1/ && {HelpText.Program} collect results/figure-1");
    }

    private static void Collect(SweepFolder folder)
    {
        var results = folder.Results;
        var sweep = folder.Read();
        if (sweep is null && !Directory.Exists(Path.Combine(results.Root, "runs")))
            throw new ExperimentException($"{results.Root} is not a results folder: it has neither sweep.yaml nor runs/.");

        // The queue is read before the rows, so that a run that ends in between has a row.
        var queue = SlurmQueue.Read(results);
        foreach (var warning in folder.Rebuild())
            Console.Error.WriteLine(warning);
        var rows = ResultsFolder.ReadRuns(results.Root);
        var states = RunState.Read(folder, sweep is null ? folder.RunsByHand() : folder.RunsOf(sweep), queue);
        foreach (var remark in SweepTable.Remarks(folder, states, queue))
            Console.WriteLine(remark);
        var others = rows.Select(row => row.Run).Except(states.Select(state => state.Run.Id)).Count();
        Console.WriteLine($"{SweepTable.Summary(results.Name, states, sideBySide: 0)}{(others > 0 ? $", and {others} that do not belong to the sweep" : "")}");
        if (rows.Count > 0)
            SweepReport.Show(sweep?.References ?? [], results);
    }
}
