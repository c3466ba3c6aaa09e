using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// The error of every point of the grid with its interval, a row each in the grid's order (the paper's table 1 as a picture). Cells that differ
/// only in batch size share a row, with a look for each batch size.
/// </summary>
internal static class ErrorByNorm
{
    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells)
    {
        var rows = Series.AgainstBatch(cells);
        var batches = cells.Select(cell => cell.Batch).Distinct().OrderDescending().ToList();
        var several = batches.Count > 1;
        var looks = several
            ? Palette.Scale([.. batches.Select(Name)])
            : Palette.Assign(rows.Select(row => (row.Norm, row.Norm)));
        var points = rows.SelectMany((row, index) => row.Cells.Select(cell => (
            Group: several ? Name(cell.Batch) : row.Norm, Cell: cell, Point: ErrorAxis.Point(index + 1, cell)))).ToList();
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = several ? spec.SubtitleOf(cells) : $"{spec.SubtitleOf(cells)}, {Name(batches[0])}",
            HasLegend = several,
            Rows =
            [
                [
                    new Panel
                    {
                        Name = "",
                        IsSideways = true,
                        X = ErrorAxis.Of(ErrorAxis.Label(cells), ErrorAxis.Ends([.. points.Select(point => point.Point)])),
                        Y = new Axis
                        {
                            Label = "",
                            Low = 0.5,
                            High = rows.Count + 0.5,
                            IsFalling = true,
                            Ticks = [.. rows.Select((row, index) => new Tick(index + 1, row.Label))],
                        },
                        Series =
                        [
                            .. points.GroupBy(point => point.Group).Select(group => new PanelSeries
                            {
                                Label = several ? group.Key : NormLabel.Of(group.Key),
                                Look = looks[group.Key],
                                Shape = SeriesShape.Markers,
                                Offset = several ? batches.IndexOf(group.First().Cell.Batch) - ((batches.Count - 1) / 2.0) : 0,
                                Points = [.. group.Select(point => point.Point)],
                            }),
                        ],
                        Crosses =
                        [
                            .. points.Where(point => point.Cell.NDiverged > 0).Select(point => new Cross(several ? point.Group : NormLabel.Of(point.Group), point.Point.X, looks[point.Group].Colour,
                                point.Cell.NDiverged, point.Cell.NDiverged + point.Cell.N, several ? batches.IndexOf(point.Cell.Batch) : 0)),
                        ],
                    },
                ],
            ],
            Notes = [.. ErrorAxis.Notes(cells, [.. points.Select(point => point.Point)])],
        };
    }

    private static string Name(int batch) => $"batch {batch}";
}
