namespace Experiments.Torch;

/// <summary>What the norms of a network do in the present forward pass.</summary>
internal enum NormMode
{
    /// <summary>Normalize with the batch's own statistics and move the running averages towards them.</summary>
    Train,

    /// <summary>Normalize with the batch's own statistics and keep nothing.</summary>
    Batch,

    /// <summary>Normalize with the batch's own statistics and pool them into the population's.</summary>
    Collect,

    /// <summary>Normalize with the moving averages, where the norm has them.</summary>
    MovingAverage,

    /// <summary>Normalize with the population's statistics, where the norm has them.</summary>
    Population,
}

/// <summary>The present forward pass, which all norms of a network look at.</summary>
internal sealed class Pass
{
    /// <summary>What norms do.</summary>
    internal NormMode Mode { get; set; } = NormMode.Train;

    /// <summary>The workers that the batch falls into, one after the other.</summary>
    internal int Workers { get; set; } = 1;
}
