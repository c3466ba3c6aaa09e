using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// Neighbouring channels that are computed side by side. Kernels are written once over this and compiled for each width, so that a
/// layer of 16 channels and one of 10 run the same code.
/// </summary>
/// <typeparam name="TSelf">The vector itself.</typeparam>
internal unsafe interface IVector<TSelf>
    where TSelf : unmanaged, IVector<TSelf>
{
    /// <summary>How many channels.</summary>
    static abstract int Width { get; }

    /// <summary>The same value in every channel.</summary>
    static abstract TSelf Of(float value);

    /// <summary>Reads fp32 values.</summary>
    static abstract TSelf Load(float* from);

    /// <summary>Reads bfloat16 values.</summary>
    static abstract TSelf Load(Bf16* from);

    /// <summary>Writes fp32 values.</summary>
    static abstract void Store(TSelf value, float* to);

    /// <summary>Writes bfloat16 values, rounded to the nearest, ties to even.</summary>
    static abstract void Store(TSelf value, Bf16* to);

    /// <summary>Sum.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>Difference.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>Product.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>Quotient.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a * b + c, in one rounding where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>max(x, 0); NaN stays NaN.</summary>
    static abstract TSelf Relu(TSelf x);

    /// <summary>The value where the test is positive, 0 elsewhere: the gradient of ReLU.</summary>
    static abstract TSelf WherePositive(TSelf test, TSelf value);

    /// <summary>The larger one.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>1 / (1 + exp(-x)).</summary>
    static abstract TSelf Sigmoid(TSelf x);

    /// <summary>exp(x).</summary>
    static abstract TSelf Exp(TSelf x);

    /// <summary>The sum over the channels.</summary>
    static abstract float Sum(TSelf x);
}

/// <summary>One channel: the width for layers that no wider vector divides.</summary>
internal readonly unsafe struct Vector1(float value) : IVector<Vector1>
{
    private readonly float _value = value;

    public static int Width => 1;

    public static Vector1 Of(float value) => new(value);

    public static Vector1 Load(float* from) => new(*from);

    public static Vector1 Load(Bf16* from) => new(from->ToSingle());

    public static void Store(Vector1 value, float* to) => *to = value._value;

    public static void Store(Vector1 value, Bf16* to) => *to = Bf16.Round(value._value);

    public static Vector1 operator +(Vector1 a, Vector1 b) => new(a._value + b._value);

    public static Vector1 operator -(Vector1 a, Vector1 b) => new(a._value - b._value);

    public static Vector1 operator *(Vector1 a, Vector1 b) => new(a._value * b._value);

    public static Vector1 operator /(Vector1 a, Vector1 b) => new(a._value / b._value);

    public static Vector1 MultiplyAdd(Vector1 a, Vector1 b, Vector1 c) => new(float.MultiplyAddEstimate(a._value, b._value, c._value));

    public static Vector1 Relu(Vector1 x) => new(x._value < 0 ? 0 : x._value);

    public static Vector1 WherePositive(Vector1 test, Vector1 value) => new(test._value > 0 ? value._value : 0);

    public static Vector1 Max(Vector1 a, Vector1 b) => new(Math.Max(a._value, b._value));

    public static Vector1 Sigmoid(Vector1 x) => new(1 / (1 + MathF.Exp(-x._value)));

    public static Vector1 Exp(Vector1 x) => new(MathF.Exp(x._value));

    public static float Sum(Vector1 x) => x._value;
}

