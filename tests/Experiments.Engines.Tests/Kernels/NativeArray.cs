using System.Runtime.InteropServices;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>
/// An array in native memory, in one of the engine's number formats, between two guards that nobody may write to: looked at when it is read
/// and when it is freed.
/// </summary>
internal sealed unsafe class NativeArray : IDisposable
{
    private const int Guard = 4096;
    private const byte Mark = 0xA5;

    private readonly int _count;
    private readonly Precision _precision;
    private readonly byte* _memory;
    private readonly int _bytes;

    /// <summary>An array of NaNs, so that a value that is never written shows.</summary>
    internal NativeArray(int count, Precision precision = Precision.Fp32)
    {
        (_count, _precision) = (count, precision);
        _bytes = count * (precision == Precision.Bf16 ? sizeof(ushort) : sizeof(float));
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)((2 * Guard) + _bytes), 64);
        new Span<byte>(_memory, (2 * Guard) + _bytes).Fill(Mark);
        if (precision == Precision.Bf16)
            new Span<Bf16>(Pointer, count).Fill(Bf16.Round(float.NaN));
        else
            new Span<float>(Pointer, count).Fill(float.NaN);
    }

    /// <summary>An array of these values, rounded to the format.</summary>
    internal NativeArray(double[] values, Precision precision = Precision.Fp32) : this(values.Length, precision) => Values = values;

    internal void* Pointer => _memory + Guard;

    internal float* Floats => (float*)Pointer;

    /// <summary>The values, as they are in the format.</summary>
    internal double[] Values
    {
        get
        {
            CheckGuards();
            var values = new double[_count];
            for (var i = 0; i < _count; i++)
                values[i] = _precision == Precision.Bf16 ? ((Bf16*)Pointer)[i].ToSingle() : ((float*)Pointer)[i];
            return values;
        }

        set
        {
            for (var i = 0; i < _count; i++)
            {
                if (_precision == Precision.Bf16)
                    ((Bf16*)Pointer)[i] = Bf16.Round((float)value[i]);
                else
                    ((float*)Pointer)[i] = (float)value[i];
            }
        }
    }

    public void Dispose()
    {
        CheckGuards();
        NativeMemory.AlignedFree(_memory);
    }

    private void CheckGuards()
    {
        Assert.False(new Span<byte>(_memory, Guard).ContainsAnyExcept(Mark), "something was written before the array");
        Assert.False(new Span<byte>(_memory + Guard + _bytes, Guard).ContainsAnyExcept(Mark), "something was written after the array");
    }
}
