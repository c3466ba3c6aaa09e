using Experiments.Core.Results;

namespace Experiments.Core.Sweeps;

/// <summary>How long the rest of a sweep takes, reckoned from what its runs have taken so far.</summary>
public static class Forecast
{
    /// <summary>From this part of a run on its own time left is worth something: first steps are slow.</summary>
    public const double Settled = 0.01;

    /// <summary>The time left for all runs; null while there is nothing to reckon with.</summary>
    /// <param name="states">All runs of the sweep.</param>
    /// <param name="sideBySide">How many are trained at once.</param>
    public static TimeSpan? Left(IReadOnlyList<RunState> states, int sideBySide)
    {
        // A run takes as long as others of its cell; where none has ended, as long for its work as the others do for theirs.
        var known = states.Select(state => (Cell: state.Run.Cell, Work: Work(state.Run), Seconds: SecondsInAll(state))).Where(run => run.Seconds is not null).ToList();
        if (known.Count == 0)
            return states.All(state => state.HasEnded) ? TimeSpan.Zero : null;
        var ofCell = known.GroupBy(run => run.Cell).ToDictionary(cell => cell.Key, cell => Statistics.Median(cell.Select(run => run.Seconds!.Value)));
        var ofWork = Statistics.Median(known.Select(run => run.Seconds!.Value / run.Work));
        TimeSpan LeftOf(RunState state) =>
            TimeSpan.FromSeconds(ofCell.GetValueOrDefault(state.Run.Cell, ofWork * Work(state.Run)) * (1 - (state.Progress?.Training.Fraction ?? 0)));

        var (underWay, others) = (states.Where(state => state.Stage == RunStage.UnderWay), states.Where(state => state.Stage != RunStage.UnderWay && !state.HasEnded).ToDictionary(state => state.Run));
        return SideBySideTime.Of([.. underWay.Select(LeftOf), .. SweepRunner.InOrder(others.Keys).Select(run => LeftOf(others[run]))], sideBySide);
    }

    private static double? SecondsInAll(RunState state) => state switch
    {
        { Stage: RunStage.Finished, Row.Seconds: { } seconds } => seconds,
        { Progress.Training: { Fraction: > Settled and < 1 } training } => training.Left.TotalSeconds / (1 - training.Fraction),
        _ => null,
    };

    // In images; a step costs about as much again as eight images do, however small its batch.
    private static double Work(Run run) =>
        (double)run.Settings.Epochs * Math.Min(run.Settings.TrainLimit ?? int.MaxValue, run.Dataset.TrainCount) * (1 + (8.0 / (run.Settings.Batch * run.Settings.Workers)));
}
