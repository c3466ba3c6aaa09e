using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// The optimization landscape along the gradient, against the step (Santurkar et al. 2018, figure 4): how far the loss and the gradient vary over
/// step sizes, and the effective beta-smoothness, with a look for each norm.
/// </summary>
internal static class Landscape
{
    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<LandscapeRow>(spec, cells, data);
        var looks = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var lines = measured.Select(cell => (cell.Label, Points: Points(cell.Seeds))).ToList();
        if (lines.All(line => line.Points.Count == 0))
            throw new ExperimentException($"{spec.Kind.Name()} needs rows of {LandscapeRow.FileName} at step sizes above 0; there are none.");
        var last = lines.SelectMany(line => line.Points).Max(point => point.Step);
        IReadOnlyList<Panel> panels =
        [
            Panel("loss along the gradient", "loss", SeriesShape.Band, point => new FigurePoint(point.Step, double.NaN, point.LowLoss, point.HighLoss)),
            Panel("gradient predictiveness", "change of the gradient (L2)", SeriesShape.Band, point => new FigurePoint(point.Step, double.NaN, point.LowDistance, point.HighDistance)),
            Panel("effective beta-smoothness", "change of the gradient / distance", SeriesShape.Curve, point => new FigurePoint(point.Step, point.Smoothness)),
        ];
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows = [panels],
            Notes =
            [
                "Bands: from the lowest to the highest over step sizes along the negative gradient; smoothness: the highest.",
                MeasurementFigures.SeedsNote(measured, "At every step the median over"),
                .. MeasurementFigures.BelowNote(panels),
            ],
        };

        Panel Panel(string title, string label, SeriesShape shape, Func<Extremes, FigurePoint> of)
        {
            var series = lines.Select(line => new PanelSeries { Label = line.Label, Look = looks[line.Label], Shape = shape, Points = [.. line.Points.Select(of)] }).ToList();
            return new Panel
            {
                Name = title,
                Title = title,
                X = MeasurementFigures.XAxis("step", last),
                Y = MeasurementFigures.YAxis(label, series.SelectMany(one => one.Points).SelectMany(point => new[] { point.Y, point.Low, point.High })),
                Series = series,
            };
        }
    }

    /// <summary>For each step, the lowest and highest values of each seed over step sizes, and the medians of these over seeds.</summary>
    private static IReadOnlyList<Extremes> Points(IEnumerable<IReadOnlyList<LandscapeRow>> seeds) =>
    [
        .. seeds.SelectMany(rows => rows.Where(row => row.StepSize > 0).GroupBy(row => row.Step).Select(step => Of(step.Key, [.. step])))
            .GroupBy(point => point.Step).OrderBy(step => step.Key).Select(step => new Extremes(
                step.Key, Middle(step, point => point.LowLoss), Middle(step, point => point.HighLoss),
                Middle(step, point => point.LowDistance), Middle(step, point => point.HighDistance), Middle(step, point => point.Smoothness))),
    ];

    private static Extremes Of(long step, IReadOnlyList<LandscapeRow> rows)
    {
        var losses = Finite(rows.Select(row => (double?)row.Loss));
        var distances = Finite(rows.Select(row => row.GradientDistance));
        return new Extremes(step, Min(losses), Max(losses), Min(distances), Max(distances), Max(Finite(rows.Select(row => row.Smoothness))));
    }

    private static double Middle(IEnumerable<Extremes> seeds, Func<Extremes, double> value) =>
        Finite(seeds.Select(seed => (double?)value(seed))) is { Count: > 0 } values ? Statistics.Median(values) : double.NaN;

    /// <summary>The finite values. Far along a steep gradient the loss is not finite; the band then covers only the step sizes at which it is.</summary>
    private static List<double> Finite(IEnumerable<double?> values) => [.. values.OfType<double>().Where(double.IsFinite)];

    private static double Min(List<double> values) => values.DefaultIfEmpty(double.NaN).Min();

    private static double Max(List<double> values) => values.DefaultIfEmpty(double.NaN).Max();

    private sealed record Extremes(long Step, double LowLoss, double HighLoss, double LowDistance, double HighDistance, double Smoothness);
}
