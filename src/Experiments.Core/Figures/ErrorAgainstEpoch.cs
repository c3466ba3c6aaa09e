using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// Training and test error against the epoch, side by side as in the paper's figures 4 and 5. There is a line for each norm; if the norms also ran
/// at several batch sizes, there is a row of panels for each norm and a line for each batch size.
/// </summary>
internal static class ErrorAgainstEpoch
{
    // The y axis does not cover the first twentieth of the epochs: in a long run they lie far above the rest and would flatten it.
    private const int LeadIn = 20;

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var byRun = data.Rows<EpochRow>();
        var seeds = data.Runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell => cell.OnePerSeed().Finished());
        var finished = cells.Where(cell => seeds[cell.ToCell()].Any(run => byRun[run.Run].Any())).ToList();
        if (finished.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs the epochs of a finished run; epochs.csv has none.");

        var norms = Series.Along(finished, [.. Series.BatchAxis]);
        var apart = norms.Count > 1 && norms.Any(norm => norm.Cells.Count > 1);
        IReadOnlyList<(string Title, IReadOnlyList<Series> Lines)> rows = apart
            ? [.. norms.Select(norm => (norm.Label, Lines(norm)))]
            : norms is [var only] && only.Cells.Count > 1 ? [(only.Label, Lines(only))]
            : [("", norms)];
        var looks = rows[0].Title.Length == 0 ? Palette.Assign(norms.Select(norm => (norm.Label, norm.Norm)))
            : Palette.Scale([.. finished.Select(cell => cell.Batch).Distinct().OrderDescending().Select(Name)]);
        var curves = rows.SelectMany((row, index) => row.Lines.Select(line =>
        {
            var ended = line.Cells.SelectMany(cell => seeds[cell.ToCell()]).Select(run => byRun[run.Run].ToList()).Where(epochs => epochs.Count > 0).ToList();
            return new Curve(index, line.Label, ended.Count, Points(ended, epoch => epoch.TrainError), Points(ended, epoch => epoch.TestError));
        })).ToList();
        var shown = curves.SelectMany(curve => curve.Train.Concat(curve.Test)).ToList();
        var (first, last) = (shown.Min(point => point.X), shown.Max(point => point.X));
        var ends = ErrorAxis.Ends([.. shown.Where(point => point.X > last / LeadIn).SelectMany(point => new[] { point.Y, point.Low, point.High }).Where(double.IsFinite)], 0, 100);
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows =
            [
                .. rows.Select((row, index) => (IReadOnlyList<Panel>)
                [
                    Panel(row.Title, "training error (%)", [.. curves.Where(curve => curve.Row == index)], curve => curve.Train),
                    Panel(row.Title, ErrorAxis.Label(cells), [.. curves.Where(curve => curve.Row == index)], curve => curve.Test),
                ]),
            ],
            Notes = [.. Notes(finished, [.. curves.Select(curve => curve.Seeds)])],
        };

        Panel Panel(string title, string label, IReadOnlyList<Curve> lines, Func<Curve, IReadOnlyList<FigurePoint>> points) => new()
        {
            Name = string.Join(", ", new[] { title, label.Replace(" (%)", "", StringComparison.Ordinal) }.Where(word => word.Length > 0)),
            Title = title,
            X = new Axis { Label = "epoch", Low = first == last ? first - 1 : first, High = last, HasPointsAtEnds = true, IsWhole = true },
            Y = ErrorAxis.Of(label, ends),
            Series = [.. lines.Select(line => new PanelSeries { Label = line.Label, Look = looks[line.Label], Shape = SeriesShape.LineInBand, Points = points(line) })],
        };
    }

    /// <summary>A norm's cells as lines, labelled by what tells them apart: the batch size.</summary>
    private static IReadOnlyList<Series> Lines(Series norm) =>
        [.. norm.Cells.OrderByDescending(cell => cell.Batch).Select(cell => new Series(Name(cell.Batch), norm.Norm, [cell]))];

    private static string Name(int batch) => $"batch {batch}";

    /// <summary>For each epoch, the mean over the seeds that have it and, if there are several seeds, the lowest and highest value.</summary>
    private static IReadOnlyList<FigurePoint> Points(List<List<EpochRow>> seeds, Func<EpochRow, double?> error) =>
    [
        .. seeds.SelectMany(epochs => epochs).Where(epoch => error(epoch) is not null)
            .GroupBy(epoch => epoch.Epoch, epoch => error(epoch)!.Value).OrderBy(epoch => epoch.Key)
            .Select(epoch => seeds.Count > 1 ? new FigurePoint(epoch.Key, epoch.Average(), epoch.Min(), epoch.Max()) : new FigurePoint(epoch.Key, epoch.Average())),
    ];

    private static IEnumerable<string> Notes(List<SummaryRow> cells, List<int> seeds)
    {
        var (least, most) = (seeds.Min(), seeds.Max());
        yield return most == 1 ? "One seed, so there are no bands." : $"Lines: mean over {(least == most ? "" : $"{least} to ")}{most} seeds; bands: from the lowest to the highest.";
        if (cells.Sum(cell => cell.NDiverged) is > 0 and var diverged)
            yield return $"{diverged} diverged {(diverged == 1 ? "run is" : "runs are")} left out.";
    }

    private sealed record Curve(int Row, string Label, int Seeds, IReadOnlyList<FigurePoint> Train, IReadOnlyList<FigurePoint> Test);
}
