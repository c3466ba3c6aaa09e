using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Tests.Data;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;

namespace Experiments.Core.Tests.Training.Timing;

/// <summary>The engine moves the clock, so each piece of work takes the time that the test says.</summary>
public sealed class TrainingEstimatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dataset _dataset;
    private readonly Clock _clock = new();
    private int _steps;
    private int _files;

    public TrainingEstimatorTests()
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
    public void Every_piece_has_the_time_that_the_engine_takes()
    {
        var estimate = Rehearse(new RunSettings { Batch = 8, Epochs = 3, Measure = MeasurementKinds.Percentiles, MeasurePoints = 2 });
        Assert.Equal((3, 5, 40, 12, 40, 2, 0),
            (estimate.Epochs, estimate.StepsPerEpoch, estimate.TrainImages, estimate.TestImages, estimate.PopulationImages, estimate.MeasurePoints, estimate.Alterations));
        Assert.Equal(0.02, estimate.StepSeconds, 1e-6);
        Assert.Equal(0.001, estimate.TestImageSeconds, 1e-6);
        Assert.Equal(0.003, estimate.BatchTestImageSeconds, 1e-6);
        Assert.Equal(0.002, estimate.PopulationImageSeconds, 1e-6);

        // 40 images, which are all there are, in batches of 8
        Assert.Equal(40 * 0.01, estimate.MeasurePointSeconds, 1e-6);
        Assert.Equal(0.04, estimate.EpochEndSeconds, 1e-6);

        // the time before it, the first files, and the end
        Assert.Equal(5 + 0.26 + 0.6, estimate.OnceSeconds, 1e-6);
        Assert.Equal(15 * 0.02, estimate.Left(null).Steps, 1e-6);
    }

    [Fact]
    public void What_the_first_step_takes_more_than_others_is_counted_once()
    {
        var estimate = Rehearse(new RunSettings { Batch = 8, Norm = new("gn") }, step: () => _steps++ == 0 ? 0.4 : 0.02);
        Assert.Equal(0.02, estimate.StepSeconds, 1e-6);
        Assert.Equal(5.38 + 0.26 + 0.6, estimate.OnceSeconds, 1e-6);
    }

    [Fact]
    public void A_hiccup_does_not_count() =>
        Assert.Equal(0.02, Rehearse(new RunSettings { Batch = 8 }, step: () => _steps++ == 40 ? 0.7 : 0.02).StepSeconds, 1e-6);

    [Fact]
    public void What_others_take_of_the_machine_all_the_time_counts() =>
        Assert.Equal(0.03, Rehearse(new RunSettings { Batch = 8 }, step: () => _steps++ % 2 == 0 ? 0.02 : 0.04).StepSeconds, 0.003);

    [Fact]
    public void Of_a_slow_network_there_is_one_step()
    {
        var estimate = Rehearse(new RunSettings { Batch = 8 }, step: () => 30);
        Assert.Equal((1, 30), (estimate.TimedSteps, estimate.StepSeconds));
    }

    [Fact]
    public void Fast_steps_take_less_time_than_slow_ones()
    {
        var start = _clock.Now;
        Rehearse(new RunSettings { Batch = 8, Norm = new("gn") }, step: () => 0.01);
        Assert.InRange(_clock.Now - start, 1.5, 3.2);
    }

    private TrainingEstimate Rehearse(RunSettings settings, Func<double>? step = null)
    {
        var network = ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, _dataset.Shape, _dataset.Classes, NormCatalog.Create(settings.Norm));
        var engine = new RecordingEngine(network)
        {
            AtEachStep = () => _clock.Now += step?.Invoke() ?? 0.02,
            AtEachEvaluation = (statistics, images) => _clock.Now += images * (statistics == NormStatistics.Batch ? 0.003 : 0.001),
            AtEachCollection = images => _clock.Now += images * 0.002,
            AtEachObservation = images => _clock.Now += images * 0.01,
        };
        var source = new BatchSource(_dataset, new BatchOptions { Seed = 1, Layout = engine.Layout });
        return new TrainingEstimator(settings, source, engine, network, _clock)
        {
            EpochEnds = _ => _clock.Now += _files++ == 0 ? 0.3 : 0.04,
            Ends = _ => _clock.Now += 0.6,
        }.Measure(TimeSpan.FromSeconds(5), default);
    }

    private sealed class Clock : TimeProvider
    {
        public double Now { get; set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => (long)Math.Round(Now * TimestampFrequency);
    }
}
