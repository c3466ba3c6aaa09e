using LibTorch.Interop;

namespace LibTorch;

/// <summary>
/// A number as an operator's argument: an integer, a floating-point number or a truth value, made implicitly from C#'s own.
/// </summary>
public readonly struct Scalar
{
    private Scalar(ValueKind kind, long bits)
    {
        Kind = kind;
        Bits = bits;
    }

    internal ValueKind Kind { get; }

    internal long Bits { get; }

    /// <summary>An integer.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Scalar(int value) => new(ValueKind.Int, value);

    /// <summary>An integer.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Scalar(long value) => new(ValueKind.Int, value);

    /// <summary>A floating-point number.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Scalar(float value) => (double)value;

    /// <summary>A floating-point number.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Scalar(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A truth value.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Scalar(bool value) => new(ValueKind.Bool, value ? 1 : 0);
}
