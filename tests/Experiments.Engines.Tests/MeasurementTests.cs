using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.Core.Training.Measurements;

namespace Experiments.Engines.Tests;

/// <summary>Measurements along trainings by real engines.</summary>
public sealed class MeasurementTests
{
    private const MeasurementKinds AlongATraining =
        MeasurementKinds.Percentiles | MeasurementKinds.Histograms | MeasurementKinds.Landscape | MeasurementKinds.CovariateShift;

    [Theory, OnTorch(EveryNorm = true), OnOneDnn(EveryNorm = true)]
    public void A_training_that_is_measured_is_the_same_bits(string engineName, string norm)
    {
        using var dataset = Dataset.Open(DatasetCatalog.Find("synthetic"), new DataOptions { TrainLimit = 60, TestLimit = 20 });
        var network = ModelCatalog.Build("resnet8", 4, Shortcut.IdentityCentered, dataset.Shape, dataset.Classes, Engines.NormOf(norm));

        (IReadOnlyList<EpochResult> Epochs, EngineState State, MeasurementPlan Plan) Trained(MeasurementKinds measure)
        {
            var settings = new RunSettings { Batch = 10, Workers = 2, Epochs = 2, Measure = measure, MeasurePoints = 3 };
            using var engine = Engines.Create(engineName, new EngineSettings(network, settings.Batch, settings.Workers));
            var data = new BatchSource(dataset, new BatchOptions { Seed = 1, Layout = engine.Layout });
            var plan = MeasurementPlan.Create(settings, data, engine, network);
            var loop = new TrainingLoop(settings, data, engine, network) { Observer = plan };
            loop.Initialize();
            return ([.. loop.Run(null, default).Select(epoch => epoch with { Seconds = 0, TrainSeconds = 0 })], engine.Read(), plan);
        }

        var plain = Trained(MeasurementKinds.None);
        var measured = Trained(AlongATraining);
        Assert.Equal(plain.Epochs, measured.Epochs);
        Engines.Same(plain.State, measured.State);
        Assert.Equal([0, 2, 5], measured.Plan.All.OfType<PercentileMeasurement>().Single().Rows.Select(result => result.Step));
        Assert.Equal(3 * HistogramMeasurement.Bins, measured.Plan.All.OfType<HistogramMeasurement>().Single().Rows.Count);
        Assert.Equal(3 * 9, measured.Plan.All.OfType<LandscapeMeasurement>().Single().Rows.Count);
        Assert.Equal(3 * network.Convolutions.Count, measured.Plan.All.OfType<CovariateShiftMeasurement>().Single().Rows.Count);
    }

    // Where the largest step size leads is where SGD without momentum and decay goes, up to rounding.
    [Theory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void The_landscape_lies_along_the_way_that_training_takes(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm), 8, Momentum: 0, WeightDecay: 0));
        var batch = Engines.Batch(engine, 8, 1);
        var landscape = new LandscapeMeasurement(engine);
        landscape.BeforeStep(new MeasurementPoint(new StepSettings(0.02), 0), batch, default);
        var (origin, largest) = (landscape.Rows[0], landscape.Rows[^1]);
        Assert.Equal(engine.LossAndGradients(batch, new(0)).Loss, origin.Loss);
        Engines.Train(engine, batch, largest.StepSize);
        Assert.Equal(engine.LossAndGradients(batch, new(0)).Loss, largest.Loss, 1e-4);
        Assert.NotEqual(origin.Loss, largest.Loss, 1e-2);
    }

    [Theory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void Only_the_first_layers_gradient_does_not_depend_on_layers_before_it(string engineName, string norm)
    {
        var network = Engines.ResNet(norm);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 8));
        var batch = Engines.Batch(engine, 8, 1);
        var at = new MeasurementPoint(new StepSettings(0.05), 0);
        var shift = new CovariateShiftMeasurement(engine, network);
        shift.BeforeStep(at, batch, default);
        Engines.Train(engine, batch, at.Step.LearningRate);
        shift.AfterStep(at, batch);
        Assert.Equal(network.Convolutions.Select(convolution => convolution.Name), shift.Rows.Select(result => result.Layer));
        Assert.Equal((0, 0, 1), (shift.Rows[0].Distance, shift.Rows[0].RelativeDistance, shift.Rows[0].Cosine));
        Assert.All(shift.Rows.Skip(1), result => Assert.True(result is { Distance: > 0, RelativeDistance: > 0, Cosine: < 1 }, result.ToString()));
    }
}
