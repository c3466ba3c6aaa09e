using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// How a layer's activations are distributed after its norm: a panel a cell of the grid and layer, and in it a ridge a step, the first at
/// the top and lightest, over one x axis for all panels.
/// </summary>
internal static class Histograms
{
    private const int MostRidges = 8;

    /// <summary>A ridge reaches over this many of those above it, so that their shapes stay large.</summary>
    private const double Reach = 1.5;

    /// <summary>Bins with less than this share of the values at both ends do not widen the axis.</summary>
    private const double Share = 0.001;

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = Measured.Of<HistogramRow>(spec, cells, data);
        var layers = Measured.Layers(measured.SelectMany(cell => cell.Seeds[0]).Select(row => row.Layer));
        var grid = Measured.Grid(measured, layers);
        var steps = Chosen([.. measured.SelectMany(cell => cell.Seeds[0]).Select(row => row.Step).Distinct().Order()]);
        var panels = grid.SelectMany(row => row).Select((place, index) => (place, Ridges: Ridges(place, steps, index + 1))).ToDictionary(panel => panel.place, panel => panel.Ridges);
        var bins = panels.Values.SelectMany(ridges => ridges).SelectMany(ridge => ridge.Bins).ToList();
        var shown = bins.Where(bin => bin.Fraction >= Share).DefaultIfEmpty(bins[0]).ToList();
        var ridgesMost = panels.Values.Max(ridges => ridges.Count);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [],
            PanelHeight = Math.Max(PanelHeight * 0.7, 24 * (ridgesMost + Reach)),
            NameRoom = 12,
            Data =
            [
                .. panels.SelectMany(panel => panel.Value.Select(ridge => new DataBlock(ridge.Block,
                    $"{Measured.Title(panel.Key.Cell, panel.Key.Layer)}, step {ridge.Step}", "value  base  top  density", [.. Rows(ridge)]))),
            ],
            Panels =
            [
                .. grid.Select(row => (IReadOnlyList<Panel>)
                [
                    .. row.Select(place => new Panel
                    {
                        Title = Measured.Title(place.Cell, place.Layer),
                        XLabel = "activation after the norm",
                        YLabel = "",
                        Settings =
                        [
                            $"set xrange [{Number(shown.Min(bin => bin.BinLow))}:{Number(shown.Max(bin => bin.BinHigh))}]",
                            $"set yrange [-0.15:{Number(ridgesMost - 1 + Reach + 0.1)}]",
                            $"set ytics ({string.Join(", ", panels[place].Select(ridge => $"'epoch {ridge.Bins[0].Epoch.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture)}' {Number(ridge.Base)}"))})",
                        ],
                        Plots =
                        [
                            .. panels[place].SelectMany(ridge => new[]
                            {
                                $"${ridge.Block} using 1:2:3 with filledcurves lc rgb '{ridge.Colour}' fs solid 0.85 noborder",
                                $"${ridge.Block} using 1:3 with lines lc rgb '#ffffff' lw 1.6",
                                $"${ridge.Block} using 1:3 with lines lc rgb '{ridge.Colour}' lw 1",
                            }),
                        ],
                    }),
                ]),
            ],
            Notes =
            [
                "Densities at several steps of training, each scaled to the same height; from first (top, light) to last (bottom, dark).",
                .. Measured.Notes(measured, row => (row.Seed, row.Layer)),
            ],
        };
    }

    private static List<Ridge> Ridges((Measured<HistogramRow> Cell, string Layer) place, IReadOnlyList<long> steps, int panel)
    {
        var rows = place.Cell.Seeds[0].Where(row => row.Layer == place.Layer).ToLookup(row => row.Step);
        return
        [
            .. steps.Select((step, index) => (step, index, Bins: rows[step].OrderBy(row => row.BinLow).ToList())).Where(one => one.Bins.Count > 0)
                .Select(one => new Ridge($"panel{panel}_{one.index + 1}", one.step, steps.Count - 1 - one.index, Shade(one.index, steps.Count), one.Bins)),
        ];
    }

    private static IEnumerable<string> Rows(Ridge ridge)
    {
        var densities = ridge.Bins.Select(bin => bin.BinHigh > bin.BinLow ? bin.Fraction / (bin.BinHigh - bin.BinLow) : 0).ToList();
        var most = densities.Max() is > 0 and var highest ? highest : 1;
        return ridge.Bins.Zip(densities, (bin, density) => string.Join("  ",
            new[] { (bin.BinLow + bin.BinHigh) / 2, ridge.Base, ridge.Base + (Reach * density / most), density }.Select(Number)));
    }

    private static IReadOnlyList<long> Chosen(IReadOnlyList<long> steps) => steps.Count <= MostRidges ? steps
        : [.. Enumerable.Range(0, MostRidges).Select(index => steps[(int)Math.Round(index * (steps.Count - 1.0) / (MostRidges - 1))])];

    /// <summary>From light to dark blue.</summary>
    private static string Shade(int index, int count)
    {
        var dark = count == 1 ? 1 : (double)index / (count - 1);
        int Between(int light, int deep) => (int)Math.Round(light + (dark * (deep - light)));
        return $"#{Between(0xA6, 0x08):X2}{Between(0xCE, 0x30):X2}{Between(0xE3, 0x6B):X2}";
    }

    private sealed record Ridge(string Block, long Step, double Base, string Colour, IReadOnlyList<HistogramRow> Bins);
}
