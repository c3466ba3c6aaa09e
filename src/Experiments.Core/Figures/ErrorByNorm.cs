using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// The error of every point of the grid with its interval, a row each in the grid's order (the paper's table 1 as a picture). Rows that
/// differ in batch size alone are one, with a colour a batch size.
/// </summary>
internal static class ErrorByNorm
{
    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells)
    {
        var rows = Series.AgainstBatch(cells);
        var batches = cells.Select(cell => cell.Batch).Distinct().OrderDescending().ToList();
        var styles = batches.Count > 1
            ? Palette.Assign(batches.Select(batch => (Name(batch), "")))
            : Palette.Assign(rows.Select(row => (row.Norm, row.Norm)));
        var height = Math.Max(13, (7 * batches.Count) + 5);
        var points = rows.SelectMany((row, index) => row.Cells.Select(cell => new Point(
            batches.Count > 1 ? Name(cell.Batch) : row.Norm, row.Label, cell,
            index + 1 + ((batches.IndexOf(cell.Batch) - ((batches.Count - 1) / 2.0)) * 7 / height)))).ToList();
        var blocks = points.GroupBy(point => point.Style).Select((group, index) => (Name: $"points{index + 1}", Style: styles[group.Key], group.Key, Points: group.ToList())).ToList();
        var marked = points.Where(point => point.Cell.NDiverged > 0).ToList();
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? (batches.Count > 1 ? Series.InCommon(cells) : $"{Series.InCommon(cells)}, {Name(batches[0])}"),
            Legend = batches.Count > 1 ? [.. styles.Select(style => new LegendEntry(style.Key, style.Value, LineKind.Markers))] : [],
            Unlisted = [.. styles.Values],
            PanelHeight = rows.Count * height,
            NameRoom = Math.Max(0, rows.Max(row => TicWidth(row.Label)) - 20), // the numbers that stand there otherwise take the rest
            Data =
            [
                .. blocks.Select(block => new DataBlock(block.Name, block.Key, "row  error  low  high  seeds  diverged",
                    [.. block.Points.Select(point => $"{ErrorAxis.Row(point.Y, point.Cell)}  # {point.Label}")])),
            ],
            Panels =
            [
                [
                    new Panel
                    {
                        XLabel = ErrorAxis.Label(cells),
                        YLabel = "",
                        Settings =
                        [
                            ErrorAxis.Range(cells, [], marked.Count > 0 ? 2 : 0, axis: 'x'),
                            $"set yrange [{Number(rows.Count + 0.5)}:0.5]",
                            $"set ytics ({string.Join(", ", rows.Select((row, index) => $"{Quote(row.Label)} {index + 1}"))})",
                            .. marked.Select(point => ErrorAxis.Mark(point.Cell, styles[point.Style], $"graph 0.97, first {Number(point.Y)}")),
                        ],
                        Plots =
                        [
                            .. blocks.Select(block => $"${block.Name} using ($5 > 1 ? $3 : NaN):1:($4-$3):(0) with vectors heads size graph 0.01,90 ls {block.Style.Number}"),
                            .. blocks.Select(block => $"${block.Name} using 2:1 with points ls {block.Style.Number}"),
                        ],
                    },
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, [])],
        };
    }

    private static string Name(int batch) => $"batch {batch}";

    private sealed record Point(string Style, string Label, SummaryRow Cell, double Y);
}
