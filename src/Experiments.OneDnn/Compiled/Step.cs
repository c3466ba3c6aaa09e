using Experiments.Core.Training;

namespace Experiments.OneDnn.Compiled;

/// <summary>One kernel of a compiled network.</summary>
/// <param name="Kernel">What it does.</param>
/// <param name="Layer">The layer it belongs to.</param>
/// <param name="Run">Does it to some neighbouring images: the first, and how many.</param>
/// <param name="Kind">When it runs.</param>
internal sealed record Step(string Kernel, string Layer, Action<int, int> Run, StepKind Kind = StepKind.Chunk);

/// <summary>When a kernel runs.</summary>
internal enum StepKind
{
    /// <summary>For one chunk of images after the other, each going on to the kernels that follow.</summary>
    Chunk,

    /// <summary>Once for all images, when all chunks have come this far: a barrier.</summary>
    Whole,

    /// <summary>Once, when a gradient is complete, whether or not an update follows.</summary>
    Completed,

    /// <summary>
    /// Once, when a gradient is complete: it changes parameters. Where there is but one chunk that is at once, while they are in the cache.
    /// </summary>
    Update,
}

/// <summary>What all kernels of a pass look at.</summary>
internal sealed unsafe class Pass
{
    /// <summary>What norms do.</summary>
    internal NormMode Mode { get; set; }

    /// <summary>The step of the training that the pass is of.</summary>
    internal TrainingStep Step { get; set; }

    /// <summary>The learning rate of the update.</summary>
    internal float Rate { get; set; }

    /// <summary>The norm that is looked at; null: none.</summary>
    internal string? ObservedSlot { get; set; }

    /// <summary>What of it is wanted.</summary>
    internal SlotSide ObservedSide { get; set; }

    /// <summary>Receives it, [N, H, W, C].</summary>
    internal float* Observed { get; set; }
}
