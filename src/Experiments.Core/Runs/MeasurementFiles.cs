using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>Which file of a run holds what was measured along it.</summary>
internal static class MeasurementFiles
{
    /// <summary>Each measurement with its file.</summary>
    public static IReadOnlyList<(Measurements Measurement, string File)> All { get; } =
    [
        (Measurements.Percentiles, PercentileRow.FileName),
        (Measurements.Histograms, HistogramRow.FileName),
        (Measurements.Landscape, LandscapeRow.FileName),
        (Measurements.CovariateShift, CovariateShiftRow.FileName),
        (Measurements.DistributionShift, DistributionShiftRow.FileName),
    ];
}
