namespace Experiments.Core.Training;

/// <summary>What a training that begins with given weights leaves as it is.</summary>
public enum Frozen
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The running statistics, which training normalizes with, too: the BN* of Wu &amp; He 2018, table 4.</summary>
    NormStatistics,

    /// <summary>These, and what norms learn: gamma and beta.</summary>
    Norms,

    /// <summary>Everything but the last layer.</summary>
    AllButLast,
}
