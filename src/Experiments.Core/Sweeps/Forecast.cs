using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps;

/// <summary>How long the rest of a sweep takes, reckoned from what its runs have taken so far.</summary>
public static class Forecast
{
    /// <summary>The part of a run after which its own estimate of the time left counts: first steps are slow.</summary>
    public const double Settled = 0.01;

    /// <summary>The time left for all runs; null while there is nothing to estimate it from.</summary>
    /// <param name="states">All runs of the sweep.</param>
    /// <param name="sideBySide">How many runs are trained at once.</param>
    public static TimeSpan? Left(IReadOnlyList<RunState> states, int sideBySide)
    {
        // A run is expected to take as long as the ended runs of its cell; if there are none, as long for its work as other ended runs took for theirs.
        // Before any run has ended, the estimates of the runs under way take their place.
        var finished = states.Where(state => state is { Stage: RunStage.Finished, Row.Seconds: not null }).Select(state => (state.Run, Seconds: state.Row!.Seconds!.Value)).ToList();
        var known = finished.Count > 0 ? finished : [.. states.Where(state => state.Progress?.Training is { Fraction: > Settled and < 1 })
            .Select(state => (state.Run, state.Progress!.Training.Left.TotalSeconds / (1 - state.Progress.Training.Fraction)))];
        if (known.Count == 0)
            return states.All(state => state.HasEnded) ? TimeSpan.Zero : null;
        var ofCell = known.GroupBy(one => one.Run.Cell).ToDictionary(cell => cell.Key, cell => Statistics.Median(cell.Select(one => one.Seconds)));
        var ofWork = Statistics.Median(known.Select(one => one.Seconds / Work(one.Run)));
        TimeSpan LeftOf(RunState state) =>
            TimeSpan.FromSeconds(ofCell.GetValueOrDefault(state.Run.Cell, ofWork * Work(state.Run)) * (1 - (state.Progress?.Training.Fraction ?? 0)));

        var (underWay, others) = (states.Where(state => state.Stage == RunStage.UnderWay), states.Where(state => state.Stage != RunStage.UnderWay && !state.HasEnded).ToDictionary(state => state.Run));
        return SideBySideTime.Of([.. underWay.Select(LeftOf), .. SweepRunner.InOrder(others.Keys).Select(run => LeftOf(others[run]))], sideBySide);
    }

    // In images. Each step costs about as much as eight images in addition to its batch, however small the batch.
    private static double Work(Run run) =>
        (double)run.Settings.Epochs * Math.Min(run.Settings.TrainLimit ?? int.MaxValue, run.Dataset.TrainCount) * (1 + (8.0 / (run.Settings.Batch * run.Settings.Workers)));
}
