using System.Diagnostics;
using System.Text.Json;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;

namespace Experiments.Core.Training.Measurements;

/// <summary>All that is measured along one training, and at which of its steps.</summary>
/// <param name="steps">The numbers of these steps, from 0.</param>
/// <param name="stepsPerEpoch">Steps in an epoch.</param>
/// <param name="measurements">What is measured.</param>
public sealed class MeasurementPlan(IReadOnlySet<long> steps, int stepsPerEpoch, IReadOnlyList<IMeasurement> measurements) : IStepObserver
{
    private readonly Stopwatch _clock = new();

    /// <summary>What is measured.</summary>
    public IReadOnlyList<IMeasurement> All { get; } = measurements;

    /// <inheritdoc/>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Prepares the measurements that the settings ask for.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="data">The batches; some training images are taken from them now and kept.</param>
    /// <param name="engine">The engine that trains.</param>
    /// <param name="network">The network that it computes.</param>
    public static MeasurementPlan Create(RunSettings settings, BatchSource data, IEngine engine, Network network)
    {
        var layer = settings.MeasureLayer ?? network.NormSlots[^1].Name;
        var images = new Lazy<IReadOnlyList<ImageBatch>>(() => Observation.Images(data, network.Norm.ImagesTogether(settings.Batch, settings.Workers)));
        Observation Observe(SlotSide side) => new(engine, network.ShapeAt(layer), layer, side, images.Value);

        var measurements = new List<IMeasurement>();
        if (settings.Measure.HasFlag(MeasurementKinds.Percentiles))
            measurements.Add(new PercentileMeasurement(Observe(SlotSide.Input)));
        if (settings.Measure.HasFlag(MeasurementKinds.Histograms))
            measurements.Add(new HistogramMeasurement(Observe(SlotSide.Output)));
        if (settings.Measure.HasFlag(MeasurementKinds.Landscape))
            measurements.Add(new LandscapeMeasurement(engine));
        if (settings.Measure.HasFlag(MeasurementKinds.CovariateShift))
            measurements.Add(new CovariateShiftMeasurement(engine, network));
        var stepsPerEpoch = data.StepsPerEpoch(settings.Batch * settings.Workers);
        return new MeasurementPlan(Spread((long)settings.Epochs * stepsPerEpoch, settings.MeasurePoints), stepsPerEpoch, measurements);
    }

    /// <summary>Steps spaced evenly from the first to the last, both included; every step if there are fewer steps than points.</summary>
    /// <param name="steps">All steps of the training.</param>
    /// <param name="points">How many steps are wanted; if it is 1, the first step is taken.</param>
    public static IReadOnlySet<long> Spread(long steps, int points) =>
        Enumerable.Range(0, points).Select(point => points == 1 ? 0 : point * (steps - 1) / (points - 1)).ToHashSet();

    /// <inheritdoc/>
    public void BeforeStep(StepSettings step, ImageBatch batch, CancellationToken cancellation)
    {
        if (steps.Contains(step.Number))
            Measure(measurement => measurement.BeforeStep(At(step), batch, cancellation));
    }

    /// <inheritdoc/>
    public void AfterStep(StepSettings step, ImageBatch batch)
    {
        if (steps.Contains(step.Number))
            Measure(measurement => measurement.AfterStep(At(step), batch));
    }

    /// <summary>Gives the sink the rows of all that was measured so far.</summary>
    public void WriteTo(IRowSink sink)
    {
        foreach (var measurement in All)
            measurement.WriteTo(sink);
    }

    /// <summary>What was measured so far, at steps before the given one, which the training may go on from: an element for each measurement.</summary>
    public IReadOnlyList<JsonElement> Save(long step) => [.. All.Select(measurement => measurement.Save(step))];

    /// <summary>Restores what a plan of the same measurements has saved.</summary>
    /// <exception cref="JsonException">The saved results are of other measurements.</exception>
    public void Restore(IReadOnlyList<JsonElement> saved)
    {
        if (saved.Count != All.Count)
            throw new JsonException($"There are results of {saved.Count} measurements, and {All.Count} are made.");
        foreach (var (measurement, results) in All.Zip(saved))
            measurement.Restore(results);
    }

    private MeasurementPoint At(StepSettings step) => new(step, (double)step.Number / stepsPerEpoch);

    private void Measure(Action<IMeasurement> look)
    {
        _clock.Start();
        try
        {
            foreach (var measurement in All)
                look(measurement);
        }
        finally
        {
            _clock.Stop();
        }
    }
}
