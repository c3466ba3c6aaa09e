using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Tests.Results;

namespace Experiments.Figures.Tests;

/// <summary>A figure of every kind, with much on it: several norms, bars, bands, crosses, a reference, long labels.</summary>
internal static class FigureSample
{
    private static readonly Reference WuAndHe = new()
    {
        Source = "Wu & He 2018, table 2 (ImageNet, ResNet-50)",
        Error = new Dictionary<string, IReadOnlyDictionary<int, double>>
        {
            ["bn"] = new Dictionary<int, double> { [32] = 23.6, [16] = 23.7, [8] = 24.8, [4] = 27.3, [2] = 34.7 },
            ["gn"] = new Dictionary<int, double> { [32] = 24.1, [16] = 24.2, [8] = 24.0, [4] = 24.2, [2] = 24.1 },
        },
    };

    public static Figure Of(FigureKind kind) => FigureBuilder.Build(
        new FigureSpec { Kind = kind, Purpose = "What this sweep was made for, in some more words", References = [WuAndHe] }, Data());

    private static FigureData Data()
    {
        RunRow[] grid =
        [
            .. from norm in new[] { ("bn", null), ("gn", (int?)8), ("gn", 2), ("ln", null), ("batch-renorm", null) }
               from batch in new[] { 32, 16, 8, 4, 2 }
               from seed in new[] { 1, 2, 3 }
               select Sample.Run(norm.Item1, batch, seed, 12 + (seed * 0.4) + (norm.Item1 == "bn" ? 20.0 / batch : 2), norm.Item2) with
               {
                   ErrorMovingAverage = 14 + seed, ErrorPopulation = norm.Item1 == "bn" ? 12 + seed : 14 + seed, ErrorBatch = norm.Item1 == "bn" ? 13 + seed : 14 + seed,
               },
        ];
        grid = [.. grid.Select((run, index) => run is { Norm: "ln", Batch: 4 } or { Norm: "ln", Batch: 2, Seed: 1 } or { Norm: "batch-renorm", Batch: 2 } ? run.Diverged() : run)];
        RunRow[] rates = [.. from rate in new[] { 0.001, 0.01, 0.03, 0.3, 1, 3 } select Sample.Run() with { Run = $"rate-{rate}", Lr = rate, Seed = 1 }];
        RunRow[] scales = [.. from scale in new[] { 0.01, 0.1, 10, 100 } select Sample.Run() with { Run = $"scale-{scale}", InitScale = scale, Seed = 1 }];
        RunRow[] runs = [.. grid, .. rates, .. scales];
        var measured = grid.Where(run => run is { Batch: 32, Seed: 1 }).ToList();
        return new FigureData(runs)
            .With<EpochRow>([.. grid.SelectMany(run => Enumerable.Range(1, 30).Select(epoch => run.Epoch(epoch, 15 + run.Seed + (60.0 / epoch))))])
            .With<PercentileRow>([.. measured.SelectMany(run => new[] { run.Percentile(0), run.Percentile(100), run.Percentile(200) })])
            .With<HistogramRow>([.. measured.SelectMany(run => Enumerable.Range(0, 6).SelectMany(step => Enumerable.Range(-4, 9).Select(bin => run.Histogram(step * 100, bin * 0.5, Math.Exp(-bin * bin / 4.0) / 4))))])
            .With<LandscapeRow>([.. measured.SelectMany(run => Enumerable.Range(0, 20).SelectMany(step => new[] { run.Landscape(step * 10, 0.1, 2 + step), run.Landscape(step * 10, 0.2, 3 + (20 * step)) }))])
            .With<CovariateShiftRow>([.. measured.SelectMany(run => Enumerable.Range(0, 20).SelectMany(step => new[] { run.CovariateShift(step * 10, "conv1", 0.5 / (step + 1)), run.CovariateShift(step * 10, "conv2", 0.4) }))])
            .With<SequenceLengthRow>([.. measured.SelectMany(run => new[] { "moving_average", "batch" }.SelectMany(statistics => Enumerable.Range(2, 13)
                .Select(half => run.SequenceLength(2 * half, 80 - (4 * half) + (run.Norm == "bn" && statistics == "moving_average" ? Math.Max(0, half - 10) * 10 : 0), statistics, run.Norm == "bn" ? 20 : null))))])
            .With<DistributionShiftRow>([.. measured.SelectMany(run => new[] { "moving_average", "population", "batch" }.SelectMany(statistics => new[] { "brightness", "contrast", "noise", "blur" }
                .SelectMany(shift => Enumerable.Range(0, 6).Select(strength => run.DistributionShift(strength == 0 ? "none" : shift, strength, 12 + (3 * strength) + (run.Norm == "bn" ? statistics.Length / 10.0 : 0), statistics)))))]);
    }
}
