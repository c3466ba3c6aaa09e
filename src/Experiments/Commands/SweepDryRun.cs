using System.Globalization;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Display;
using Experiments.Processes;

namespace Experiments.Commands;

/// <summary><c>sweep --dry-run</c>: the runs of a grid, and how long they take.</summary>
internal static class SweepDryRun
{
    public static async Task<int> RunAsync(Sweep asked, Machine machine, SweepFolder folder, int? jobs, bool plain, CancellationToken cancellation)
    {
        var runs = folder.RunsOf(folder.Fit(asked, machine));
        SweepCommand.TellWhatIsWrong(folder, runs);
        var missing = folder.Missing(runs);
        var atOnce = Math.Min(SweepCommand.AtOnce(jobs, runs), missing.Count);
        folder.Prepare(asked, machine, cancellation);
        var cells = missing.Select(run => run.Cell).Distinct().Count();
        foreach (var remark in SweepCommand.Remarks(asked, runs))
            Console.WriteLine(remark);
        Console.WriteLine(SweepCommand.Heading(asked, folder, runs, missing, atOnce)
            + (cells == 0 ? "" : $"; a few steps of {(cells == 1 ? "its one cell" : $"each of {cells} cells")} are timed, and nothing is kept"));
        var timings = await MeasureAsync(new CellEstimator(machine.Data), missing, cells, atOnce, plain, cancellation).ConfigureAwait(false);

        var left = new Dictionary<Run, TimeSpan>();
        foreach (var state in RunState.Read(folder, runs))
        {
            var (run, words) = (state.Run, $"{state.Run.Id,-28} {SweepTable.Describe(state.Stage)}");
            if (state.HasEnded || !timings.TryGetValue(run.Cell, out var timing))
            {
                Console.WriteLine($"{words}{(state.Row?.Seconds is { } took ? $", took {TrainingDisplay.Describe(TimeSpan.FromSeconds(took))}" : "")}");
                continue;
            }

            var from = new RunFolder(folder.Results, run).Checkpoints.Latest(run.Id, Console.Error.WriteLine)?.Checkpoint.Position;
            if (timing.Left(from) is { } time)
                left[run] = time;
            Console.WriteLine($"{words}, {(timing.Failure is null ? $"about {TrainingDisplay.Describe(left[run])}{(from is null ? "" : " left")}" : $"not measured: {timing.Failure}")}");
        }

        Console.WriteLine(Total(left, timings, atOnce));
        var failed = timings.Values.Count(timing => timing.Failure is not null);
        if (failed == 0)
            return ExitCode.Done;
        await Console.Error.WriteLineAsync($"{failed} of {cells} cells could not be measured, as said above; the total is without their runs.").ConfigureAwait(false);
        return ExitCode.Failed;
    }

    private static async Task<IReadOnlyDictionary<RunSettings, CellTiming>> MeasureAsync(
        CellEstimator estimator, IReadOnlyList<Run> missing, int cells, int atOnce, bool plain, CancellationToken cancellation)
    {
        if (missing.Count == 0)
            return new Dictionary<RunSettings, CellTiming>();
        if (!Terminal.IsLive || plain)
            return await estimator.MeasureAsync(missing, atOnce, _ => { }, cancellation).ConfigureAwait(false);
        var now = 1;
        using var lines = new LiveLines((_, _) => [new LiveLine($"measuring cell {now} of {cells}")]);
        return await estimator.MeasureAsync(missing, atOnce, number =>
        {
            now = number;
            lines.Draw();
        }, cancellation).ConfigureAwait(false);
    }

    private static string Total(Dictionary<Run, TimeSpan> left, IReadOnlyDictionary<RunSettings, CellTiming> timings, int atOnce)
    {
        if (timings.Count == 0)
            return "Nothing is left to do.";
        var estimates = timings.Values.SelectMany(timing => timing.Estimates).ToList();
        if (estimates.Count == 0)
            return "There is no estimate.";
        var (fewest, most) = (estimates.Min(estimate => estimate.TimedSteps), estimates.Max(estimate => estimate.TimedSteps));
        var measured = timings.Values.Count(timing => timing.Failure is null);
        return $"About {TrainingDisplay.Describe(SideBySideTime.Of([.. SweepRunner.InOrder(left.Keys).Select(run => left[run])], atOnce))} for "
            + $"{left.Count} {(left.Count == 1 ? "run" : "runs")}, {atOnce} side by side; measured over {(fewest == most ? $"{fewest}" : $"{fewest} to {most}")} "
            + $"{(most == 1 ? "step" : "steps")} of {(measured == 1 ? "one cell" : $"each of {measured} cells")}"
            + (estimates.Max(estimate => estimate.MemoryMib) is { } memory ? string.Create(CultureInfo.InvariantCulture, $"; up to {memory:0} MiB of memory a run") : "");
    }
}
