using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>Finds what a figure shows, from the rows of result files and from nothing else.</summary>
public static class FigureBuilder
{
    /// <summary>What the figure of this kind shows of these runs.</summary>
    /// <exception cref="ExperimentException">There is nothing to draw, or the runs do not belong in one figure.</exception>
    public static Figure Build(FigureSpec spec, FigureData data)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(data);
        var cells = SummaryRow.Of(data.Runs);
        // Runs that failed are not drawn, and do not count.
        var drawn = cells.Where(cell => cell.N + cell.NDiverged > 0).ToList();
        var datasets = drawn.Select(cell => cell.Dataset).Distinct().ToList();
        if (datasets.Count > 1)
        {
            throw new ExperimentException(
                $"The runs are of different data sets ({string.Join(", ", datasets)}), whose errors cannot be compared: draw one data set at a time (--dataset).");
        }

        if (drawn.Select(cell => cell.Validation > 0).Distinct().Count() > 1)
        {
            throw new ExperimentException(
                "Some of the runs measured their errors on the test set and some on images held out of the training set (--validation). These errors cannot be compared: draw the two apart.");
        }

        if (drawn.All(cell => cell.N == 0) && FigureKinds.Describe(spec.Kind).IsOfErrors)
        {
            throw new ExperimentException(
                $"There is nothing to draw: none of {data.Runs.Count} runs has finished with an error to show " +
                $"({cells.Sum(cell => cell.NDiverged)} diverged, {cells.Sum(cell => cell.NFailed)} failed).");
        }

        return spec.Kind switch
        {
            FigureKind.ErrorAgainstBatch => ErrorAgainstOption.Of(spec, OptionAxis.Batch, drawn),
            FigureKind.ErrorAgainstLr => ErrorAgainstOption.Of(spec, OptionAxis.Lr, drawn),
            FigureKind.ErrorAgainstInitScale => ErrorAgainstOption.Of(spec, OptionAxis.InitScale, drawn),
            FigureKind.ErrorAgainstEpoch => ErrorAgainstEpoch.Of(spec, drawn, data),
            FigureKind.ErrorAgainstGroups => ErrorAgainstGroups.Of(spec, drawn),
            FigureKind.ErrorByNorm => ErrorByNorm.Of(spec, drawn),
            FigureKind.ErrorByStatistics => ErrorByStatistics.Of(spec, drawn, data.Runs),
            FigureKind.Percentiles => Percentiles.Of(spec, cells, data),
            FigureKind.Histograms => Histograms.Of(spec, cells, data),
            FigureKind.Landscape => Landscape.Of(spec, cells, data),
            FigureKind.CovariateShift => CovariateShift.Of(spec, cells, data),
            FigureKind.DistributionShift => DistributionShift.Of(spec, cells, data),
            FigureKind.ErrorAgainstLength => ErrorAgainstLength.Of(spec, cells, data),
            _ => throw new ArgumentOutOfRangeException(nameof(spec)),
        };
    }
}
