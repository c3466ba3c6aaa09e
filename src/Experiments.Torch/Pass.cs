using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>The present forward pass, which all norms of a network look at.</summary>
internal sealed class Pass
{
    /// <summary>What norms do.</summary>
    internal NormMode Mode { get; set; } = NormMode.Train;

    /// <summary>The workers that the batch falls into, one after the other.</summary>
    internal int Workers { get; set; } = 1;
}
