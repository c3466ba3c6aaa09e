using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>Percentiles of what enters a norm, against the epoch (the paper's figure 6): a panel a cell of the grid and layer.</summary>
internal static class Percentiles
{
    /// <summary>Where one panel's values reach so much further than another's, each panel has an axis of its own.</summary>
    private const double Apart = 5;

    private static readonly IReadOnlyList<(LegendEntry Legend, int Column)> Lines =
    [
        (new LegendEntry("1%", new LineStyle(1, "#56B4E9", 0), LineKind.Plain), 2),
        (new LegendEntry("20%", new LineStyle(2, "#0072B2", 0), LineKind.Plain), 3),
        (new LegendEntry("80%", new LineStyle(3, "#D55E00", 0), LineKind.Plain), 4),
        (new LegendEntry("99%", new LineStyle(4, "#E69F00", 0), LineKind.Plain), 5),
    ];

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = Measured.Of<PercentileRow>(spec, cells, data);
        var layers = Measured.Layers(measured.SelectMany(cell => cell.Seeds[0]).Select(row => row.Layer));
        var grid = Measured.Grid(measured, layers);
        var panels = grid.SelectMany(row => row).Select((place, index) => (place, Block: $"panel{index + 1}",
            Rows: place.Cell.Seeds[0].Where(row => row.Layer == place.Layer).OrderBy(row => row.Step).ToList())).ToDictionary(panel => panel.place);
        var reaches = panels.Values.Where(panel => panel.Rows.Count > 0).Select(panel => Values(panel.Rows).Where(double.IsFinite).ToList())
            .Where(values => values.Count > 0).Select(values => values.Max() - values.Min()).ToList();
        var together = reaches.Count == 0 || reaches.Max() <= Apart * reaches.Min();
        var last = panels.Values.SelectMany(panel => panel.Rows).Max(row => row.Epoch);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. Lines.Select(line => line.Legend)],
            Data =
            [
                .. panels.Values.Select(panel => new DataBlock(panel.Block, Measured.Title(panel.place.Cell, panel.place.Layer), "epoch  1%  20%  80%  99%",
                    [.. panel.Rows.Select(row => string.Join("  ", new[] { row.Epoch, row.P1, row.P20, row.P80, row.P99 }.Select(Number)))])),
            ],
            Panels =
            [
                .. grid.Select(row => (IReadOnlyList<Panel>)
                [
                    .. row.Select(place => panels[place]).Select(panel => new Panel
                    {
                        Title = Measured.Title(panel.place.Cell, panel.place.Layer),
                        XLabel = "epoch",
                        YLabel = "what enters the norm",
                        Settings = [Measured.XAxis(last), Measured.YAxis(Values(together ? panels.Values.SelectMany(one => one.Rows) : panel.Rows))],
                        Plots =
                        [
                            $"${panel.Block} using 1:3:4 with filledcurves lc rgb '#999999'",
                            .. Lines.Select(line => $"${panel.Block} using 1:{line.Column} with lines ls {line.Legend.Style.Number}"),
                        ],
                    }),
                ]),
            ],
            Notes =
            [
                "Lines: so many percent of the values lie under them; between 20% and 80% shaded.",
                .. Measured.Notes(measured, row => (row.Seed, row.Layer)),
                .. together ? Array.Empty<string>() : ["Each panel has a y axis of its own."],
            ],
        };
    }

    private static IEnumerable<double> Values(IEnumerable<PercentileRow> rows) => rows.SelectMany(row => new[] { row.P1, row.P99 });
}
