using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// A recurrent network's error against how many rows of a test image it reads: a line for each norm and, where a norm has the choice, each kind of
/// statistics at evaluation. A note below says which lengths it was trained on.
/// </summary>
internal static class ErrorAgainstLength
{
    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var measured = MeasurementFigures.Of<SequenceLengthRow>(spec, cells, data);
        var rows = measured.SelectMany(cell => cell.Seeds).SelectMany(seed => seed).ToList();
        var looks = Palette.Assign(measured.Select(cell => (cell.Label, cell.Norm)));
        var kinds = measured.SelectMany(cell => DistributionShift.Kinds(cell, row => (row.Statistics, row.Error), row => row.Rows).Select(kind => (Cell: cell, kind.Label, kind.Shape, kind.Name))).ToList();
        var most = cells.Max(ErrorAxis.Most);
        var series = kinds.Select((kind, index) => new PanelSeries
        {
            Label = kind.Label,
            Look = looks[kind.Cell.Label],
            Shape = kind.Shape,
            Offset = index - ((kinds.Count - 1) / 2.0),
            Points = Points(kind.Cell, kind.Name, most),
        }).ToList();
        var points = series.SelectMany(one => one.Points).ToList();
        if (points.Count == 0)
            throw new ExperimentException($"There is nothing to draw: in each of the {rows.Count} measurements in {SequenceLengthRow.FileName}, some scores of the network are NaN or infinite.");
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows =
            [
                [
                    new Panel
                    {
                        Name = "",
                        X = new Axis
                        {
                            Label = "rows read of a test image",
                            Low = points.Min(point => point.X),
                            High = points.Max(point => point.X),
                            HasPointsAtEnds = true,
                            Ticks = [.. points.Select(point => point.X).Distinct().Order().Select(value => new Tick(value, OptionAxis.Plain(value)))],
                        },
                        Y = ErrorAxis.Of(ErrorAxis.Label(cells), ErrorAxis.Ends(points)),
                        Series = series,
                    },
                ],
            ],
            Notes =
            [
                ErrorAxis.Seeds([.. measured.Select(cell => cell.Seeds.Count)]),
                .. cells.Select(cell => cell.Rows).Distinct().ToList() is [{ } trained] ? new[] { $"Trained on {trained.Replace("..", " to ", StringComparison.Ordinal)} rows." } : [],
                .. rows.Select(row => row.StatisticsSteps).OfType<int>().Distinct().ToList() is [var steps] && rows.Any(row => row.Rows > steps)
                    ? new[] { $"Statistics of each step are kept for {steps} steps; beyond, the last one's are used." } : [],
                .. DistributionShift.Notes(rows.Count(row => row.Error is null), rows.Count, kinds.Count > measured.Count),
            ],
        };
    }

    private static IReadOnlyList<FigurePoint> Points(CellMeasurement<SequenceLengthRow> cell, string statistics, double most) =>
    [
        .. cell.Seeds.SelectMany(rows => rows).Where(row => row.Statistics == statistics && row.Error is not null)
            .GroupBy(row => row.Rows, row => row.Error!.Value).OrderBy(length => length.Key)
            .Select(length => (length.Key, Error: Statistics.Estimate([.. length])))
            .Select(one => ErrorAxis.Point(one.Key, one.Error.Mean, one.Error.Low, one.Error.High, most)),
    ];
}
