namespace Experiments.Core.Training;

/// <summary>How a step follows from the gradient: the two definitions stand at <see cref="IEngine.Train"/>.</summary>
public enum OptimizerKind
{
    /// <summary>SGD with momentum.</summary>
    Sgd,

    /// <summary>Adam with decoupled weight decay (Loshchilov &amp; Hutter 2019).</summary>
    Adamw,
}

/// <summary>The values that an optimizer uses if no others are given.</summary>
/// <param name="Lr">The learning rate at 32 images a worker.</param>
/// <param name="LrScaling">How the rate follows the batch size.</param>
/// <param name="WeightDecay">The weight decay.</param>
/// <param name="Momentum">SGD's momentum; null: it has none.</param>
/// <param name="Beta1">AdamW's beta 1; null: it has none.</param>
/// <param name="Beta2">AdamW's beta 2; null: it has none.</param>
public sealed record OptimizerDefaults(double Lr, LearningRateScaling LrScaling, double WeightDecay, double? Momentum = null, double? Beta1 = null, double? Beta2 = null)
{
    /// <summary>The term that keeps AdamW's denominator above 0: PyTorch's default.</summary>
    public const double Epsilon = 1e-8;

    private static readonly OptimizerDefaults OfSgd = new(0.1, LearningRateScaling.Linear, 1e-4, Momentum: 0.9);

    // PyTorch's defaults. An adaptive step is divided by the gradient's own size, so the rate has to follow the gradient's noise, which falls with
    // the square root of the batch size: Malladi et al. 2022, "On the SDEs and scaling rules for adaptive gradient algorithms".
    private static readonly OptimizerDefaults OfAdamW = new(1e-3, LearningRateScaling.Sqrt, 1e-2, Beta1: 0.9, Beta2: 0.999);

    /// <summary>The defaults of an optimizer.</summary>
    public static OptimizerDefaults Of(OptimizerKind optimizer) => optimizer switch
    {
        OptimizerKind.Sgd => OfSgd,
        OptimizerKind.Adamw => OfAdamW,
        _ => throw new ArgumentOutOfRangeException(nameof(optimizer), optimizer, "unknown optimizer"),
    };
}
