using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// Internal covariate shift as Santurkar et al. 2018 measure it, against the step: how far a layer's gradient moves and turns when the
/// layers below are updated. A line a norm: the median over layers, in a band of the quartiles.
/// </summary>
internal static class CovariateShift
{
    private static readonly IReadOnlyList<(string Name, string Label, Func<CovariateShiftRow, double> Of)> Measures =
    [
        ("distance", "relative change of the gradient", row => row.RelativeDistance),
        ("cosine", "cosine of both gradients", row => row.Cosine),
    ];

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = Measured.Of<CovariateShiftRow>(spec, cells, data);
        var styles = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var lines = Measures.SelectMany(measure => measured.Select((cell, index) => (Measure: measure, cell.Label, Block: $"{measure.Name}{index + 1}",
            Style: styles[cell.Label], Points: Points(cell.Seeds, measure.Of)))).ToList();
        var last = lines.SelectMany(line => line.Points).Select(point => (double)point.Step).DefaultIfEmpty().Max();
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. styles.Select(style => new LegendEntry(style.Key, style.Value, LineKind.Plain))],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, $"{line.Label}, {line.Measure.Label}", "step  median  lower-quartile  upper-quartile",
                    [.. line.Points.Select(point => $"{point.Step}  {Number(point.Median)}  {Number(point.Low)}  {Number(point.High)}")])),
            ],
            Panels =
            [
                [
                    .. Measures.Select(measure =>
                    {
                        var here = lines.Where(line => line.Measure == measure).ToList();
                        return new Panel
                        {
                            XLabel = "step",
                            YLabel = measure.Label,
                            Settings = [Measured.XAxis(last), Measured.YAxis(here.SelectMany(line => line.Points).SelectMany(point => new[] { point.Low, point.High }))],
                            Plots =
                            [
                                .. here.Select(line => $"${line.Block} using 1:3:4 with filledcurves lc rgb '{line.Style.Colour}'"),
                                .. here.Select(line => $"${line.Block} using 1:2 with lines ls {line.Style.Number}"),
                            ],
                        };
                    }),
                ],
            ],
            Notes =
            [
                "The gradient of a layer before and after the layers below it are updated. Lines: median over layers; bands: from the lower to the upper quartile over layers.",
                Measured.SeedsNote(measured, "For every layer and step the median over"),
            ],
        };
    }

    private static IReadOnlyList<Point> Points(IEnumerable<IReadOnlyList<CovariateShiftRow>> seeds, Func<CovariateShiftRow, double> of) =>
    [
        .. from row in seeds.SelectMany(rows => rows)
           where double.IsFinite(of(row))
           group row by row.Step into step
           orderby step.Key
           let layers = step.GroupBy(row => row.Layer, of).Select(Statistics.Median).ToList()
           select new Point(step.Key, Statistics.Median(layers), Statistics.Quantile(layers, 0.25), Statistics.Quantile(layers, 0.75)),
    ];

    private sealed record Point(long Step, double Median, double Low, double High);
}
