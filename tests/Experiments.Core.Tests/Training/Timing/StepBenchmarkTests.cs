using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;

namespace Experiments.Core.Tests.Training.Timing;

public sealed class StepBenchmarkTests
{
    private static readonly Network Net = ModelCatalog.Build("resnet8", 4, Shortcut.IdentityCentered, new ImageShape(3, 8, 12), 4, NormCatalog.Create(new("bn")));

    [Fact]
    public void It_trains_on_one_batch_of_all_workers_at_the_scaled_rate_from_the_initial_weights()
    {
        using var engine = new RecordingEngine(Net);
        var benchmark = new StepBenchmark(engine, Net, new RunSettings { Batch = 4, Workers = 3, Lr = 0.8 });
        benchmark.WarmUp(seconds: 0, default);
        Assert.Equal(3, engine.Steps.Count);
        Assert.Equal((12, 0.1), (engine.Steps[0].Images, engine.Steps[0].LearningRate));
        Assert.Single(engine.Steps.Distinct());
        Assert.Equal(Initialization.Create(Net, 1).Parameters[0].Values, engine.State.Parameters[0].Values);
    }

    [Fact]
    public void A_measurement_counts_its_own_steps_alone_and_ends_with_a_whole_one()
    {
        using var engine = new RecordingEngine(Net) { AtEachStep = () => Thread.Sleep(20) };
        var benchmark = new StepBenchmark(engine, Net, new RunSettings { Batch = 4 });
        benchmark.WarmUp(seconds: 0, default);
        var timing = benchmark.Measure(seconds: 0.05, default);
        Assert.Equal(engine.Steps.Count - 3, timing.Steps);
        Assert.InRange(timing.Steps, 1, 3);
        Assert.Equal(4 * timing.Steps, timing.Images);
        Assert.True(timing.Seconds >= 0.05);
    }
}
