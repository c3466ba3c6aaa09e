using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// How much of a norm's error at small batches is a matter of evaluation: its error with moving averages, with population statistics and with each
/// batch's own, beside the training error, against batch size. There is a panel for each norm over samples; the other norms have no such choice.
/// </summary>
internal static class ErrorByStatistics
{
    private static readonly IReadOnlyList<(string Label, Func<RunRow, double?> Of)> Kinds =
    [
        ("moving averages", run => run.ErrorMovingAverage ?? run.Error),
        ("population statistics", run => run.ErrorPopulation),
        ("statistics of the test batch", run => run.ErrorBatch),
        ("training error", run => run.TrainError),
    ];

    public static Figure Of(FigureSpec spec, IReadOnlyList<SummaryRow> cells, IReadOnlyList<RunRow> runs)
    {
        var seeds = runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell => cell.OnePerSeed().Finished());
        var norms = Series.AgainstBatch(cells).Where(one => one.Cells.Any(cell => seeds[cell.ToCell()].Any(Differs))).ToList();
        if (norms.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} needs runs of a norm over samples (bn, syncbn) that have finished; there are none whose statistics at evaluation differ.");
        var looks = Palette.Assign(Kinds.Select(kind => (kind.Label, "")));
        var lines = norms.Select(norm => (Norm: norm, Series: Kinds.Select((kind, index) => new PanelSeries
        {
            Label = kind.Label,
            Look = looks[kind.Label],
            Shape = SeriesShape.Line,
            Offset = index - ((Kinds.Count - 1) / 2.0),
            Points = [.. norm.Cells.OrderByDescending(cell => cell.Batch).Select(cell => Point(cell, seeds[cell.ToCell()], kind.Of))],
        }).ToList())).ToList();
        var drawn = lines.SelectMany(line => line.Series).SelectMany(series => series.Points).ToList();
        var shown = norms.SelectMany(one => one.Cells).ToList();
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = spec.SubtitleOf(cells),
            Rows = Figure.InRows(lines.Select(line => new Panel
            {
                Name = line.Norm.Label,
                Title = line.Norm.Label,
                X = OptionAxis.Batch.For(shown.Select(cell => (double)cell.Batch)),
                Y = ErrorAxis.Of("error (%)", ErrorAxis.Ends(drawn)),
                Series = line.Series,
                Crosses = ErrorAxis.Crosses(line.Norm.Cells.Select(cell => ((double)cell.Batch, cell, "", new Look(Palette.Grey, Marker.Circle, Dash.Solid)))),
            })),
            Notes =
            [
                .. ErrorAxis.Notes(shown, drawn),
                "Training error: of the last epoch, over its augmented batches as they were trained on.",
            ],
        };
    }

    private static bool Differs(RunRow run) => Kinds.Take(3).Select(kind => kind.Of(run)).OfType<double>().Distinct().Count() > 1;

    private static FigurePoint Point(SummaryRow cell, IReadOnlyList<RunRow> seeds, Func<RunRow, double?> value)
    {
        var estimate = Statistics.Estimate([.. seeds.Select(value).OfType<double>()]);
        return ErrorAxis.Point(cell.Batch, estimate.Mean, estimate.Low, estimate.High, ErrorAxis.Most(cell));
    }
}
