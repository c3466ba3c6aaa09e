using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training.Measuring;

/// <summary>A bin of what leaves a layer's norm before a step.</summary>
/// <param name="Step">Steps before it.</param>
/// <param name="Epoch">Epochs passed.</param>
/// <param name="Layer">The name of the norm's slot.</param>
/// <param name="Bin">The bin.</param>
public sealed record LayerBin(long Step, double Epoch, string Layer, Bin Bin) : IStepResult;

/// <summary>
/// The distribution of what leaves a layer's norm, scale, shift and noise included (Santurkar et al. 2018, figure 2). A step at which a
/// value is not finite leaves none.
/// </summary>
/// <param name="observation">The look at the layer.</param>
public sealed class HistogramMeasurement(Observation observation) : Measurement<LayerBin>
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 40;

    // A few values far out would otherwise leave all others in one bin.
    private const double Outside = 0.1;


    /// <inheritdoc/>
    public override void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation)
    {
        if (observation.At(at.Step, cancellation) is { } values)
            Add(values.Histogram(Bins, Outside, 100 - Outside).Select(bin => new LayerBin(at.Step.Number, at.Epoch, observation.Layer, bin)));
    }
}
