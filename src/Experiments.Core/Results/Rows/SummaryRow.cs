using System.Diagnostics.CodeAnalysis;

namespace Experiments.Core.Results.Rows;

/// <summary>
/// One row of summary.csv: a cell of the grid over its seeds. The mean is taken over finished runs; diverged ones are counted beside
/// it, failed ones are to be run again. Errors are in percent of images misclassified.
/// </summary>
public sealed record SummaryRow : Cell
{
    /// <summary>An empty row, to be filled.</summary>
    public SummaryRow()
    {
    }

    /// <summary>A row for this cell.</summary>
    [SetsRequiredMembers]
    public SummaryRow(Cell cell)
        : base(cell)
    {
    }

    /// <inheritdoc cref="RunRow.ErrorMeasure"/>
    public string? ErrorMeasure { get; init; }

    /// <summary>Finished runs: those the mean is over.</summary>
    public required int N { get; init; }

    /// <summary>Mean of <see cref="RunRow.Error"/>.</summary>
    public double? Mean { get; init; }

    /// <summary>Sample standard deviation of <see cref="RunRow.Error"/>.</summary>
    public double? Sd { get; init; }

    /// <summary>Lower end of the mean's 95% interval (Student's t).</summary>
    public double? Ci95Low { get; init; }

    /// <summary>Upper end of the mean's 95% interval (Student's t).</summary>
    public double? Ci95High { get; init; }

    /// <summary>Runs whose loss stopped being finite.</summary>
    public required int NDiverged { get; init; }

    /// <summary>Runs that ended with an exception.</summary>
    public required int NFailed { get; init; }

    /// <summary>Mean of <see cref="RunRow.ErrorPopulation"/>.</summary>
    public double? MeanErrorPopulation { get; init; }

    /// <summary>Mean of <see cref="RunRow.ErrorBatch"/>.</summary>
    public double? MeanErrorBatch { get; init; }

    /// <summary>Mean of <see cref="RunRow.TrainError"/>.</summary>
    public double? MeanTrainError { get; init; }

    /// <summary>The cells of these runs, in the order in which they first appear.</summary>
    public static IReadOnlyList<SummaryRow> Of(IEnumerable<RunRow> runs) => [.. runs.GroupBy(run => run.ToCell()).Select(cell => Of(cell.Key, cell))];

    private static SummaryRow Of(Cell cell, IEnumerable<RunRow> runs)
    {
        var seeds = runs.OnePerSeed();
        var finished = seeds.Finished();
        var error = Statistics.Estimate([.. finished.Select(run => run.Error!.Value)]);
        return new SummaryRow(cell)
        {
            ErrorMeasure = finished is [var first, ..] ? first.ErrorMeasure : null,
            N = error.N,
            Mean = error.Mean,
            Sd = error.Sd,
            Ci95Low = error.Low,
            Ci95High = error.High,
            NDiverged = seeds.Count(run => run.Status == RunStatus.Diverged),
            NFailed = seeds.Count(run => run.Status == RunStatus.Failed),
            MeanErrorPopulation = finished.Average(run => run.ErrorPopulation),
            MeanErrorBatch = finished.Average(run => run.ErrorBatch),
            MeanTrainError = finished.Average(run => run.TrainError),
        };
    }
}

/// <summary>Selects the runs that count.</summary>
internal static class RunRows
{
    /// <summary>
    /// One run for each seed of a cell. If a seed was run again (with other threads, on another machine), a run that did not fail is preferred to
    /// one that did, and then the one that started last.
    /// </summary>
    public static IReadOnlyList<RunRow> OnePerSeed(this IEnumerable<RunRow> cell) =>
    [
        .. cell.GroupBy(run => run.Seed)
            .Select(seed => seed.OrderBy(run => run.Status == RunStatus.Failed).ThenByDescending(run => run.Started, StringComparer.Ordinal).First()),
    ];

    /// <summary>The runs that a mean is taken over.</summary>
    public static IReadOnlyList<RunRow> Finished(this IEnumerable<RunRow> runs) =>
        [.. runs.Where(run => run.Status == RunStatus.Finished && run.Error is { } error && double.IsFinite(error))];

    /// <summary>A value of the finished runs of a cell, by their seed; runs that lack the value are left out.</summary>
    public static Dictionary<long, double> BySeed(this IEnumerable<RunRow> cell, Func<RunRow, double?> value) =>
        cell.OnePerSeed().Finished().Where(run => value(run) is not null).ToDictionary(run => run.Seed, run => value(run)!.Value);
}
