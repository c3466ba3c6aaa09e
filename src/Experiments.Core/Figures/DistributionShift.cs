using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// Error on altered test images against how strongly they are altered, from clean ones on: a panel an alteration, a line a norm and,
/// where a norm has the choice, kind of statistics at evaluation.
/// </summary>
internal static class DistributionShift
{
    private static readonly IReadOnlyList<(string Name, string Label, LineKind Kind)> Statistic =
    [
        ("moving_average", "", LineKind.Marked),
        ("population", ", population statistics", LineKind.Dashed),
        ("batch", ", statistics of the test batch", LineKind.Dotted),
    ];

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = Measured.Of<DistributionShiftRow>(spec, cells, data);
        var shifts = measured.SelectMany(cell => cell.Seeds).SelectMany(rows => rows).Select(row => row.Shift)
            .Where(shift => shift != DistributionShiftRow.None).Distinct().ToList();
        if (shifts.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs images that were altered; {DistributionShiftRow.FileName} has none but clean ones.");
        var styles = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var kinds = measured.SelectMany(cell => Kinds(cell).Select(kind => (Cell: cell, kind.Label, kind.Line, kind.Name, Style: styles[cell.Label]))).ToList();
        var lines = shifts.SelectMany((shift, panel) => kinds.Select((kind, index) => new Line(panel, kind.Style, kind.Line, $"{kind.Label}, {shift}",
            $"{Identifier(shift)}{panel + 1}_{index + 1}", (index - ((kinds.Count - 1) / 2.0)) * Math.Min(0.06, 0.4 / kinds.Count), Points(kind.Cell, shift, kind.Name)))).ToList();
        var points = lines.SelectMany(line => line.Points).ToList();
        var range = ErrorAxis.Range([.. points.Select(point => point.Error.Mean!.Value)]);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. kinds.Select(kind => new LegendEntry(kind.Label, kind.Style, kind.Line))],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, line.Label, "strength  error  low  high  seeds",
                    [.. line.Points.Select(point => string.Join("  ", new[] { point.Strength, point.Error.Mean!.Value,
                        point.Error.Low ?? point.Error.Mean.Value, point.Error.High ?? point.Error.Mean.Value, point.Error.N }.Select(Number)))])),
            ],
            Panels = Rows(shifts.Select((shift, panel) => new Panel
            {
                Title = shift,
                XLabel = "strength (0: clean images)",
                YLabel = ErrorAxis.Label(cells),
                Settings = [$"set xrange [-0.3:{Number(points.Max(point => point.Strength) + 0.3)}]; set xtics 1", range],
                Plots =
                [
                    .. lines.Where(line => line.Panel == panel).SelectMany(line => new[]
                    {
                        $"${line.Block} using ($5 > 1 ? $1+{Number(line.Shift)} : NaN):3:(0):($4-$3) with vectors heads size graph 0.01,90 ls {line.Style.Number} lw 0.8",
                        $"${line.Block} using ($1+{Number(line.Shift)}):2 with {(line.Kind == LineKind.Marked ? "linespoints" : "lines")} ls {line.Style.Number}{Stroke(line.Kind)}",
                    }),
                ],
            })),
            Notes =
            [
                measured.All(cell => cell.Seeds.Count == 1) ? "One seed." : $"{Measured.SeedsNote(measured, "Mean over").TrimEnd('.')}; bars: 95% interval (Student's t).",
                .. kinds.Count > measured.Count
                    ? new[] { "Without further words, norms over samples take moving averages." } : [],
            ],
        };
    }

    /// <summary>The kinds of statistics that a cell was evaluated with; one, and no word of it, where they come to the same.</summary>
    private static IEnumerable<(string Label, LineKind Line, string Name)> Kinds(Measured<DistributionShiftRow> cell)
    {
        var there = cell.Seeds.SelectMany(rows => rows).Select(row => row.Statistics).Distinct().ToList();
        var known = Statistic.Where(one => there.Contains(one.Name)).ToList();
        var differ = cell.Seeds.Any(rows => rows.GroupBy(row => (row.Shift, row.Strength)).Any(point => point.Select(row => row.Error).Distinct().Count() > 1));
        return differ || known.Count == 0
            ? known.Select(one => (cell.Label + one.Label, one.Kind, one.Name))
            : [(cell.Label, LineKind.Marked, known[0].Name)];
    }

    private static IReadOnlyList<Point> Points(Measured<DistributionShiftRow> cell, string shift, string statistics) =>
    [
        .. cell.Seeds.SelectMany(rows => rows)
            .Where(row => row.Statistics == statistics && (row.Shift == shift || row.Shift == DistributionShiftRow.None) && double.IsFinite(row.Error))
            .GroupBy(row => row.Strength, row => row.Error).OrderBy(strength => strength.Key)
            .Select(strength => new Point(strength.Key, Statistics.Estimate([.. strength]))),
    ];

    /// <summary>A word that gnuplot takes for the name of a data block.</summary>
    private static string Identifier(string word) => string.Concat(word.Where(char.IsAsciiLetter));

    private sealed record Point(int Strength, Estimate Error);

    private sealed record Line(int Panel, LineStyle Style, LineKind Kind, string Label, string Block, double Shift, IReadOnlyList<Point> Points);
}