/// <summary>Eight channels in a 256-bit register.</summary>
internal readonly unsafe struct Vector8(Vector256<float> value) : IVector<Vector8>
{
    private readonly Vector256<float> _value = value;

    public static int Width => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Of(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Load(float* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Load(Bf16* from)
    {
        var (lower, upper) = Vector128.Widen(Vector128.Load((ushort*)from));
        return new((Vector256.Create(lower, upper) << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector8 value, float* to) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector8 value, Bf16* to)
    {
        var bits = value._value.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator +(Vector8 a, Vector8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator -(Vector8 a, Vector8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator *(Vector8 a, Vector8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator /(Vector8 a, Vector8 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 MultiplyAdd(Vector8 a, Vector8 b, Vector8 c) => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    // maxps gives its second operand if one of the two is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Relu(Vector8 x) => new(Vector256.MaxNative(Vector256<float>.Zero, x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 WherePositive(Vector8 test, Vector8 value) => new(value._value & Vector256.GreaterThan(test._value, Vector256<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Max(Vector8 a, Vector8 b) => new(Vector256.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Sigmoid(Vector8 x) => new(Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x._value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Exp(Vector8 x) => new(Vector256.Exp(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector8 x) => Vector256.Sum(x._value);
}

/// <summary>Sixteen channels in a 512-bit register.</summary>
internal readonly unsafe struct Vector16(Vector512<float> value) : IVector<Vector16>
{
    private readonly Vector512<float> _value = value;

    public static int Width => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Of(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Load(float* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Load(Bf16* from)
    {
        var (lower, upper) = Vector256.Widen(Vector256.Load((ushort*)from));
        return new((Vector512.Create(lower, upper) << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector16 value, float* to) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector16 value, Bf16* to)
    {
        var bits = value._value.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator +(Vector16 a, Vector16 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator -(Vector16 a, Vector16 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator *(Vector16 a, Vector16 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator /(Vector16 a, Vector16 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 MultiplyAdd(Vector16 a, Vector16 b, Vector16 c) => new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Relu(Vector16 x) => new(Vector512.MaxNative(Vector512<float>.Zero, x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 WherePositive(Vector16 test, Vector16 value) => new(value._value & Vector512.GreaterThan(test._value, Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Max(Vector16 a, Vector16 b) => new(Vector512.Max(a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Sigmoid(Vector16 x) => new(Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-x._value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Exp(Vector16 x) => new(Vector512.Exp(x._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector16 x) => Vector512.Sum(x._value);
}

/// <summary>Two vectors side by side: twice the channels, and two independent chains for the processor to work on.</summary>
internal readonly unsafe struct Pair<T>(T lower, T upper) : IVector<Pair<T>>
    where T : unmanaged, IVector<T>
{
    private readonly T _lower = lower;
    private readonly T _upper = upper;

    public static int Width => 2 * T.Width;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Of(float value) => new(T.Of(value), T.Of(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Load(float* from) => new(T.Load(from), T.Load(from + T.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Load(Bf16* from) => new(T.Load(from), T.Load(from + T.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pair<T> value, float* to)
    {
        T.Store(value._lower, to);
        T.Store(value._upper, to + T.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pair<T> value, Bf16* to)
    {
        T.Store(value._lower, to);
        T.Store(value._upper, to + T.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> operator +(Pair<T> a, Pair<T> b) => new(a._lower + b._lower, a._upper + b._upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> operator -(Pair<T> a, Pair<T> b) => new(a._lower - b._lower, a._upper - b._upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> operator *(Pair<T> a, Pair<T> b) => new(a._lower * b._lower, a._upper * b._upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> operator /(Pair<T> a, Pair<T> b) => new(a._lower / b._lower, a._upper / b._upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> MultiplyAdd(Pair<T> a, Pair<T> b, Pair<T> c) =>
        new(T.MultiplyAdd(a._lower, b._lower, c._lower), T.MultiplyAdd(a._upper, b._upper, c._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Relu(Pair<T> x) => new(T.Relu(x._lower), T.Relu(x._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> WherePositive(Pair<T> test, Pair<T> value) =>
        new(T.WherePositive(test._lower, value._lower), T.WherePositive(test._upper, value._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Max(Pair<T> a, Pair<T> b) => new(T.Max(a._lower, b._lower), T.Max(a._upper, b._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Sigmoid(Pair<T> x) => new(T.Sigmoid(x._lower), T.Sigmoid(x._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<T> Exp(Pair<T> x) => new(T.Exp(x._lower), T.Exp(x._upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Pair<T> x) => T.Sum(x._lower + x._upper);
}
