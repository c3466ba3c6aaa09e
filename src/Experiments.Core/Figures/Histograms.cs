using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// How a layer's activations are distributed after its norm: a panel for each cell of the grid and layer, and in it a ridge for each step, the
/// first at the top and lightest, over one x axis for all panels.
/// </summary>
internal static class Histograms
{
    private const int MostRidges = 8;

    /// <summary>Bins at either end that hold less than this share of the values do not widen the axis.</summary>
    private const double Share = 0.001;

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<HistogramRow>(spec, cells, data);
        var layers = MeasurementFigures.Layers(measured.SelectMany(cell => cell.Seeds[0]).Select(row => row.Layer));
        var grid = MeasurementFigures.Grid(measured, layers);
        var rows = measured.SelectMany(cell => cell.Seeds[0]).ToList();
        var steps = Chosen([.. rows.Select(row => row.Step).Distinct().Order()]);
        var shown = rows.Where(row => steps.Contains(row.Step) && layers.Contains(row.Layer)).ToList();
        var names = Names(steps, shown);
        var wide = shown.Where(row => row.Fraction >= Share).DefaultIfEmpty(shown[0]).ToList();
        var x = new Axis { Label = "activation after the norm", Low = wide.Min(row => row.BinLow), High = wide.Max(row => row.BinHigh) };
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            HasLegend = false,
            Rows =
            [
                .. grid.Select(row => (IReadOnlyList<Panel>)
                [
                    .. row.Select(place => new Panel
                    {
                        Name = MeasurementFigures.Title(place.Cell, place.Layer),
                        Title = MeasurementFigures.Title(place.Cell, place.Layer),
                        X = x,
                        Y = new Axis
                        {
                            Label = "",
                            Low = 0,
                            High = steps.Count,
                            IsFalling = true,
                            Ticks = [.. steps.Select((step, index) => new Tick(index + 1, names[step]))],
                        },
                        Series =
                        [
                            .. steps.Select((step, index) => new PanelSeries
                            {
                                Label = names[step],
                                Look = new Look(Palette.Shade(index, steps.Count), Marker.Circle, Dash.Solid),
                                Shape = SeriesShape.Ridge,
                                Offset = index + 1,
                                Points = [.. place.Cell.Seeds[0].Where(one => one.Step == step && one.Layer == place.Layer).OrderBy(one => one.BinLow).Select(Density)],
                            }).Where(series => series.Points.Count > 0),
                        ],
                    }),
                ]),
            ],
            Notes =
            [
                "Densities at several steps of training, each scaled to the same height; from first (top, light) to last (bottom, dark).",
                .. MeasurementFigures.Notes(measured, row => row.Layer),
            ],
        };
    }

    private static FigurePoint Density(HistogramRow bin) =>
        new((bin.BinLow + bin.BinHigh) / 2, bin.BinHigh > bin.BinLow ? bin.Fraction / (bin.BinHigh - bin.BinLow) : 0);

    private static IReadOnlyList<long> Chosen(IReadOnlyList<long> steps) => steps.Count <= MostRidges ? steps
        : [.. Enumerable.Range(0, MostRidges).Select(index => steps[(int)Math.Round(index * (steps.Count - 1.0) / (MostRidges - 1))])];

    /// <summary>
    /// The name of each step: its epoch to a tenth, so that the last step of eight epochs, at 7.99, is epoch 8; if two steps would have the same
    /// name, the steps' numbers.
    /// </summary>
    private static Dictionary<long, string> Names(IReadOnlyList<long> steps, IReadOnlyList<HistogramRow> rows)
    {
        var epochs = steps.ToDictionary(step => step, step => $"epoch {rows.First(row => row.Step == step).Epoch.ToString("0.#", CultureInfo.InvariantCulture)}");
        return epochs.Values.Distinct().Count() == steps.Count ? epochs : steps.ToDictionary(step => step, step => $"step {step}");
    }
}
