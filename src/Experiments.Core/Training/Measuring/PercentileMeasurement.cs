using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training.Measuring;

/// <summary>What enters a layer's norm before a step.</summary>
/// <param name="Step">Steps before it.</param>
/// <param name="Epoch">Epochs passed.</param>
/// <param name="Layer">The name of the norm's slot.</param>
/// <param name="P1">The 1st percentile.</param>
/// <param name="P20">The 20th.</param>
/// <param name="P80">The 80th.</param>
/// <param name="P99">The 99th.</param>
public sealed record LayerPercentiles(long Step, double Epoch, string Layer, double P1, double P20, double P80, double P99) : IStepResult;

/// <summary>
/// Percentiles of what enters a layer's norm (Wu &amp; He 2018, figure 6). A step at which a value is not finite leaves none.
/// </summary>
/// <param name="observation">The look at the layer.</param>
public sealed class PercentileMeasurement(Observation observation) : Measurement<LayerPercentiles>
{
    /// <inheritdoc/>
    public override void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation)
    {
        if (observation.At(at.Step, cancellation) is { } values)
        {
            Add(new LayerPercentiles(at.Step.Number, at.Epoch, observation.Layer,
                values.Percentile(1), values.Percentile(20), values.Percentile(80), values.Percentile(99)));
        }
    }
}
