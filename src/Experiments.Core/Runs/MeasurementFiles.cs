using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>The file of a run that holds each kind of measurement.</summary>
internal static class MeasurementFiles
{
    /// <summary>Each measurement with its file.</summary>
    public static IReadOnlyList<(MeasurementKinds Measurement, string File)> All { get; } =
    [
        (MeasurementKinds.Percentiles, PercentileRow.FileName),
        (MeasurementKinds.Histograms, HistogramRow.FileName),
        (MeasurementKinds.Landscape, LandscapeRow.FileName),
        (MeasurementKinds.CovariateShift, CovariateShiftRow.FileName),
        (MeasurementKinds.DistributionShift, DistributionShiftRow.FileName),
        (MeasurementKinds.SequenceLength, SequenceLengthRow.FileName),
    ];
}
