using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>What all kernels of a forward or backward pass share.</summary>
internal sealed unsafe class Pass
{
    /// <summary>Where norms take their statistics from, and whether they remember them.</summary>
    internal NormMode Mode { get; set; }

    /// <summary>The training step that the pass belongs to.</summary>
    internal TrainingStep Step { get; set; }

    /// <summary>What parameters are updated with.</summary>
    internal UpdateStep Update { get; set; }

    /// <summary>The norm slot whose map is copied out; null: none.</summary>
    internal string? ObservedSlot { get; set; }

    /// <summary>Whether the map that enters the norm is copied, or the one that leaves it.</summary>
    internal SlotSide ObservedSide { get; set; }

    /// <summary>Receives the copy, [N, H, W, C].</summary>
    internal float* Observed { get; set; }
}
