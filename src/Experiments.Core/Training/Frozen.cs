namespace Experiments.Core.Training;

/// <summary>What a training leaves unchanged of the weights that it is given to begin with.</summary>
public enum Frozen
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The running statistics; training normalizes with them too: the BN* of Wu &amp; He 2018, table 4.</summary>
    NormStatistics,

    /// <summary>The running statistics, and what norms learn: gamma and beta.</summary>
    Norms,

    /// <summary>Everything but the last layer.</summary>
    AllButLast,
}
