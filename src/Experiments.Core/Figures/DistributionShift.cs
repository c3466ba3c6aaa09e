using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// Error on altered test images against how strongly they are altered, from clean ones on: a panel for each alteration, a line for each norm and,
/// where a norm has the choice, each kind of statistics at evaluation.
/// </summary>
internal static class DistributionShift
{
    private static readonly IReadOnlyList<(string Name, string Label, SeriesShape Shape)> Statistic =
    [
        ("moving_average", "", SeriesShape.Line),
        ("population", ", population statistics", SeriesShape.Dashes),
        ("batch", ", statistics of the test batch", SeriesShape.Dots),
    ];

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<DistributionShiftRow>(spec, cells, data);
        var rows = measured.SelectMany(cell => cell.Seeds).SelectMany(seed => seed).ToList();
        var leftOut = rows.Count(row => !IsFinite(row));
        var shifts = rows.Select(row => row.Shift)
            .Where(shift => shift != DistributionShiftRow.None).Distinct().ToList();
        if (shifts.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs altered test images; {DistributionShiftRow.FileName} has rows of clean ones only.");
        var looks = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var kinds = measured.SelectMany(cell => Kinds(cell, row => (row.Statistics, row.Error), row => (row.Shift, row.Strength)).Select(kind => (Cell: cell, kind.Label, kind.Shape, kind.Name))).ToList();
        var most = cells.Max(ErrorAxis.Most);
        var panels = shifts.Select(shift => (Shift: shift, Series: kinds.Select((kind, index) => new PanelSeries
        {
            Label = kind.Label,
            Look = looks[kind.Cell.Label],
            Shape = kind.Shape,
            Offset = index - ((kinds.Count - 1) / 2.0),
            Points = Points(kind.Cell, shift, kind.Name, most),
        }).ToList())).ToList();
        var points = panels.SelectMany(panel => panel.Series).SelectMany(series => series.Points).ToList();
        if (points.Count == 0)
            throw new ExperimentException($"There is nothing to draw: in each of the {rows.Count} measurements in {DistributionShiftRow.FileName}, some scores of the network are NaN or infinite.");
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows = Figure.InRows(panels.Select(panel => new Panel
            {
                Name = panel.Shift,
                Title = panel.Shift,
                X = new Axis
                {
                    Label = cells.Any(cell => cell.Domains != "none") ? "strength (0: all styles)" : "strength (0: clean images)",
                    Low = 0,
                    High = points.Max(point => point.X),
                    HasPointsAtEnds = true,
                    Ticks = [.. points.Select(point => point.X).Distinct().Order().Select(value => new Tick(value, OptionAxis.Plain(value)))],
                },
                Y = ErrorAxis.Of(ErrorAxis.Label(cells), ErrorAxis.Ends(points)),
                Series = panel.Series,
            })),
            Notes =
            [
                ErrorAxis.Seeds([.. measured.Select(cell => cell.Seeds.Count)]),
                .. Notes(leftOut, rows.Count, kinds.Count > measured.Count),
            ],
        };
    }

    /// <summary>
    /// The kinds of statistics that a cell was evaluated with; if all kinds give the same errors, only one, which the label does not name.
    /// </summary>
    /// <param name="cell">The cell.</param>
    /// <param name="score">The kind of statistics of a row, and its error.</param>
    /// <param name="point">The place at which the error of a row is drawn.</param>
    internal static IEnumerable<(string Label, SeriesShape Shape, string Name)> Kinds<T>(CellMeasurement<T> cell, Func<T, (string Statistics, double? Error)> score, Func<T, object> point)
    {
        var there = cell.Seeds.SelectMany(rows => rows).Select(row => score(row).Statistics).Distinct().ToList();
        var known = Statistic.Where(one => there.Contains(one.Name)).ToList();
        var differ = cell.Seeds.Any(rows => rows.GroupBy(point).Any(one => one.Select(row => score(row).Error).Distinct().Count() > 1));
        return differ || known.Count == 0
            ? known.Select(one => (cell.Label + one.Label, one.Shape, one.Name))
            : [(cell.Label, SeriesShape.Line, known[0].Name)];
    }

    /// <summary>The small print of a figure of scores: what is left out of it, and which statistics are meant where none are named.</summary>
    internal static IEnumerable<string> Notes(int leftOut, int of, bool namesStatistics)
    {
        if (leftOut > 0)
            yield return $"{leftOut} of {of} measurements are left out: there, scores of the network are not numbers.";
        if (namesStatistics)
            yield return "Without further words, norms over samples take moving averages.";
    }

    private static IReadOnlyList<FigurePoint> Points(CellMeasurement<DistributionShiftRow> cell, string shift, string statistics, double most) =>
    [
        .. cell.Seeds.SelectMany(rows => rows)
            .Where(row => row.Statistics == statistics && (row.Shift == shift || row.Shift == DistributionShiftRow.None) && IsFinite(row))
            .GroupBy(row => row.Strength, row => row.Error!.Value).OrderBy(strength => strength.Key)
            .Select(strength => (strength.Key, Error: Statistics.Estimate([.. strength])))
            .Select(one => ErrorAxis.Point(one.Key, one.Error.Mean, one.Error.Low, one.Error.High, most)),
    ];

    // Rows of earlier versions have an error beside a loss that is no number.
    private static bool IsFinite(DistributionShiftRow row) => row is { Error: { } error, Loss: { } loss } && double.IsFinite(error) && double.IsFinite(loss);
}
