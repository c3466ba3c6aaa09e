using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training.Measuring;

namespace Experiments.Core.Runs;

/// <summary>Turns what was measured along a run into rows of the result files.</summary>
public static class MeasurementRecord
{
    /// <summary>Writes all that was measured so far, a file for each kind.</summary>
    /// <param name="folder">The results folder.</param>
    /// <param name="run">The run.</param>
    /// <param name="plan">Its measurements.</param>
    /// <exception cref="ExperimentException">A file cannot be written.</exception>
    internal static void Write(ResultsFolder folder, Run run, MeasurementPlan plan)
    {
        foreach (var measurement in plan.All)
        {
            switch (measurement)
            {
                case PercentileMeasurement percentiles:
                    folder.Write(run.Id, percentiles.Results.Select(result => Of(run, result)));
                    break;
                case HistogramMeasurement histograms:
                    folder.Write(run.Id, histograms.Results.Select(result => Of(run, result)));
                    break;
                case LandscapeMeasurement landscape:
                    folder.Write(run.Id, landscape.Results.Select(result => Of(run, result)));
                    break;
                case CovariateShiftMeasurement covariateShift:
                    folder.Write(run.Id, covariateShift.Results.Select(result => Of(run, result)));
                    break;
                default:
                    throw new ArgumentException($"No file is known for {measurement.GetType().Name}.", nameof(plan));
            }
        }
    }

    /// <summary>The row of one score on shifted test images.</summary>
    public static DistributionShiftRow Of(Run run, ShiftedScore result)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(result);
        return new()
        {
            Run = run.Id,
            Norm = run.Settings.Norm.Name,
            Groups = run.Settings.Norm.Groups,
            ChannelsPerGroup = run.Settings.Norm.ChannelsPerGroup,
            Batch = run.Settings.Batch,
            Seed = run.Settings.Seed,
            Shift = RunOptions.Text(result.Shift.Kind),
            Strength = result.Shift.Strength,
            Statistics = RunOptions.Text(result.Statistics).Replace('-', '_'),
            Error = result.Score.IsFinite ? result.Score.ErrorPercent : null,
            Loss = result.Score.IsFinite ? result.Score.MeanLoss : null,
        };
    }

    private static PercentileRow Of(Run run, LayerPercentiles result) => new()
    {
        Run = run.Id,
        Norm = run.Settings.Norm.Name,
        Groups = run.Settings.Norm.Groups,
        ChannelsPerGroup = run.Settings.Norm.ChannelsPerGroup,
        Batch = run.Settings.Batch,
        Seed = run.Settings.Seed,
        Step = result.Step,
        Epoch = result.Epoch,
        Layer = result.Layer,
        P1 = result.P1,
        P20 = result.P20,
        P80 = result.P80,
        P99 = result.P99,
    };

    private static HistogramRow Of(Run run, LayerBin result) => new()
    {
        Run = run.Id,
        Norm = run.Settings.Norm.Name,
        Groups = run.Settings.Norm.Groups,
        ChannelsPerGroup = run.Settings.Norm.ChannelsPerGroup,
        Batch = run.Settings.Batch,
        Seed = run.Settings.Seed,
        Step = result.Step,
        Epoch = result.Epoch,
        Layer = result.Layer,
        BinLow = result.Bin.Low,
        BinHigh = result.Bin.High,
        Fraction = result.Bin.Fraction,
    };

    private static LandscapeRow Of(Run run, LandscapePoint result) => new()
    {
        Run = run.Id,
        Norm = run.Settings.Norm.Name,
        Groups = run.Settings.Norm.Groups,
        ChannelsPerGroup = run.Settings.Norm.ChannelsPerGroup,
        Batch = run.Settings.Batch,
        Seed = run.Settings.Seed,
        Step = result.Step,
        Epoch = result.Epoch,
        StepSize = result.StepSize,
        Loss = result.Loss,
        GradientDistance = result.GradientDistance,
        Smoothness = result.Smoothness,
    };

    private static CovariateShiftRow Of(Run run, LayerShift result) => new()
    {
        Run = run.Id,
        Norm = run.Settings.Norm.Name,
        Groups = run.Settings.Norm.Groups,
        ChannelsPerGroup = run.Settings.Norm.ChannelsPerGroup,
        Batch = run.Settings.Batch,
        Seed = run.Settings.Seed,
        Step = result.Step,
        Epoch = result.Epoch,
        Layer = result.Layer,
        Distance = result.Distance,
        RelativeDistance = result.RelativeDistance,
        Cosine = result.Cosine,
    };
}
