using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// Error against batch size, from large to small as in the paper's figure 1, a line a norm; others' numbers in panels of their own, as
/// rises above their own values.
/// </summary>
internal static class ErrorAgainstBatch
{
    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells)
    {
        var series = Series.AgainstBatch(cells);
        var lines = series.Select((one, index) => new Ours(one, $"series{index + 1}", ErrorAxis.Shift(index, series.Count),
            spec.Population && one.Cells.Any(cell => Math.Abs((cell.MeanErrorPopulation - cell.Mean) ?? 0) > 0.005))).ToList();
        var references = spec.References.SelectMany((reference, panel) => reference.Error.Where(norm => norm.Value.Count > 0).Select((norm, index) =>
            new Theirs(panel, LabelOf(norm.Key, series), norm.Key, $"reference{panel + 1}_{index + 1}", norm.Value))).ToList();
        var styles = Palette.Assign([.. series.Select(one => (one.Label, one.Norm)), .. references.Select(one => (one.Label, one.Norm))]);
        var subtitle = spec.Subtitle ?? Series.InCommon(cells);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = references.Count > 0 ? "" : subtitle, // it would stand above somebody else's panel as well
            Legend =
            [
                .. lines.SelectMany(line => Legend(line, styles)),
                .. references.Where(one => series.All(ours => ours.Label != one.Label)).DistinctBy(one => one.Label)
                    .Select(one => new LegendEntry(one.Label, styles[one.Label])),
            ],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, line.Series.Label, $"batch  {ErrorAxis.CellColumns}",
                    [.. line.Series.Cells.OrderByDescending(cell => cell.Batch).Select(cell => ErrorAxis.Row(cell.Batch, cell))])),
                .. references.Select(one => new DataBlock(one.Block, $"{one.Label}: {spec.References[one.Panel].Source}", "batch  rise  error",
                    [.. Reference.Rises(one.Errors).Select(point => $"{point.Batch}  {Number(point.Rise)}  {Number(one.Errors[point.Batch])}")])),
            ],
            Panels =
            [
                [
                    OurPanel(cells, lines, styles, references.Count > 0 ? subtitle : ""),
                    .. references.GroupBy(one => one.Panel).Select(panel => ReferencePanel(spec.References[panel.Key].Source, [.. panel], styles)),
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, Populations(lines))],
        };
    }

    private static Panel OurPanel(
        IReadOnlyList<SummaryRow> cells, IReadOnlyList<Ours> lines, IReadOnlyDictionary<string, LineStyle> styles, string title)
    {
        var marks = lines.SelectMany(line => line.Series.Cells.Select(cell => ((double)cell.Batch, cell, styles[line.Series.Label]))).ToList();
        return new Panel
        {
            Title = title,
            XLabel = "batch size (images per worker)",
            YLabel = ErrorAxis.Label(cells),
            Settings =
            [
                .. BatchAxis(cells.Select(cell => cell.Batch)),
                ErrorAxis.Range(cells, Populations(lines), ErrorAxis.MarkRows(marks.Select(mark => (mark.Item1, mark.cell)))),
                .. ErrorAxis.Marks(marks),
            ],
            Plots =
            [
                .. lines.Where(line => line.Population)
                    .Select(line => $"${line.Block} using ($1*{Number(line.Shift)}):7 with lines ls {styles[line.Series.Label].Number} {Dashes}"),
                .. lines.SelectMany(line => ErrorAxis.Line(line.Block, styles[line.Series.Label], line.Shift)),
            ],
        };
    }

    private static IEnumerable<double> Populations(IEnumerable<Ours> lines) =>
        lines.Where(line => line.Population).SelectMany(line => line.Series.Cells).Select(cell => cell.MeanErrorPopulation).OfType<double>();

    private static Panel ReferencePanel(string source, IReadOnlyList<Theirs> lines, IReadOnlyDictionary<string, LineStyle> styles)
    {
        var largest = lines.SelectMany(line => line.Errors.Keys).Max();
        return new Panel
        {
            Title = source,
            XLabel = "batch size (images per worker)",
            YLabel = $"rise from batch {largest} (points)",
            Settings =
            [
                .. BatchAxis(lines.SelectMany(line => line.Errors.Keys)),
                ErrorAxis.Range([.. lines.SelectMany(line => Reference.Rises(line.Errors)).Select(point => point.Rise)], floor: double.NegativeInfinity),
            ],
            Plots =
            [
                .. lines.Select((line, index) =>
                    $"${line.Block} using ($1*{Number(ErrorAxis.Shift(index, lines.Count))}):2 with linespoints ls {styles[line.Label].Number} pi 1"),
            ],
        };
    }

    /// <summary>A log2 axis from large to small, with a tic at every batch size there is.</summary>
    private static IEnumerable<string> BatchAxis(IEnumerable<int> batches)
    {
        var falling = batches.Distinct().OrderDescending().ToList();
        return
        [
            $"set logscale x 2; set xrange [{Number(falling[0] * 1.4)}:{Number(falling[^1] / 1.4)}]",
            $"set xtics ({string.Join(", ", falling)})",
        ];
    }

    private static IEnumerable<LegendEntry> Legend(Ours line, IReadOnlyDictionary<string, LineStyle> styles)
    {
        var style = styles[line.Series.Label];
        yield return new LegendEntry(line.Series.Label, style);
        if (line.Population)
            yield return new LegendEntry($"{line.Series.Label}, population statistics", style, Dashed: true);
    }

    /// <summary>A reference's GN is drawn as ours where there is one GN of ours alone, since a reference names no number of groups.</summary>
    private static string LabelOf(string norm, IReadOnlyList<Series> series) =>
        series.Where(one => one.Norm == norm).ToList() is [var only] ? only.Label : NormLabel.Of(norm);

    private sealed record Ours(Series Series, string Block, double Shift, bool Population);

    private sealed record Theirs(int Panel, string Label, string Norm, string Block, IReadOnlyDictionary<int, double> Errors);
}
