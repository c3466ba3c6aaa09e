using Experiments.Core.Results;

namespace Experiments.Core.Figures;

/// <summary>Draws figures from the rows of result files, and from nothing else.</summary>
public static class FigureWriter
{
    /// <summary>
    /// Writes <c>&lt;kind&gt;.gp</c>, a gnuplot script that carries its data, and the pictures that gnuplot makes of it.
    /// </summary>
    /// <returns>The files written, the script first.</returns>
    /// <exception cref="ExperimentException">There is nothing to draw, the runs do not belong in one figure, the folder cannot be
    /// written to, or gnuplot is missing (the script is then there nevertheless).</exception>
    public static IReadOnlyList<string> Write(FigureSpec spec, FigureData data, string folder, IReadOnlyList<FigureFormat>? formats = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        formats ??= Enum.GetValues<FigureFormat>();
        var name = spec.Kind.Name();
        var text = Script(spec, data, formats);
        var script = Path.Combine(folder, $"{name}.gp");
        AtomicFile.WriteText(script, text);
        return [script, .. Gnuplot.Run(script, [.. formats.Select(format => $"{name}.{GnuplotScript.Extension(format)}")])];
    }

    /// <summary>The gnuplot script alone.</summary>
    internal static string Script(FigureSpec spec, FigureData data, IReadOnlyList<FigureFormat> formats)
    {
        var cells = SummaryRow.Of(data.Runs);
        // Runs that failed are not drawn, and do not count.
        var drawn = cells.Where(cell => cell.N + cell.NDiverged > 0).ToList();
        var datasets = drawn.Select(cell => cell.Dataset).Distinct().ToList();
        if (datasets.Count > 1)
        {
            throw new ExperimentException(
                $"The runs are of different data sets ({string.Join(", ", datasets)}), whose errors do not compare: draw those of one at a time (--dataset).");
        }

        if (drawn.Select(cell => cell.Validation > 0).Distinct().Count() > 1)
        {
            throw new ExperimentException(
                "Some of the runs measured their errors on the test set and some on images held out of the training set (validation), which do not compare: draw them apart.");
        }

        if (drawn.All(cell => cell.N == 0) && FigureKinds.Describe(spec.Kind).IsOfErrors)
        {
            throw new ExperimentException(
                $"There is nothing to draw: none of {data.Runs.Count} runs has finished with an error to show " +
                $"({cells.Sum(cell => cell.NDiverged)} diverged, {cells.Sum(cell => cell.NFailed)} failed).");
        }

        var drawing = spec.Kind switch
        {
            FigureKind.ErrorAgainstBatch => ErrorAgainstOption.Draw(spec, OptionAxis.Batch, drawn),
            FigureKind.ErrorAgainstLr => ErrorAgainstOption.Draw(spec, OptionAxis.Lr, drawn),
            FigureKind.ErrorAgainstInitScale => ErrorAgainstOption.Draw(spec, OptionAxis.InitScale, drawn),
            FigureKind.ErrorAgainstEpoch => ErrorAgainstEpoch.Draw(spec, drawn, data),
            FigureKind.ErrorAgainstGroups => ErrorAgainstGroups.Draw(spec, drawn),
            FigureKind.ErrorByNorm => ErrorByNorm.Draw(spec, drawn),
            FigureKind.ErrorByStatistics => ErrorByStatistics.Draw(spec, drawn, data.Runs),
            FigureKind.Percentiles => Percentiles.Draw(spec, cells, data),
            FigureKind.Histograms => Histograms.Draw(spec, cells, data),
            FigureKind.Landscape => Landscape.Draw(spec, cells, data),
            FigureKind.CovariateShift => CovariateShift.Draw(spec, cells, data),
            FigureKind.DistributionShift => DistributionShift.Draw(spec, cells, data),
            _ => throw new ArgumentOutOfRangeException(nameof(spec)),
        };
        return GnuplotScript.Write(drawing, FigureKinds.Describe(spec.Kind), formats);
    }
}
