using System.Runtime.InteropServices;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>What all kernels of a forward or backward pass share.</summary>
internal sealed unsafe class Pass
{
    /// <summary>Where norms take their statistics from, and whether they remember them.</summary>
    internal NormMode Mode { get; set; }

    /// <summary>The training step that the pass belongs to.</summary>
    internal StepSettings Step { get; set; }

    /// <summary>What parameters are updated with.</summary>
    internal UpdateStep Update { get; set; }

    /// <summary>The norm slot whose map is copied out; null: none.</summary>
    internal string? ObservedSlot { get; set; }

    /// <summary>Whether the map that enters the norm is copied, or the one that leaves it.</summary>
    internal SlotSide ObservedSide { get; set; }

    /// <summary>Receives the copy, [N, H, W, C].</summary>
    internal float* Observed { get; set; }

    /// <summary>Copies a map out, in fp32.</summary>
    /// <param name="map">The map, for its shape and number format.</param>
    /// <param name="data">The data of the first image to copy.</param>
    /// <param name="first">That image's number.</param>
    /// <param name="count">How many images.</param>
    internal void Observe(Map map, void* data, int first, int count)
    {
        var values = (nint)count * map.Shape.Size;
        var to = Observed + ((nint)first * map.Shape.Size);
        if (map.Precision == Precision.Bf16)
            ParameterKernels.Widen((Bf16*)data, to, values);
        else
            NativeMemory.Copy(data, to, (nuint)(values * sizeof(float)));
    }
}
