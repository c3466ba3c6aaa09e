using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Tests.Data;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Training;

public sealed class TrainingLoopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dataset _dataset;

    public TrainingLoopTests()
    {
        SmallSets.WriteCifar(_folder.Path);
        _dataset = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
    }

    public void Dispose()
    {
        _dataset.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_epoch_shows_every_image_once_but_for_an_incomplete_last_batch()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 6, Workers = 2, Epochs = 2 });
        var epochs = loop.Run(null, default).ToList();
        Assert.Equal(3, loop.StepsPerEpoch);
        Assert.Equal(6, engine.Steps.Count);
        Assert.All(engine.Steps, step => Assert.Equal(12, step.Images));
        Assert.Equal([36, 36], epochs.Select(epoch => epoch.Train.Images));
        Assert.Equal([12, 12], epochs.Select(epoch => epoch.Test!.Value.Images));
    }

    [Fact]
    public void Loss_and_error_are_those_of_the_scores()
    {
        var (loop, _) = Loop(new RunSettings { Batch = 4, Epochs = 1 });
        var epoch = Assert.Single(loop.Run(null, default));
        Assert.Equal(25, epoch.Train.ErrorPercent);

        // Three of four images have 5 on their label and 0 on the three others, the fourth has 0 on its label.
        var right = Math.Log(Math.Exp(5) + 3) - 5;
        Assert.Equal(((3 * right) + right + 5) / 4, epoch.Train.MeanLoss, 1e-12);
    }

    [Fact]
    public void The_engine_is_given_the_scaled_learning_rate_step_by_step()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 8, Epochs = 10, Lr = 0.2 });
        _ = loop.Run(null, default).ToList();
        var rates = engine.Steps.Chunk(5).Select(epoch => Assert.Single(epoch.Select(step => step.LearningRate).Distinct())).ToList();
        Assert.Equal(0.2 * 8 / 32, rates[0], 1e-15);

        // a tenth after 3, 6 and 9 of 10 epochs
        Assert.Equal([1, 1, 1, 10, 10, 10, 100, 100, 100, 1000], rates.Select(rate => (int)Math.Round(rates[0] / rate)));
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_training_in_its_epoch()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 8, Epochs = 4 }, notANumberAtStep: 7);
        var epochs = loop.Run(null, default).ToList();
        Assert.Equal([false, true], epochs.Select(epoch => epoch.Diverged));
        Assert.Equal(7, engine.Steps.Count);
        Assert.DoesNotContain(engine.Evaluations.Skip(1), evaluation => evaluation.Statistics == NormStatistics.Population);
    }

    [Fact]
    public void Population_and_batch_statistics_are_evaluated_only_in_the_epochs_of_the_headline()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 8, Epochs = 3 });
        var epochs = loop.Run(null, default).ToList();
        Assert.Equal([false, false, true], epochs.Select(epoch => epoch.TestPopulation is not null));
        Assert.Equal([false, false, true], epochs.Select(epoch => epoch.TestBatch is not null));
        Assert.Equal(40, engine.Population);

        // the batch's own statistics, in batches of the training size
        Assert.Equal([8, 4], engine.Evaluations.Where(e => e.Statistics == NormStatistics.Batch).Select(e => e.Images));
    }

    [Fact]
    public void Shifts_of_the_test_images_share_one_population_of_images_as_they_are()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 8, Epochs = 1 });
        var scores = loop.Evaluate(NormStatistics.Population, 1, [Alteration.None, .. Alteration.AllOf(AlterationKind.Noise)], default).ToList();
        Assert.Equal([12, 12, 12, 12, 12, 12], scores.Select(score => score.Images));
        Assert.Equal((1, 40), (engine.Populations, engine.Population));
        Assert.Equal(6, engine.SecondPixels.Distinct().Count());
        Assert.Equal(scores[0], loop.Evaluate(NormStatistics.Population, 1, default));
    }

    [Theory]
    [InlineData("bn", 4)]
    [InlineData("syncbn", 12)]
    public void Evaluation_by_a_batchs_own_statistics_pools_as_many_images_as_training(string norm, int images)
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 4, Workers = 3, Epochs = 1, Norm = new(norm) });
        _ = loop.Run(null, default).ToList();
        Assert.Equal(images, engine.Evaluations.First(e => e.Statistics == NormStatistics.Batch).Images);
        Assert.Equal(40 / images * images, engine.Population);
    }

    [Fact]
    public void A_last_test_batch_that_leaves_BN_a_single_value_is_left_out()
    {
        // The last map is 1x1: with twelve images in batches of eleven, the twelfth would be alone and equal to its mean.
        var (loop, engine) = Loop(new RunSettings { Batch = 11, Epochs = 1 });
        Assert.Equal(11, loop.Evaluate(NormStatistics.Batch, 1, default).Images);
        Assert.Equal((NormStatistics.Batch, 11), Assert.Single(engine.Evaluations));
        Assert.Equal(12, loop.Evaluate(NormStatistics.MovingAverage, 1, default).Images);

        // Over two images there is a statistic, if a poor one.
        (loop, _) = Loop(new RunSettings { Batch = 10, Epochs = 1 });
        Assert.Equal(12, loop.Evaluate(NormStatistics.Batch, 1, default).Images);
    }

    [Fact]
    public void A_norm_within_an_image_is_evaluated_once_for_all_three_kinds()
    {
        var (loop, engine) = Loop(new RunSettings { Batch = 8, Epochs = 1, Norm = new("gn") });
        var epoch = Assert.Single(loop.Run(null, default));
        Assert.Equal(epoch.Test, epoch.TestPopulation);
        Assert.Equal(epoch.Test, epoch.TestBatch);
        Assert.Single(engine.Evaluations);
    }

    [Fact]
    public void The_same_seed_shows_the_same_images_and_another_seed_others()
    {
        List<float> Pixels(long seed)
        {
            var (loop, engine) = Loop(new RunSettings { Batch = 4, Epochs = 2, Seed = seed });
            _ = loop.Run(null, default).ToList();
            return [.. engine.Steps.Select(step => step.Pixel)];
        }

        Assert.Equal(Pixels(1), Pixels(1));
        Assert.NotEqual(Pixels(1), Pixels(2));
    }

    [Fact]
    public void Cancelling_ends_it_after_the_step_under_way()
    {
        using var stop = new CancellationTokenSource();
        var steps = 0;
        var (loop, engine) = Loop(new RunSettings { Batch = 4, Epochs = 2 }, atEachStep: () =>
        {
            if (++steps == 3)
                stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => loop.Run(null, stop.Token).ToList());
        Assert.Equal(3, engine.Steps.Count);
    }

    [Theory]
    [InlineData(49, 1, "last")]
    [InlineData(50, 5, "median-of-last-5")]
    public void The_headline_is_the_papers_median_from_50_epochs_on(int epochs, int count, string name)
    {
        Assert.Equal(count, ReportedError.Epochs(epochs));
        Assert.Equal(name, ReportedError.Name(epochs));
    }

    [Fact]
    public void Warm_up_rises_to_the_rate_and_a_cosine_falls_to_nought()
    {
        var settings = new RunSettings { Batch = 32, Lr = 0.4, Warmup = 2, Epochs = 10, Schedule = Schedule.Cosine };
        Assert.Equal(0.05, LearningRate.At(settings, 0, 0, 4), 1e-12);
        Assert.Equal(0.4, LearningRate.At(settings, 1, 3, 4), 1e-12);
        Assert.Equal(0.2, LearningRate.At(settings, 5, 0, 4), 1e-12);
        Assert.InRange(LearningRate.At(settings, 9, 3, 4), 0, 0.001);
    }

    [Theory]
    [InlineData(100, 30, 60, 90)]
    [InlineData(10, 3, 6, 9)]
    [InlineData(4, 2, 3, 4)]
    public void Steps_of_the_schedule_are_rounded_up(int epochs, params int[] drops)
    {
        var settings = new RunSettings { Epochs = epochs };
        foreach (var drop in drops.Where(drop => drop < epochs))
            Assert.Equal(0.1, LearningRate.At(settings, drop, 0, 1) / LearningRate.At(settings, drop - 1, 0, 1), 1e-12);
    }

    [Fact]
    public void Without_scaling_the_learning_rate_is_the_one_given() =>
        Assert.Equal(0.1, new RunSettings { Batch = 2, LrScaling = LearningRateScaling.None }.ScaledLearningRate);

    [Fact]
    public void An_optimizer_has_its_own_rate_and_scales_it_in_its_own_way()
    {
        var adamw = new RunSettings { Optimizer = OptimizerKind.Adamw, Batch = 2 };
        Assert.Equal(0.001 / 4, adamw.ScaledLearningRate, 1e-12);
        Assert.Equal(0.001 / 16, (adamw with { LrScaling = LearningRateScaling.Linear }).ScaledLearningRate, 1e-12);
        Assert.Equal(0.1 / 16, new RunSettings { Batch = 2 }.ScaledLearningRate, 1e-12);
    }

    private (TrainingLoop Loop, RecordingEngine Engine) Loop(RunSettings settings, int? notANumberAtStep = null, Action? atEachStep = null)
    {
        var network = ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, _dataset.Shape, _dataset.Classes, NormCatalog.Create(settings.Norm));
        var engine = new RecordingEngine(network) { NotANumberAtStep = notANumberAtStep, AtEachStep = atEachStep };
        var source = new BatchSource(_dataset, new BatchOptions { Seed = (ulong)settings.Seed, Layout = engine.Layout });
        return (new TrainingLoop(settings, source, engine, network), engine);
    }
}
