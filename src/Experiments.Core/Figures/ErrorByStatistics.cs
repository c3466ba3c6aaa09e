using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// How much of a norm's error at small batches is a matter of evaluation: its error with moving averages, with population statistics and
/// with each batch's own, beside the training error, against batch size. A panel a norm over samples; the others have no such choice.
/// </summary>
internal static class ErrorByStatistics
{
    private static readonly IReadOnlyList<(string Label, string Name, Func<RunRow, double?> Of)> Kinds =
    [
        ("moving averages", "moving", run => run.ErrorMovingAverage ?? run.Error),
        ("population statistics", "population", run => run.ErrorPopulation),
        ("statistics of the test batch", "batch", run => run.ErrorBatch),
        ("training error", "training", run => run.TrainError),
    ];

    public static Drawing Draw(FigureSpec spec, IReadOnlyList<SummaryRow> cells, IReadOnlyList<RunRow> runs)
    {
        var seeds = runs.GroupBy(run => run.Alone()).ToDictionary(cell => cell.Key, cell => cell.OnePerSeed().Finished());
        var series = Series.AgainstBatch(cells).Where(one => one.Cells.Any(cell => seeds[cell.Alone()].Any(Differs))).ToList();
        if (series.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs runs of a norm over samples (bn, syncbn) that have finished; there are none whose statistics at evaluation differ.");
        var styles = Palette.Assign(Kinds.Select(kind => (kind.Label, "")));
        var lines = series.SelectMany((one, panel) => Kinds.Select((kind, index) => new Line(panel, styles[kind.Label], $"{kind.Name}{panel + 1}",
            $"{one.Label}, {kind.Label}", [.. one.Cells.OrderByDescending(cell => cell.Batch).Select(cell => Of(cell, seeds[cell.Alone()], kind.Of))], index)))
            .ToList();
        var drawn = lines.SelectMany(line => line.Cells).ToList();
        var batches = drawn.Select(cell => (double)cell.Batch).ToList();
        var rows = series.Max(one => ErrorAxis.MarkRows(Marks(one)));
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = spec.Subtitle ?? Series.InCommon(cells),
            Legend = [.. styles.Select(style => new LegendEntry(style.Key, style.Value))],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, line.Label, $"batch  {ErrorAxis.CellColumns}", [.. line.Cells.Select(cell => ErrorAxis.Row(cell.Batch, cell))])),
            ],
            Panels = Rows(series.Select((one, panel) => new Panel
            {
                Title = one.Label,
                XLabel = OptionAxis.Batch.Label,
                YLabel = "error (%)",
                Settings = [.. OptionAxis.Batch.Settings(batches), ErrorAxis.Range(drawn, [], rows), .. ErrorAxis.Marks(Marks(one))],
                Plots =
                [
                    .. lines.Where(line => line.Panel == panel)
                        .SelectMany(line => ErrorAxis.Line(line.Block, line.Style, OptionAxis.Batch.Shift(batches, line.Index, Kinds.Count))),
                ],
            })),
            Notes =
            [
                .. ErrorAxis.Notes([.. series.SelectMany(one => one.Cells)], []),
                "Training error: of the last epoch, over its augmented batches as they were trained on.",
            ],
        };

        List<(double X, SummaryRow Cell, LineStyle Style)> Marks(Series one) =>
            [.. one.Cells.Select(cell => ((double)cell.Batch, cell, new LineStyle(0, "#444444", 2)))];
    }

    private static bool Differs(RunRow run) => Kinds.Take(3).Select(kind => kind.Of(run)).OfType<double>().Distinct().Count() > 1;

    private static SummaryRow Of(SummaryRow cell, IReadOnlyList<RunRow> seeds, Func<RunRow, double?> value)
    {
        var estimate = Statistics.Estimate([.. seeds.Select(value).OfType<double>()]);
        return cell with { N = estimate.N, Mean = estimate.Mean, Sd = estimate.Sd, Ci95Low = estimate.Low, Ci95High = estimate.High };
    }

    private sealed record Line(int Panel, LineStyle Style, string Block, string Label, IReadOnlyList<SummaryRow> Cells, int Index);
}
