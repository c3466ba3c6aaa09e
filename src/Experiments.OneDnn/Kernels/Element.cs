using System.Runtime.CompilerServices;

namespace Experiments.OneDnn.Kernels;

/// <summary>A number format that feature maps are stored in; kernels always compute in fp32.</summary>
/// <typeparam name="TSelf">The format itself.</typeparam>
internal unsafe interface IElement<TSelf>
    where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>Reads neighbouring channels.</summary>
    static abstract TVector Load<TVector>(TSelf* from)
        where TVector : unmanaged, IVector<TVector>;

    /// <summary>Writes neighbouring channels.</summary>
    static abstract void Store<TVector>(TVector value, TSelf* to)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary>A value in fp32.</summary>
internal readonly unsafe struct Fp32(float value) : IElement<Fp32>
{
    private readonly float _value = value;

    /// <summary>The value.</summary>
    public float ToSingle() => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(Fp32* from)
        where TVector : unmanaged, IVector<TVector> => TVector.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector value, Fp32* to)
        where TVector : unmanaged, IVector<TVector> => TVector.Store(value, (float*)to);
}

/// <summary>A value in bfloat16: the upper half of an fp32.</summary>
internal readonly unsafe struct Bf16 : IElement<Bf16>
{
    private readonly ushort _bits;

    private Bf16(ushort bits) => _bits = bits;

    /// <summary>The value in fp32, exactly.</summary>
    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)_bits << 16);

    /// <summary>The nearest bfloat16, ties to even.</summary>
    public static Bf16 Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return new Bf16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector>(Bf16* from)
        where TVector : unmanaged, IVector<TVector> => TVector.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector value, Bf16* to)
        where TVector : unmanaged, IVector<TVector> => TVector.Store(value, to);
}
