using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>Weights in the order and format that a primitive wants.</summary>
internal sealed unsafe class WeightCopy : IDisposable
{
    private readonly LearnableArray _weights;
    private readonly int* _places;
    private readonly int _count;
    private readonly int _transposed;
    private int _version = -1;

    internal WeightCopy(LearnableArray weights, int[] order, WeightFormat format)
    {
        (_weights, Order, Format, _count) = (weights, order, format, order.Length);
        var places = weights.PlacesOf(order);
        if (places is null && format == WeightFormat.Fp32)
        {
            Pointer = weights.Applied;
            return;
        }

        places ??= [.. Enumerable.Range(0, _count)];

        _transposed = Format == WeightFormat.Fp32 ? TransposedSquares(places) : 0;
        _places = (int*)NativeMemory.Alloc((nuint)_count, sizeof(int));
        places.CopyTo(new Span<int>(_places, _count));
        Pointer = NativeMemory.AlignedAlloc((nuint)(_count * sizeof(float)), 64);
    }

    /// <summary>For each place the index of what lies there, or -1 for padding.</summary>
    internal int[] Order { get; }

    /// <summary>How the values are written.</summary>
    internal WeightFormat Format { get; }

    /// <summary>Whether a training step reads it, so that an update refreshes it.</summary>
    internal bool InTraining { get; set; }

    /// <summary>Where it lies.</summary>
    internal void* Pointer { get; }

    /// <summary>Makes the copy anew if the weights have changed since.</summary>
    internal void Refresh()
    {
        _weights.RefreshApplied();
        if (_version == _weights.Version || _places is null)
            return;
        _version = _weights.Version;
        if (_transposed > 0)
            ParameterKernels.Transpose(_weights.Applied, (float*)Pointer, _count, _transposed);
        else if (Format == WeightFormat.Bf16)
            ParameterKernels.Gather(_weights.Applied, _places, (Bf16*)Pointer, _count);
        else
            ParameterKernels.Gather(_weights.Applied, _places, (float*)Pointer, _count);
        if (Format == WeightFormat.RoundedFp32)
            ParameterKernels.RoundInPlace((float*)Pointer, _count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_places is null)
            return;
        NativeMemory.Free(_places);
        NativeMemory.AlignedFree(Pointer);
    }

    /// <summary>
    /// The size of the squares, 8 or 16, if the order is that of the values with such squares of them transposed, as it mostly is; else 0.
    /// </summary>
    private static int TransposedSquares(int[] places) => !Avx.IsSupported ? 0 : new[] { 8, 16 }.FirstOrDefault(size =>
    {
        var square = size * size;
        if (places.Length % square != 0)
            return false;
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i] != (i / square * square) + (i % size * size) + (i % square / size))
                return false;
        }

        return true;
    });
}

/// <summary>How a copy of weights is written.</summary>
internal enum WeightFormat
{
    /// <summary>fp32.</summary>
    Fp32,

    /// <summary>bfloat16.</summary>
    Bf16,

    /// <summary>fp32 rounded to bfloat16, for convolutions that emulate it.</summary>
    RoundedFp32,
}
