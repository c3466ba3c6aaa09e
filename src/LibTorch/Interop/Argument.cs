using static LibTorch.torch;

namespace LibTorch.Interop;

/// <summary>
/// One argument of an operator: a value and what it is. Made implicitly, so that a call reads like the operator's schema;
/// a null tensor, list or element type is an optional argument that is not given.
/// </summary>
internal readonly struct Argument
{
    private Argument(ValueKind kind, long bits, int length = 0, object? reference = null)
    {
        Kind = kind;
        Bits = bits;
        Length = length;
        Reference = reference;
    }

    internal ValueKind Kind { get; }

    internal long Bits { get; }

    internal int Length { get; }

    /// <summary>The tensor, its tensors or its integers; null for a list whose one integer is in <see cref="Bits"/>.</summary>
    internal object? Reference { get; }

    /// <summary>The layout, which schemas have between element type and device: not given, since there is but one.</summary>
    internal static Argument DefaultLayout => default;

    /// <summary>The list of one integer, without allocating it.</summary>
    internal static Argument List(long value) => new(ValueKind.Ints, value, 1);

    public static implicit operator Argument(Tensor? tensor) => tensor is null ? default : new(ValueKind.Tensor, 0, 0, tensor);

    public static implicit operator Argument(Tensor[] tensors) => new(ValueKind.Tensors, 0, tensors.Length, tensors);

    public static implicit operator Argument(long value) => new(ValueKind.Int, value);

    public static implicit operator Argument(long? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(bool value) => new(ValueKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(long[]? values) => values is null ? default : new(ValueKind.Ints, 0, values.Length, values);

    public static implicit operator Argument(Scalar value) => new(value.Kind, value.Bits);

    public static implicit operator Argument(ScalarType value) => (long)value;

    public static implicit operator Argument(ScalarType? value) => value is { } given ? given : default(Argument);

    public static implicit operator Argument(Device? value) =>
        value is null ? default : new(ValueKind.Device, (long)value.type, value.index);
}
