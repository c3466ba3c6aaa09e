namespace Experiments.Core.Norms;

/// <summary>What a layer learns per channel after it has normalized (Eqn 6: y = gamma * x^ + beta).</summary>
[Flags]
public enum Affine
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>gamma.</summary>
    Scale = 1,

    /// <summary>beta.</summary>
    Shift = 2,

    /// <summary>gamma and beta: the paper's layers, all of them.</summary>
    ScaleAndShift = Scale | Shift,
}

/// <summary>
/// A normalization as data: what is pooled, and what is learnt. Every one of them computes
/// <code>
///   y = gamma * (x - mean) / sqrt(var + epsilon) + beta          (Eqns 1, 2 and 6)
/// </code>
/// with the mean and the biased variance over the pooled set S_i, and gamma and beta per channel. There is one implementation of
/// this an engine, not one a norm.
/// </summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Pooling">The values that share a statistic; null: nothing is normalized.</param>
/// <param name="Affine">What is learnt per channel.</param>
public sealed record Norm(string Name, Pooling? Pooling, Affine Affine)
{
    /// <summary>Added to the variance under the root.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>
    /// The weight of a new batch in the running estimate, as PyTorch counts it: running = (1 - m) * running + m * batch. The running
    /// variance takes the batch's unbiased variance, the normalization its biased one.
    /// </summary>
    public const double RunningMomentum = 0.1;

    /// <summary>Whether the layer keeps running statistics of its batches for evaluation.</summary>
    public bool HasRunningStatistics => Pooling is { OverSamples: true };

    /// <summary>For example <c>bn</c>, <c>gn (8 groups)</c> or <c>gn (16 channels per group)</c>.</summary>
    public override string ToString() => Pooling?.Channels switch
    {
        ChannelSpan.GroupOf(var groups) => $"{Name} ({groups} groups)",
        ChannelSpan.GroupWith(var channels) => $"{Name} ({channels} channels per group)",
        _ => Name,
    };
}
