using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// Internal covariate shift as Santurkar et al. 2018 measure it, against the step: how far a layer's gradient moves and turns when the layers below
/// are updated. Each norm has a line, the median over layers, in a band from the lower to the upper quartile.
/// </summary>
internal static class CovariateShift
{
    private static readonly IReadOnlyList<(string Label, Func<CovariateShiftRow, double> Of)> Measures =
    [
        ("relative change of the gradient", row => row.RelativeDistance),
        ("cosine of both gradients", row => row.Cosine),
    ];

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<CovariateShiftRow>(spec, cells, data);
        var looks = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var last = measured.SelectMany(cell => cell.Seeds).SelectMany(rows => rows).Max(row => (double)row.Step);
        IReadOnlyList<Panel> panels =
        [
            .. Measures.Select(measure =>
            {
                var series = measured.Select(cell => new PanelSeries
                {
                    Label = cell.Label,
                    Look = looks[cell.Label],
                    Shape = SeriesShape.LineInBand,
                    Points = Points(cell.Seeds, measure.Of),
                }).ToList();
                return new Panel
                {
                    Name = measure.Label,
                    X = MeasurementFigures.XAxis("step", last),
                    Y = MeasurementFigures.YAxis(measure.Label, series.SelectMany(one => one.Points).SelectMany(point => new[] { point.Low, point.High })),
                    Series = series,
                };
            }),
        ];
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows = [panels],
            Notes =
            [
                "The gradient of a layer before and after the layers below it are updated. Lines: median over layers; bands: from the lower to the upper quartile over layers.",
                MeasurementFigures.SeedsNote(measured, "For every layer and step the median over"),
                .. MeasurementFigures.BelowNote(panels),
            ],
        };
    }

    private static IReadOnlyList<FigurePoint> Points(IEnumerable<IReadOnlyList<CovariateShiftRow>> seeds, Func<CovariateShiftRow, double> of) =>
    [
        .. from row in seeds.SelectMany(rows => rows)
           where double.IsFinite(of(row))
           group row by row.Step into step
           orderby step.Key
           let layers = step.GroupBy(row => row.Layer, of).Select(Statistics.Median).ToList()
           select new FigurePoint(step.Key, Statistics.Median(layers), Statistics.Quantile(layers, 0.25), Statistics.Quantile(layers, 0.75)),
    ];
}
