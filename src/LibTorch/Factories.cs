using System.Runtime.InteropServices;
using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    private static readonly Operator s_empty = new("aten::empty", "memory_format");
    private static readonly Operator s_zeros = new("aten::zeros");
    private static readonly Operator s_ones = new("aten::ones");
    private static readonly Operator s_full = new("aten::full");
    private static readonly Operator s_emptyLike = new("aten::empty_like");
    private static readonly Operator s_zerosLike = new("aten::zeros_like");
    private static readonly Operator s_onesLike = new("aten::ones_like");
    private static readonly Operator s_arange = new("aten::arange", "start_step");

    /// <summary>A tensor whose elements are whatever the memory held.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_empty.Call(size, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor whose elements are whatever the memory held.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        empty(size.ToArray(), dtype, device, requires_grad);

    /// <summary>A tensor whose elements are whatever the memory held.</summary>
    /// <param name="size">The one dimension's size.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_empty.Call(Argument.List(size), dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of zeros.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_zeros.Call(size, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of zeros.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        zeros(size.ToArray(), dtype, device, requires_grad);

    /// <summary>A tensor of zeros.</summary>
    /// <param name="size">The one dimension's size.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_zeros.Call(Argument.List(size), dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of ones.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_ones.Call(size, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of ones.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor ones(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        ones(size.ToArray(), dtype, device, requires_grad);

    /// <summary>A tensor of ones.</summary>
    /// <param name="size">The one dimension's size.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_ones.Call(Argument.List(size), dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of one number.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="value">The number.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_full.Call(size, value, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of one number.</summary>
    /// <param name="size">Its shape.</param>
    /// <param name="value">The number.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor full(
        ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        full(size.ToArray(), value, dtype, device, requires_grad);

    /// <summary>A tensor of one number.</summary>
    /// <param name="size">The one dimension's size.</param>
    /// <param name="value">The number.</param>
    /// <param name="dtype">The element type; null is float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_full.Call(Argument.List(size), value, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor whose elements are whatever the memory held, of another's shape.</summary>
    /// <param name="input">The other tensor.</param>
    /// <param name="dtype">The element type; null is the other's.</param>
    /// <param name="device">Where it lies; null is where the other does.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_emptyLike.Call(input, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of zeros, of another's shape.</summary>
    /// <param name="input">The other tensor.</param>
    /// <param name="dtype">The element type; null is the other's.</param>
    /// <param name="device">Where it lies; null is where the other does.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_zerosLike.Call(input, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>A tensor of ones, of another's shape.</summary>
    /// <param name="input">The other tensor.</param>
    /// <param name="dtype">The element type; null is the other's.</param>
    /// <param name="device">Where it lies; null is where the other does.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_onesLike.Call(input, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>The numbers from <paramref name="start"/> on, by <paramref name="step"/>, below <paramref name="stop"/>.</summary>
    /// <param name="start">The first.</param>
    /// <param name="stop">The end, which is not reached.</param>
    /// <param name="step">The distance between two.</param>
    /// <param name="dtype">The element type; null is int64 where all three are integers, else float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor arange(
        Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Wanting(s_arange.Call(start, stop, step, dtype, Argument.DefaultLayout, device), requires_grad);

    /// <summary>The numbers from <paramref name="start"/> on, by 1, below <paramref name="stop"/>.</summary>
    /// <param name="start">The first.</param>
    /// <param name="stop">The end, which is not reached.</param>
    /// <param name="dtype">The element type; null is int64 where both are integers, else float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>The numbers from 0 on, by 1, below <paramref name="stop"/>.</summary>
    /// <param name="stop">The end, which is not reached.</param>
    /// <param name="dtype">The element type; null is int64 where the end is an integer, else float32.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    /// <summary>A tensor without dimensions.</summary>
    /// <param name="scalar">Its one element.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(float scalar, Device? device = null, bool requires_grad = false) =>
        Copy<float>([scalar], [], null, device, requires_grad);

    /// <summary>A tensor without dimensions.</summary>
    /// <param name="scalar">Its one element.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(double scalar, Device? device = null, bool requires_grad = false) =>
        Copy<double>([scalar], [], null, device, requires_grad);

    /// <summary>A tensor without dimensions.</summary>
    /// <param name="scalar">Its one element.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(long scalar, Device? device = null, bool requires_grad = false) =>
        Copy<long>([scalar], [], null, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<float>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<float>(rawArray, dimensions, dtype, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<double>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<double>(rawArray, dimensions, dtype, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(long[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<long>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        long[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<long>(rawArray, dimensions, dtype, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<int>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        int[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<int>(rawArray, dimensions, dtype, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<byte>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        byte[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<byte>(rawArray, dimensions, dtype, device, requires_grad);

    /// <summary>A tensor of one dimension with a copy of an array's elements.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    public static Tensor tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<bool>(rawArray, [rawArray.LongLength], dtype, device, requires_grad);

    /// <summary>A tensor with a copy of an array's elements, row by row.</summary>
    /// <param name="rawArray">The array.</param>
    /// <param name="dimensions">The shape.</param>
    /// <param name="dtype">The element type; null is the array's.</param>
    /// <param name="device">Where it lies; null is the processor.</param>
    /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
    /// <exception cref="ArgumentException">The array is longer or shorter than the shape says.</exception>
    public static Tensor tensor(
        bool[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copy<bool>(rawArray, dimensions, dtype, device, requires_grad);

    private static Tensor Wanting(Tensor tensor, bool requiresGrad) => requiresGrad ? tensor.requires_grad_() : tensor;

    private static Tensor Copy<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requiresGrad)
        where T : unmanaged
    {
        var expected = 1L;
        foreach (var size in dimensions)
            expected *= size;
        if (expected != values.Length)
        {
            var shape = string.Join(", ", dimensions.ToArray());
            throw new ArgumentException($"{values.Length} elements for a shape of [{shape}], which takes {expected}.");
        }


        var tensor = empty(dimensions, TypeOf<T>());
        MemoryMarshal.AsBytes(values).CopyTo(tensor.bytes);
        if (dtype is not null || device is not null)
            tensor = tensor.to(dtype ?? TypeOf<T>(), device ?? CPU, disposeAfter: true);
        return Wanting(tensor, requiresGrad);
    }
}
