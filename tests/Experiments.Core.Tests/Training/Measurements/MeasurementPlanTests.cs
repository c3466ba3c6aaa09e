using System.Text.Json;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;
using Experiments.Core.Tests.Data;
using Experiments.Core.Training;
using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Tests.Training.Measurements;

public sealed class MeasurementPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dataset _dataset;

    public MeasurementPlanTests()
    {
        SmallSets.WriteCifar(_folder.Path);
        _dataset = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
    }

    public void Dispose()
    {
        _dataset.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(10, 4, new long[] { 0, 3, 6, 9 })]
    [InlineData(11, 4, new long[] { 0, 3, 6, 10 })]
    [InlineData(3, 20, new long[] { 0, 1, 2 })]
    [InlineData(10, 2, new long[] { 0, 9 })]
    [InlineData(10, 1, new long[] { 0 })]
    [InlineData(1, 5, new long[] { 0 })]
    [InlineData(4_000_000_001, 3, new long[] { 0, 2_000_000_000, 4_000_000_000 })]
    public void Measured_steps_lie_evenly_from_the_first_to_the_last(long steps, int points, long[] expected) =>
        Assert.Equal(expected, MeasurementPlan.Spread(steps, points).Order());

    [Fact]
    public void A_training_is_measured_right_before_and_right_after_these_steps()
    {
        // 40 images: 5 steps an epoch
        var settings = new RunSettings { Batch = 8, Epochs = 2, MeasurePoints = 4 };
        var network = Network(settings);
        var engine = new RecordingEngine(network);
        var look = new RecordingMeasurement(engine);
        var loop = new TrainingLoop(settings, Source(settings, engine), engine, network)
        {
            Observer = new MeasurementPlan(MeasurementPlan.Spread(10, 4), 5, [look]),
        };
        _ = loop.Run(null, default).ToList();
        Assert.Equal([0.0, 0.6, 1.2, 1.8], look.Before.Select(before => before.At.Epoch), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 3, 6, 9], look.Before.Select(before => before.Steps));
        Assert.Equal([1, 4, 7, 10], look.After.Select(after => after.Steps));
        Assert.Equal(look.Before.Select(before => before.At), look.After.Select(after => after.At));
        Assert.All(look.After, after => Assert.Equal(engine.Steps[after.Steps - 1], (8, after.At.Step.LearningRate, after.Pixel)));
    }

    [Theory]
    [InlineData("gn", 6, 1, 6, 6)] // all 40 images, but for the rest of the last batch
    [InlineData("bn", 16, 2, 16, 2)]
    [InlineData("syncbn", 8, 2, 16, 2)]
    [InlineData("ln", 40, 1, 40, 1)]
    public void Fixed_images_are_looked_at_in_whole_batches_that_share_a_statistic_as_in_training(string norm, int batch, int workers, int images, int batches)
    {
        var settings = new RunSettings { Batch = batch, Workers = workers, Epochs = 1, Norm = new(norm), Measure = MeasurementKinds.Percentiles | MeasurementKinds.Histograms, MeasureLayer = "norm2" };
        var network = Network(settings);
        var engine = new RecordingEngine(network);
        var plan = MeasurementPlan.Create(settings, Source(settings, engine), engine, network);
        plan.BeforeStep(new StepSettings(0.1), new ImageBatch(_dataset.Shape, 0, engine.Layout), default);
        Assert.Equal(Enumerable.Repeat((images, "norm2", SlotSide.Input), batches).Concat(Enumerable.Repeat((images, "norm2", SlotSide.Output), batches)), engine.Observations);
    }

    [Theory]
    [InlineData("bn", 3)]
    [InlineData("gn", 1)]
    public void Shifted_images_are_scored_with_every_kind_of_statistics_that_the_norm_has(string norm, int kinds)
    {
        var settings = new RunSettings { Batch = 8, Epochs = 1, Norm = new(norm) };
        var network = Network(settings);
        var engine = new RecordingEngine(network);
        var loop = new TrainingLoop(settings, Source(settings, engine), engine, network);
        var scores = DistributionShiftScores.Measure(loop, network, Domains.None, 1, default).ToList();
        Assert.Equal(DistributionShiftScores.Count(network, Domains.None), scores.Count);
        Assert.Equal(kinds * 21, scores.Select(score => (score.Shift, score.Strength, score.Statistics)).Distinct().Count());
        Assert.Equal(kinds, scores.Count(score => score.Shift == DistributionShiftRow.None));
        Assert.Equal("moving_average", scores[0].Statistics);
        Assert.Equal(kinds == 3 ? 40 : 0, engine.Population);
    }

    private Network Network(RunSettings settings) =>
        ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, _dataset.Shape, _dataset.Classes, NormCatalog.Create(settings.Norm));

    private BatchSource Source(RunSettings settings, RecordingEngine engine) => new(_dataset, new BatchOptions { Seed = (ulong)settings.Seed, Layout = engine.Layout });

    private sealed class RecordingMeasurement(RecordingEngine engine) : IMeasurement
    {
        public List<(MeasurementPoint At, int Steps)> Before { get; } = [];

        public List<(MeasurementPoint At, int Steps, float Pixel)> After { get; } = [];

        public void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation) => Before.Add((at, engine.Steps.Count));

        public void AfterStep(MeasurementPoint at, ImageBatch batch) => After.Add((at, engine.Steps.Count, batch.Values[0]));

        public void WriteTo(IRowSink sink) => throw new NotSupportedException();

        public JsonElement Save(long step) => throw new NotSupportedException();

        public void Restore(JsonElement saved) => throw new NotSupportedException();
    }
}
