using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// The optimization landscape along the gradient, against the step (Santurkar et al. 2018, figure 4): how far the loss and the gradient
/// vary over step sizes, and the effective beta-smoothness, a colour a norm.
/// </summary>
internal static class Landscape
{
    private const string Columns = "step  lowest-loss  highest-loss  lowest-distance  highest-distance  smoothness";

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = Measured.Of<LandscapeRow>(spec, cells, data);
        var styles = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var lines = measured.Select((cell, index) => (cell.Label, Block: $"line{index + 1}", Style: styles[cell.Label], Points: Points(cell.Seeds))).ToList();
        var points = lines.SelectMany(line => line.Points).ToList();
        if (points.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs rows of {LandscapeRow.FileName} at step sizes above 0; there are none.");
        var last = points.Max(point => point.Step);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. styles.Select(style => new LegendEntry(style.Key, style.Value, LineKind.Plain))],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, line.Label, Columns, [.. line.Points.Select(point => string.Join("  ",
                    new[] { point.Step, point.LowLoss, point.HighLoss, point.LowDistance, point.HighDistance, point.Smoothness }.Select(Number)))])),
            ],
            Panels =
            [
                [
                    Panel("loss along the gradient", "loss", points.SelectMany(point => new[] { point.LowLoss, point.HighLoss }), line => Band(line.Block, line.Style, 2)),
                    Panel("gradient predictiveness", "change of the gradient (L2)", points.SelectMany(point => new[] { point.LowDistance, point.HighDistance }),
                        line => Band(line.Block, line.Style, 4)),
                    Panel("effective beta-smoothness", "change of the gradient / distance", points.Select(point => point.Smoothness),
                        line => [$"${line.Block} using 1:6 with lines ls {line.Style.Number}"]),
                ],
            ],
            Notes =
            [
                "Bands: from the lowest to the highest over step sizes along the negative gradient; smoothness: the highest.",
                Measured.SeedsNote(measured, "At every step the median over"),
            ],
        };

        Panel Panel(string title, string label, IEnumerable<double> values, Func<(string Label, string Block, LineStyle Style, IReadOnlyList<Point> Points), IEnumerable<string>> plots) => new()
        {
            Title = title,
            XLabel = "step",
            YLabel = label,
            Settings = [Measured.XAxis(last), Measured.YAxis(values)],
            Plots = [.. lines.SelectMany(plots)],
        };
    }

    /// <summary>A band with both its edges, which tell bands apart where they lie over each other.</summary>
    private static IEnumerable<string> Band(string block, LineStyle style, int column) =>
    [
        $"${block} using 1:{column}:{column + 1} with filledcurves lc rgb '{style.Colour}'",
        $"${block} using 1:{column} with lines ls {style.Number} lw 0.8",
        $"${block} using 1:{column + 1} with lines ls {style.Number} lw 0.8",
    ];

    /// <summary>At each step, what each seed's rows reach over step sizes, and of that the median over seeds.</summary>
    private static IReadOnlyList<Point> Points(IEnumerable<IReadOnlyList<LandscapeRow>> seeds) =>
    [
        .. seeds.SelectMany(rows => rows.Where(row => row.StepSize > 0).GroupBy(row => row.Step).Select(step => Extremes(step.Key, [.. step])))
            .GroupBy(point => point.Step).OrderBy(step => step.Key).Select(step => new Point(
                step.Key, Middle(step, point => point.LowLoss), Middle(step, point => point.HighLoss),
                Middle(step, point => point.LowDistance), Middle(step, point => point.HighDistance), Middle(step, point => point.Smoothness))),
    ];

    private static Point Extremes(long step, IReadOnlyList<LandscapeRow> rows)
    {
        var losses = Finite(rows.Select(row => (double?)row.Loss));
        var distances = Finite(rows.Select(row => row.GradientDistance));
        return new Point(step, Min(losses), Max(losses), Min(distances), Max(distances), Max(Finite(rows.Select(row => row.Smoothness))));
    }

    private static double Middle(IEnumerable<Point> seeds, Func<Point, double> value) =>
        Finite(seeds.Select(seed => (double?)value(seed))) is { Count: > 0 } values ? Statistics.Median(values) : double.NaN;

    /// <summary>Far along a steep gradient the loss is no number; the band then ends at the step sizes where it is one.</summary>
    private static List<double> Finite(IEnumerable<double?> values) => [.. values.OfType<double>().Where(double.IsFinite)];

    private static double Min(List<double> values) => values.DefaultIfEmpty(double.NaN).Min();

    private static double Max(List<double> values) => values.DefaultIfEmpty(double.NaN).Max();

    private sealed record Point(long Step, double LowLoss, double HighLoss, double LowDistance, double HighDistance, double Smoothness);
}
