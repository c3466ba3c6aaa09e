using Experiments.Core.Training;
using Experiments.Core.Training.Timing;

namespace Experiments.Core.Tests.Training.Timing;

public sealed class TrainingEstimateTests
{
    // Each kind of work takes a time that shows in another digit of the sum.
    private static readonly TrainingEstimate Estimate = new()
    {
        Epochs = 4,
        StepsPerEpoch = 10,
        TrainImages = 80,
        TestImages = 5,
        PopulationImages = 0,
        MeasurePoints = 0,
        Alterations = 0,
        OnceSeconds = 0.25,
        EpochEndSeconds = 0.125,
        StepSeconds = 1,
        TestImageSeconds = 100,
        BatchTestImageSeconds = 10_000,
        PopulationImageSeconds = 1_000_000,
        MeasurePointSeconds = 7,
        AlterationSeconds = 0.5,
        TimedSteps = 1,
        MemoryMib = null,
        Library = "none",
    };

    [Fact]
    public void A_norm_within_an_image_is_evaluated_once_an_epoch() =>
        Assert.Equal(new TrainingTime(0.25, 40, 4 * 5 * 100, 0, 4 * 0.125), Estimate.Left(null));

    [Theory]
    [InlineData(4, 1)]
    [InlineData(49, 1)]
    [InlineData(50, 5)]
    public void The_epochs_of_the_headline_are_evaluated_by_population_and_batch_statistics_too(int epochs, int headline)
    {
        var time = (Estimate with { Epochs = epochs, PopulationImages = 3 }).Left(null);
        Assert.Equal((epochs * 5 * 100.0) + (headline * ((3 * 1_000_000.0) + (5 * 100) + (5 * 10_000))), time.Evaluations);
        Assert.Equal(epochs * 10, time.Steps);
    }

    [Fact]
    public void Shifted_images_are_scored_by_all_kinds_of_statistics_on_one_population()
    {
        var shifted = Estimate with { Alterations = 21, PopulationImages = 3 };
        Assert.Equal((21 * 5 * 100.5) + (3 * 1_000_000.0) + (21 * 5 * (100.5 + 10_000.5)), shifted.Left(null).Measurements, 1e-6);
        Assert.Equal(21 * 5 * 100.5, (shifted with { PopulationImages = 0 }).Left(null).Measurements, 1e-6);
    }

    [Fact]
    public void Of_a_half_done_run_only_what_is_left_counts()
    {
        // two epochs and six steps of the third are done; of 40 steps, 0, 13, 26 and 39 are measured
        var epoch = new EpochResult(1, 0.1, default, default(Score), null, null, 0, 0);
        var position = new TrainingPosition([epoch, epoch], 6, default, 0, 0);
        var time = (Estimate with { MeasurePoints = 4 }).Left(position);
        Assert.Equal(new TrainingTime(0.25, 14, 2 * 5 * 100, 2 * 7, 2 * 0.125), time);
        Assert.Equal(4 * 7, (Estimate with { MeasurePoints = 4 }).Left(null).Measurements);
    }

    [Fact]
    public void After_the_last_epoch_only_the_shifts_are_left()
    {
        var epoch = new EpochResult(1, 0.1, default, default(Score), null, null, 0, 0);
        var time = (Estimate with { Alterations = 21, PopulationImages = 3 }).Left(new TrainingPosition([epoch, epoch, epoch, epoch], 0, default, 0, 0));
        Assert.Equal((0, 0), (time.Steps, time.Evaluations));
        Assert.True(time.Measurements > 0);
    }
}
