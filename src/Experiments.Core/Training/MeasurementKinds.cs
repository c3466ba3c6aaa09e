namespace Experiments.Core.Training;

/// <summary>What is measured along a training, beside its errors.</summary>
[Flags]
public enum MeasurementKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Percentiles of what enters a layer's norm (Wu &amp; He 2018, figure 6).</summary>
    Percentiles = 1,

    /// <summary>Histograms of a layer's activations after its norm (Santurkar et al. 2018, figure 2).</summary>
    Histograms = 2,

    /// <summary>Loss and gradient along the gradient (Santurkar et al. 2018, figure 4).</summary>
    Landscape = 4,

    /// <summary>How much a layer's gradient changes when the layers below it have moved (Santurkar et al. 2018, definition 2.1).</summary>
    CovariateShift = 8,

    /// <summary>The error on shifted test images, after the last epoch.</summary>
    DistributionShift = 16,

    /// <summary>The error on test images of which a recurrent network reads more and more rows, after the last epoch.</summary>
    SequenceLength = 32,
}
