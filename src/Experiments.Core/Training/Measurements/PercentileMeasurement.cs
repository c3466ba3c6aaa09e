using Experiments.Core.Data.Batches;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>
/// Percentiles of what enters a layer's norm (Wu &amp; He 2018, figure 6). A step at which a value is not finite has no row.
/// </summary>
/// <param name="observation">Gives the values at the layer's norm.</param>
public sealed class PercentileMeasurement(Observation observation) : Measurement<PercentileRow>
{
    /// <inheritdoc/>
    public override void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation)
    {
        if (observation.At(at.Step, cancellation) is { } values)
        {
            Add(new PercentileRow
            {
                Step = at.Step.Number,
                Epoch = at.Epoch,
                Layer = observation.Layer,
                P1 = values.Percentile(1),
                P20 = values.Percentile(20),
                P80 = values.Percentile(80),
                P99 = values.Percentile(99),
            });
        }
    }
}
