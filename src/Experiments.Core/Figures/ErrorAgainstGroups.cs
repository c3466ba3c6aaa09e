using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// GN's error against its number of groups, and against its channels per group (the paper's table 3). LN is GN with one group and IN is GN with one
/// channel per group, so they are points of these lines if the sweep has them; other norms are lines across.
/// </summary>
internal static class ErrorAgainstGroups
{
    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells)
    {
        var grouped = cells.Select(AsGroupNorm).OfType<SummaryRow>().DistinctBy(cell => cell.ToCell()).ToList();
        if (!grouped.Any(cell => cell.Groups > 1 || cell.ChannelsPerGroup > 1))
        {
            throw new ExperimentException(
                $"{spec.Kind.Name()} needs runs of gn with several numbers of groups or channels per group; there are runs of " +
                $"{string.Join(", ", cells.Select(cell => cell.Norm).Distinct())}.");
        }

        var others = cells.Where(cell => AsGroupNorm(cell) is null).ToList();
        var series = Series.Along([.. grouped, .. others], [nameof(Cell.Groups), nameof(Cell.ChannelsPerGroup)])
            .Where(one => one.Cells.Any(cell => cell.N + cell.NDiverged > 0)).ToList();
        var lines = series.Where(one => one.Norm == "gn").ToList();
        var across = series.Where(one => one.Norm != "gn" && one.Cells[0].Mean is not null).ToList();
        var looks = Palette.Assign(series.Select(one => (one.Label, one.Norm)));
        var axes = new[]
        {
            (Axis: new OptionAxis("groups", "number of groups, G", nameof(Cell.Groups), cell => cell.Groups, Falling: true), AtOne: "LN"),
            (Axis: new OptionAxis("channels", "channels per group, C/G", nameof(Cell.ChannelsPerGroup), cell => cell.ChannelsPerGroup, Falling: true), AtOne: "IN"),
        }.Where(one => grouped.Any(cell => one.Axis.Of(cell) > 1)).ToList();
        var points = series.SelectMany(one => one.Cells).Select(cell => AsGroupNorm(cell) is null ? new FigurePoint(0, cell.Mean ?? double.NaN) : ErrorAxis.Point(0, cell)).ToList();
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows =
            [
                [
                    .. axes.Select(one =>
                    {
                        var here = lines.Select(line => line with { Cells = [.. line.Cells.Where(cell => one.Axis.Of(cell) is not null).OrderByDescending(cell => one.Axis.Of(cell))] })
                            .Where(line => line.Cells.Count > 0).ToList();
                        return new Panel
                        {
                            Name = one.Axis.Label,
                            X = one.Axis.For(here.SelectMany(line => line.Cells).Select(cell => one.Axis.Of(cell)!.Value), value => value == 1 ? $"1 ({one.AtOne})" : OptionAxis.Plain(value)),
                            Y = ErrorAxis.Of(ErrorAxis.Label(cells), ErrorAxis.Ends(points)),
                            Series =
                            [
                                .. across.Select(line => new PanelSeries
                                {
                                    Label = line.Label,
                                    Look = looks[line.Label],
                                    Shape = SeriesShape.Across,
                                    Points = [new FigurePoint(double.NaN, line.Cells[0].Mean!.Value)],
                                }),
                                .. here.Select((line, index) => new PanelSeries
                                {
                                    Label = line.Label,
                                    Look = looks[line.Label],
                                    Shape = SeriesShape.Line,
                                    Offset = index - ((here.Count - 1) / 2.0),
                                    Points = [.. line.Cells.Select(cell => ErrorAxis.Point(one.Axis.Of(cell)!.Value, cell))],
                                }),
                            ],
                            Crosses = ErrorAxis.Crosses(here.SelectMany(line => line.Cells.Select(cell => (one.Axis.Of(cell)!.Value, cell, line.Label, looks[line.Label])))),
                        };
                    }),
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, points), .. across.Count > 0 ? ["Lines across are means, without bars."] : Array.Empty<string>()],
        };
    }

    private static SummaryRow? AsGroupNorm(SummaryRow cell) => cell.Norm switch
    {
        "gn" => cell,
        "ln" => cell with { Norm = "gn", Groups = 1 },
        "in" => cell with { Norm = "gn", ChannelsPerGroup = 1 },
        _ => null,
    };
}
