namespace LibTorch;

public static partial class torch
{
    /// <summary>The element types that this binding knows, numbered as in libtorch.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned, 8 bits.</summary>
        Byte = 0,

        /// <summary>Signed, 32 bits.</summary>
        Int32 = 3,

        /// <summary>Signed, 64 bits; indices and labels.</summary>
        Int64 = 4,

        /// <summary>IEEE single precision.</summary>
        Float32 = 6,

        /// <summary>IEEE double precision.</summary>
        Float64 = 7,

        /// <summary>True or false, one byte.</summary>
        Bool = 11,

        /// <summary>The upper half of a single: 8 bits of exponent, 7 of fraction.</summary>
        BFloat16 = 15,
    }

    /// <summary>Unsigned, 8 bits.</summary>
    public static ScalarType uint8 => ScalarType.Byte;

    /// <summary>Signed, 32 bits.</summary>
    public static ScalarType int32 => ScalarType.Int32;

    /// <summary>Signed, 64 bits; indices and labels.</summary>
    public static ScalarType int64 => ScalarType.Int64;

    /// <summary>IEEE single precision.</summary>
    public static ScalarType float32 => ScalarType.Float32;

    /// <summary>IEEE double precision.</summary>
    public static ScalarType float64 => ScalarType.Float64;

    /// <summary>True or false, one byte.</summary>
    public static ScalarType @bool => ScalarType.Bool;

    /// <summary>The upper half of a single.</summary>
    public static ScalarType bfloat16 => ScalarType.BFloat16;

    /// <summary>The element type whose elements lie in memory as <typeparamref name="T"/> does.</summary>
    internal static ScalarType TypeOf<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return ScalarType.Float32;
        if (typeof(T) == typeof(double)) return ScalarType.Float64;
        if (typeof(T) == typeof(long)) return ScalarType.Int64;
        if (typeof(T) == typeof(int)) return ScalarType.Int32;
        if (typeof(T) == typeof(byte)) return ScalarType.Byte;
        if (typeof(T) == typeof(bool)) return ScalarType.Bool;
        throw new ArgumentException($"No tensor has elements of type {typeof(T).Name}; float, double, long, int, byte and bool are known.");
    }
}
