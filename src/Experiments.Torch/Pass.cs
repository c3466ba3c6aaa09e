using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>The present forward pass, which all norms of a network look at.</summary>
internal sealed class Pass
{
    /// <summary>What norms do.</summary>
    internal NormMode Mode { get; set; } = NormMode.Train;

    /// <summary>The workers that the batch falls into, one after the other.</summary>
    internal int Workers { get; set; } = 1;

    /// <summary>The step of the training that the pass is of.</summary>
    internal TrainingStep Step { get; set; }

    /// <summary>What random numbers follow from.</summary>
    internal long Seed { get; init; }

    /// <summary>The norm that is looked at; null: none.</summary>
    internal string? ObservedSlot { get; set; }

    /// <summary>What of it is wanted.</summary>
    internal SlotSide ObservedSide { get; set; }

    /// <summary>What it was, [N, C, H, W].</summary>
    internal Tensor? Observed { get; set; }
}
