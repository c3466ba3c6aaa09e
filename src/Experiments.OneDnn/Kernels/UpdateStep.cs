namespace Experiments.OneDnn.Kernels;

/// <summary>What an update of all parameters has in common.</summary>
/// <param name="Rate">The learning rate.</param>
/// <param name="StepSize">AdamW's rate / (1 - beta1^t).</param>
/// <param name="RootScale">AdamW's 1 / sqrt(1 - beta2^t).</param>
internal readonly record struct UpdateStep(double Rate, double StepSize = 0, double RootScale = 0)
{
    /// <summary>AdamW's step number t.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="t">From 1.</param>
    /// <param name="beta1">beta 1.</param>
    /// <param name="beta2">beta 2.</param>
    internal static UpdateStep OfAdamW(double rate, long t, double beta1, double beta2) =>
        new(rate, rate / (1 - Math.Pow(beta1, t)), 1 / Math.Sqrt(1 - Math.Pow(beta2, t)));
}
