using Experiments.Core.Results.Rows;

namespace Experiments.Core.Tests.Results;

/// <summary>Rows of runs that never were, for tests.</summary>
internal static class Sample
{
    public static RunRow Run(string norm = "bn", int batch = 32, long seed = 1, double? error = 13.6, int? groups = null, int? channelsPerGroup = null) => new()
    {
        Run = $"{norm}{groups}{channelsPerGroup}-{batch}-{seed}",
        Experiment = "figure-1",
        Status = RunStatus.Finished,
        Dataset = "cifar10",
        Model = "resnet20",
        Width = 16,
        Shortcut = "identity",
        Norm = norm,
        Groups = groups,
        ChannelsPerGroup = channelsPerGroup,
        Batch = batch,
        Workers = 1,
        Epochs = 100,
        Seed = seed,
        Lr = 0.1,
        LrScaling = "linear",
        LearningRate = 0.1 * batch / 32,
        Schedule = "step",
        Warmup = 0,
        Momentum = 0.9,
        WeightDecay = 1e-4,
        DecayOn = "all",
        Augmentation = "crop-flip",
        Validation = 0,
        Engine = "torch",
        EngineVersion = "libtorch 1.13.1",
        ImagesChecksum = "0123456789abcdef",
        Device = "cpu",
        Precision = "fp32",
        Threads = 1,
        Error = error,
        ErrorMeasure = "median-of-last-5",
        TrainError = error / 2,
        Parameters = 269_722,
        Host = "here",
        Cpu = "a processor, of some kind",
        Version = "0.1.0",
        Started = "2026-01-02T03:04:05Z",
    };

    public static RunRow Diverged(this RunRow run) =>
        run with { Status = RunStatus.Diverged, Error = null, ErrorMeasure = null, TrainError = null, DivergedEpoch = 2 };

    public static RunRow Failed(this RunRow run) => run with { Status = RunStatus.Failed, Error = null, ErrorMeasure = null, TrainError = null };

    public static OfRun<EpochRow> Epoch(this RunRow run, int epoch, double testError) => Of(run, new EpochRow
    {
        Epoch = epoch,
        LearningRate = run.LearningRate,
        TrainLoss = 0.5,
        TrainError = testError / 2,
        TestLoss = 0.7,
        TestError = testError,
        Seconds = 10 * epoch,
        ImagesPerSecond = 1234.5,
    });

    public static OfRun<PercentileRow> Percentile(this RunRow run, long step, string layer = "norm1") => Of(run, new PercentileRow
    {
        Step = step,
        Epoch = step / 100.0,
        Layer = layer,
        P1 = -2.3,
        P20 = -0.8,
        P80 = 0.8,
        P99 = 2.3 + (0.1 * run.Seed),
    });

    public static OfRun<HistogramRow> Histogram(this RunRow run, long step, double low, double fraction, string layer = "norm1") => Of(run, new HistogramRow
    {
        Step = step,
        Epoch = step / 100.0,
        Layer = layer,
        BinLow = low,
        BinHigh = low + 0.5,
        Fraction = fraction,
    });

    public static OfRun<LandscapeRow> Landscape(this RunRow run, long step, double stepSize, double loss) => Of(run, new LandscapeRow
    {
        Step = step,
        Epoch = step / 100.0,
        StepSize = stepSize,
        Loss = loss,
        GradientDistance = stepSize == 0 ? null : 10 * stepSize,
        Smoothness = stepSize == 0 ? null : loss / stepSize,
    });

    public static OfRun<CovariateShiftRow> CovariateShift(this RunRow run, long step, string layer, double relative) => Of(run, new CovariateShiftRow
    {
        Step = step,
        Epoch = step / 100.0,
        Layer = layer,
        Distance = 3 * relative,
        RelativeDistance = relative,
        Cosine = 1 - relative,
    });

    public static OfRun<DistributionShiftRow> DistributionShift(this RunRow run, string shift, int strength, double? error, string statistics = "moving_average") => Of(run, new DistributionShiftRow
    {
        Shift = shift,
        Strength = strength,
        Statistics = statistics,
        Error = error,
        Loss = error / 10,
    });

    public static OfRun<SequenceLengthRow> SequenceLength(this RunRow run, int rows, double? error, string statistics = "moving_average", int? steps = null) => Of(run, new SequenceLengthRow
    {
        Rows = rows,
        StatisticsSteps = steps,
        Statistics = statistics,
        Error = error,
        Loss = error / 10,
    });

    public static RunKey Key(this RunRow run) =>
        new() { Run = run.Run, Norm = run.Norm, Groups = run.Groups, ChannelsPerGroup = run.ChannelsPerGroup, Batch = run.Batch, Seed = run.Seed };

    private static OfRun<T> Of<T>(RunRow run, T row)
        where T : class, IRunFile => new() { Key = run.Key(), Row = row };

    /// <summary>The sweep of figure 1 in small: BN that falls at batch 2, where one seed diverges, and GN that does not; three seeds.</summary>
    public static IReadOnlyList<RunRow> Figure1()
    {
        (int Batch, double Bn, double Gn)[] published = [(32, 13.6, 14.1), (16, 13.6, 14.3), (8, 13.9, 14.2), (4, 15.2, 14.0), (2, 19.7, 14.2)];
        return
        [
            .. from point in published
               from seed in Enumerable.Range(1, 3)
               let bn = Run("bn", point.Batch, seed, point.Bn + (0.1 * seed)) with { ErrorPopulation = 13.5 + (0.1 * seed) }
               select point.Batch == 2 && seed == 3 ? (bn with { ErrorPopulation = null }).Diverged() : bn,
            .. from point in published
               from seed in Enumerable.Range(1, 3)
               select Run("gn", point.Batch, seed, point.Gn - (0.2 * seed), groups: 8),
        ];
    }
}
