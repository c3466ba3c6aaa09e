using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// GN's error against its number of groups, and against its channels per group (the paper's table 3). LN is GN with one group and IN is
/// GN with one channel per group, so they stand there where the sweep has them; other norms are dashed lines across.
/// </summary>
internal static class ErrorAgainstGroups
{
    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells)
    {
        var grouped = cells.Select(AsGroupNorm).OfType<SummaryRow>().DistinctBy(cell => cell.Alone()).ToList();
        if (!grouped.Any(cell => cell.Groups > 1 || cell.ChannelsPerGroup > 1))
        {
            throw new ExperimentException(
                $"{spec.Kind.Name()} needs runs of gn with several numbers of groups or channels per group; there are runs of " +
                $"{string.Join(", ", cells.Select(cell => cell.Norm).Distinct())}.");
        }

        var others = cells.Where(cell => AsGroupNorm(cell) is null).ToList();
        var series = Series.Along([.. grouped, .. others], [nameof(Cell.Groups), nameof(Cell.ChannelsPerGroup)])
            .Where(one => one.Cells.Any(cell => cell.Mean is not null)).ToList();
        var lines = series.Where(one => one.Norm == "gn").ToList();
        var across = series.Where(one => one.Norm != "gn").ToList();
        var styles = Palette.Assign(series.Select(one => (one.Label, one.Norm)));
        var axes = new[]
        {
            new GroupAxis("groups", "number of groups, G", "LN", cell => cell.Groups),
            new GroupAxis("channels", "channels per group, C/G", "IN", cell => cell.ChannelsPerGroup),
        }.Where(axis => grouped.Any(cell => axis.Of(cell) > 1)).ToList();
        var blocks = axes.SelectMany(axis => lines.Select((line, index) => (Axis: axis, Line: line, Name: $"{axis.Name}{index + 1}",
            Cells: line.Cells.Where(cell => axis.Of(cell) is not null).OrderByDescending(cell => axis.Of(cell)).ToList())))
            .Where(block => block.Cells.Count > 0).ToList();
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend =
            [
                .. lines.Select(line => new LegendEntry(line.Label, styles[line.Label])),
                .. across.Select(line => new LegendEntry(line.Label, styles[line.Label], Dashed: true)),
            ],
            Data =
            [
                .. blocks.Select(block => new DataBlock(block.Name, $"{block.Line.Label}, {block.Axis.Label}", $"{block.Axis.Name}  {ErrorAxis.CellColumns}",
                    [.. block.Cells.Select(cell => ErrorAxis.Row(block.Axis.Of(cell)!.Value, cell))])),
            ],
            Panels =
            [
                [
                    .. axes.Select(axis =>
                    {
                        var here = blocks.Where(block => block.Axis == axis).ToList();
                        var marks = here.SelectMany(block => block.Cells.Select(cell => ((double)axis.Of(cell)!.Value, cell, styles[block.Line.Label]))).ToList();
                        var rows = ErrorAxis.MarkRows(blocks.SelectMany(block => block.Cells.Select(cell => ((double)block.Axis.Of(cell)!.Value, cell))));
                        return new Panel
                        {
                            XLabel = axis.Label,
                            YLabel = ErrorAxis.Label(cells),
                            Settings =
                            [
                                .. Axis(axis, here.SelectMany(block => block.Cells)),
                                ErrorAxis.Range([.. series.SelectMany(one => one.Cells)], [], rows),
                                .. ErrorAxis.Marks(marks),
                            ],
                            Plots =
                            [
                                .. across.Select(line => $"{Number(line.Cells[0].Mean!.Value)} with lines ls {styles[line.Label].Number} {Dashes}"),
                                .. here.SelectMany(block => ErrorAxis.Line(
                                    block.Name, styles[block.Line.Label], ErrorAxis.Shift(lines.IndexOf(block.Line), lines.Count))),
                            ],
                        };
                    }),
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, [])],
        };
    }

    private static SummaryRow? AsGroupNorm(SummaryRow cell) => cell.Norm switch
    {
        "gn" => cell,
        "ln" => cell with { Norm = "gn", Groups = 1 },
        "in" => cell with { Norm = "gn", ChannelsPerGroup = 1 },
        _ => null,
    };

    private static IEnumerable<string> Axis(GroupAxis axis, IEnumerable<SummaryRow> cells)
    {
        var falling = cells.Select(cell => axis.Of(cell)!.Value).Distinct().OrderDescending().ToList();
        return
        [
            $"set logscale x 2; set xrange [{Number(falling[0] * 1.4)}:{Number(falling[^1] / 1.4)}]",
            $"set xtics ({string.Join(", ", falling.Select(value => value == 1 ? $"'1 ({axis.AtOne})' 1" : $"'{value}' {value}"))})",
        ];
    }

    private sealed record GroupAxis(string Name, string Label, string AtOne, Func<SummaryRow, int?> Of);
}
