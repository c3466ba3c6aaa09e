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
            (Axis: new OptionAxis("groups", "number of groups, G", nameof(Cell.Groups), cell => cell.Groups, Falling: true), AtOne: "LN"),
            (Axis: new OptionAxis("channels", "channels per group, C/G", nameof(Cell.ChannelsPerGroup), cell => cell.ChannelsPerGroup, Falling: true), AtOne: "IN"),
        }.Where(one => grouped.Any(cell => one.Axis.Of(cell) > 1)).ToList();
        var blocks = axes.Select(one => one.Axis).SelectMany(axis => lines.Select((line, index) => (Axis: axis, Line: line, Name: $"{axis.Name}{index + 1}",
            Cells: line.Cells.Where(cell => axis.Of(cell) is not null).OrderByDescending(cell => axis.Of(cell)).ToList())))
            .Where(block => block.Cells.Count > 0).ToList();
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend =
            [
                .. lines.Select(line => new LegendEntry(line.Label, styles[line.Label])),
                .. across.Select(line => new LegendEntry(line.Label, styles[line.Label], LineKind.Dashed)),
            ],
            Data =
            [
                .. blocks.Select(block => new DataBlock(block.Name, $"{block.Line.Label}, {block.Axis.Label}", $"{block.Axis.Name}  {ErrorAxis.CellColumns}",
                    [.. block.Cells.Select(cell => ErrorAxis.Row(block.Axis.Of(cell)!.Value, cell))])),
            ],
            Panels =
            [
                [
                    .. axes.Select(one =>
                    {
                        var axis = one.Axis;
                        var here = blocks.Where(block => block.Axis == axis).ToList();
                        var values = here.SelectMany(block => block.Cells).Select(cell => axis.Of(cell)!.Value).ToList();
                        var rows = axes.Max(other => ErrorAxis.MarkRows(Marks(other.Axis)));
                        return new Panel
                        {
                            XLabel = axis.Label,
                            YLabel = ErrorAxis.Label(cells),
                            Settings =
                            [
                                .. axis.Settings(values, value => value == 1 ? $"1 ({one.AtOne})" : Number(value)),
                                ErrorAxis.Range([.. series.SelectMany(one => one.Cells)], [], rows),
                                .. ErrorAxis.Marks(Marks(axis)),
                            ],
                            Plots =
                            [
                                .. across.Select(line => $"{Number(line.Cells[0].Mean!.Value)} with lines ls {styles[line.Label].Number} {Dashes}"),
                                .. here.SelectMany(block => ErrorAxis.Line(
                                    block.Name, styles[block.Line.Label], axis.Shift(values, lines.IndexOf(block.Line), lines.Count))),
                            ],
                        };
                    }),
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, [])],
        };

        List<(double X, SummaryRow Cell, LineStyle Style)> Marks(OptionAxis axis) =>
        [
            .. blocks.Where(block => block.Axis == axis)
                .SelectMany(block => block.Cells.Select(cell => (axis.Of(cell)!.Value, cell, styles[block.Line.Label]))),
        ];
    }

    private static SummaryRow? AsGroupNorm(SummaryRow cell) => cell.Norm switch
    {
        "gn" => cell,
        "ln" => cell with { Norm = "gn", Groups = 1 },
        "in" => cell with { Norm = "gn", ChannelsPerGroup = 1 },
        _ => null,
    };
}
