using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>Percentiles of what enters a norm, against the epoch (the paper's figure 6): a panel for each cell of the grid and layer.</summary>
internal static class Percentiles
{
    /// <summary>If one panel's values range more than this many times as far as another's, each panel has a y axis of its own.</summary>
    private const double Apart = 5;

    private static readonly IReadOnlyList<(string Label, Look Look, Func<PercentileRow, double> Of)> Lines =
    [
        ("1%", new Look("#56B4E9", Marker.Circle, Dash.Short), row => row.P1),
        ("20%", new Look("#0072B2", Marker.Circle, Dash.Solid), row => row.P20),
        ("80%", new Look("#D55E00", Marker.Circle, Dash.Long), row => row.P80),
        ("99%", new Look("#E69F00", Marker.Circle, Dash.DashDot), row => row.P99),
    ];

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<PercentileRow>(spec, cells, data);
        var layers = MeasurementFigures.Layers(measured.SelectMany(cell => cell.Seeds[0]).Select(row => row.Layer));
        var grid = MeasurementFigures.Grid(measured, layers);
        var panels = grid.SelectMany(row => row).ToDictionary(place => place,
            place => place.Cell.Seeds[0].Where(row => row.Layer == place.Layer).OrderBy(row => row.Step).ToList());
        var reaches = panels.Values.Select(rows => Values(rows).Where(double.IsFinite).ToList())
            .Where(values => values.Count > 0).Select(values => values.Max() - values.Min()).ToList();
        var together = reaches.Count == 0 || reaches.Max() <= Apart * reaches.Min();
        var last = panels.Values.SelectMany(rows => rows).Max(row => row.Epoch);
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows =
            [
                .. grid.Select(row => (IReadOnlyList<Panel>)
                [
                    .. row.Select(place => new Panel
                    {
                        Name = MeasurementFigures.Title(place.Cell, place.Layer),
                        Title = MeasurementFigures.Title(place.Cell, place.Layer),
                        X = MeasurementFigures.XAxis("epoch", last),
                        Y = MeasurementFigures.YAxis("what enters the norm", Values(together ? panels.Values.SelectMany(rows => rows) : panels[place])),
                        Series =
                        [
                            new PanelSeries
                            {
                                Label = "",
                                Look = new Look(Palette.Grey, Marker.Circle, Dash.Solid),
                                Shape = SeriesShape.Shade,
                                Points = [.. panels[place].Select(one => new FigurePoint(one.Epoch, double.NaN, one.P20, one.P80))],
                            },
                            .. Lines.Select(line => new PanelSeries
                            {
                                Label = line.Label,
                                Look = line.Look,
                                Shape = SeriesShape.Curve,
                                Points = [.. panels[place].Select(one => new FigurePoint(one.Epoch, line.Of(one)))],
                            }),
                        ],
                    }),
                ]),
            ],
            Notes =
            [
                "Each line is the value below which that share of all values lies; shaded: from 20% to 80%.",
                .. MeasurementFigures.Notes(measured, row => row.Layer),
                .. together ? Array.Empty<string>() : ["Each panel has a y axis of its own."],
            ],
        };
    }

    private static IEnumerable<double> Values(IEnumerable<PercentileRow> rows) => rows.SelectMany(row => new[] { row.P1, row.P99 });
}
