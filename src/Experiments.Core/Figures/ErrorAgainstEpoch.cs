using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// Training and test error against the epoch, side by side as in the paper's figures 4 and 5. A line a norm; where the norms also ran at
/// several batch sizes, a row of panels a norm and a line a batch size.
/// </summary>
internal static class ErrorAgainstEpoch
{
    // In a long run the first twentieth of the epochs, far above the rest, would flatten what is to be seen.
    private const int LeadIn = 20;

    // The bands of more lines than these lie over each other as mud, unless they are lighter.
    private const int Many = 5;

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
    {
        var byRun = data.Rows<EpochRow>();
        var seeds = data.Runs.GroupBy(run => run.Alone()).ToDictionary(cell => cell.Key, cell => cell.OnePerSeed().Finished());
        var finished = cells.Where(cell => seeds[cell.Alone()].Any(run => byRun[run.Run].Any())).ToList();
        if (finished.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs the epochs of a finished run; epochs.csv has none.");

        var norms = Series.Along(finished, [.. Series.BatchAxis]);
        var apart = norms.Count > 1 && norms.Any(norm => norm.Cells.Count > 1);
        IReadOnlyList<(string Title, IReadOnlyList<Series> Lines)> rows = apart
            ? [.. norms.Select(norm => (norm.Label, Lines(norm)))]
            : norms is [var only] && only.Cells.Count > 1 ? [(only.Label, Lines(only))]
            : [("", norms)];
        var styles = Palette.Assign(rows.SelectMany(row => row.Lines).Select(line => (line.Label, rows[0].Title.Length == 0 ? line.Norm : "")));
        var curves = rows.SelectMany((row, index) => row.Lines.Select((line, position) =>
        {
            var ended = line.Cells.SelectMany(cell => seeds[cell.Alone()]).Select(run => byRun[run.Run]).ToList();
            return new Curve(index, line.Label, $"row{index + 1}_{position + 1}", row.Title,
                Points(ended, epoch => epoch.TrainError), Points(ended, epoch => epoch.TestError));
        })).ToList();
        var shown = curves.SelectMany(curve => curve.Train.Concat(curve.Test)).ToList();
        var last = shown.Max(point => point.Epoch);
        var range = ErrorAxis.Range([.. shown.Where(point => point.Epoch > last / LeadIn).SelectMany(point => new[] { point.Low, point.High })]);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. styles.Select(style => new LegendEntry(style.Key, style.Value))],
            Data = [.. curves.SelectMany(curve => new[] { Block(curve, "train", curve.Train), Block(curve, "test", curve.Test) })],
            Panels =
            [
                .. rows.Select((row, index) => (IReadOnlyList<Panel>)
                [
                    Panel(row.Title, "training error (%)", "train", [.. curves.Where(curve => curve.Row == index)], curve => curve.Train),
                    Panel(row.Title, ErrorAxis.Label(cells), "test", [.. curves.Where(curve => curve.Row == index)], curve => curve.Test),
                ]),
            ],
            Notes = [.. Notes(finished)],
        };

        Panel Panel(string title, string label, string part, IReadOnlyList<Curve> lines, Func<Curve, IReadOnlyList<Point>> points)
        {
            var drawn = lines.Where(line => points(line).Count > 0).ToList();
            var shade = drawn.Count > Many ? " fs transparent solid 0.06 noborder" : "";
            var every = Math.Max(1, last / 8); // each line's markers at epochs of their own, where they do not hide each other
            return new Panel
            {
                Title = title,
                XLabel = "epoch",
                YLabel = label,
                Settings = [$"set xrange [0:{Number(last * 1.02)}]; set xtics {Step(last)}", range],
                Plots =
                [
                    .. drawn.Where(line => points(line).Any(point => point.High > point.Low))
                        .Select(line => $"${line.Block}_{part} using 1:3:4 with filledcurves lc rgb '{styles[line.Label].Colour}'{shade}"),
                    .. drawn.Select(line => $"${line.Block}_{part} using 1:2 with lines ls {styles[line.Label].Number}"),
                    .. drawn.Select((line, index) => $"${line.Block}_{part} using 1:2 every {every}::{index * every / drawn.Count} with points ls {styles[line.Label].Number}"),
                ],
            };
        }
    }

    /// <summary>A norm's cells as lines, labelled by what tells them apart: the batch size.</summary>
    private static IReadOnlyList<Series> Lines(Series norm) =>
    [
        .. norm.Cells.OrderByDescending(cell => cell.Batch).Select(cell => new Series($"batch {cell.Batch}", norm.Norm, [cell])),
    ];

    /// <summary>Mean, lowest and highest over the seeds that have the epoch.</summary>
    private static IReadOnlyList<Point> Points(IEnumerable<IEnumerable<EpochRow>> seeds, Func<EpochRow, double?> error) =>
    [
        .. seeds.SelectMany(epochs => epochs).Where(epoch => error(epoch) is not null)
            .GroupBy(epoch => epoch.Epoch, epoch => error(epoch)!.Value).OrderBy(epoch => epoch.Key)
            .Select(epoch => new Point(epoch.Key, epoch.Average(), epoch.Min(), epoch.Max())),
    ];

    private static DataBlock Block(Curve curve, string part, IReadOnlyList<Point> points) =>
        new($"{curve.Block}_{part}", string.Join(", ", new[] { curve.Norm, curve.Label, part }.Where(word => word.Length > 0)), "epoch  error  lowest  highest",
            [.. points.Select(point => $"{point.Epoch}  {Number(point.Mean)}  {Number(point.Low)}  {Number(point.High)}")]);

    /// <summary>Tics at whole epochs, five or so.</summary>
    private static int Step(int last) => new[] { 1, 2, 5, 10, 20, 50, 100, 200, 500 }.FirstOrDefault(step => last / step <= 6, 1000);

    private static IEnumerable<string> Notes(IReadOnlyList<SummaryRow> cells)
    {
        var (least, most) = (cells.Min(cell => cell.N), cells.Max(cell => cell.N));
        yield return most == 1 ? "One seed." : $"Lines: mean over {(least == most ? "" : $"{least} to ")}{most} seeds; bands: from the lowest to the highest.";
        if (cells.Sum(cell => cell.NDiverged) is > 0 and var diverged)
            yield return $"{diverged} diverged {(diverged == 1 ? "run is" : "runs are")} left out.";
    }

    private sealed record Point(int Epoch, double Mean, double Low, double High);

    private sealed record Curve(int Row, string Label, string Block, string Norm, IReadOnlyList<Point> Train, IReadOnlyList<Point> Test);
}
