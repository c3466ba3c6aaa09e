using System.Runtime.InteropServices;

namespace LibTorch.Utils;

/// <summary>
/// Reads and writes the elements of a tensor on the processor, in the order of its dimensions whatever their order in memory.
/// For a contiguous tensor <see cref="torch.Tensor.bytes"/> is the shorter way.
/// </summary>
/// <typeparam name="T">The elements' C# type.</typeparam>
public sealed class TensorAccessor<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor) => _tensor = tensor;

    /// <summary>How many elements there are.</summary>
    public long Count => _tensor.numel();

    /// <summary>One element, counted row by row.</summary>
    /// <param name="index">Its number.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public unsafe T this[long index]
    {
        get
        {
            var value = *Find(index);
            GC.KeepAlive(_tensor);
            return value;
        }

        set
        {
            *Find(index) = value;
            GC.KeepAlive(_tensor);
        }
    }

    /// <summary>A copy of all elements, row by row.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    /// <summary>Copies all elements, row by row.</summary>
    /// <param name="array">Where to; at least as long as there are elements.</param>
    public void CopyTo(T[] array) => CopyTo(array.AsSpan());

    /// <summary>Copies all elements, row by row.</summary>
    /// <param name="array">Where to; at least as long as there are elements.</param>
    public void CopyTo(Span<T> array)
    {
        if (_tensor.is_contiguous())
        {
            Elements(_tensor).CopyTo(array);
            GC.KeepAlive(_tensor);
            return;
        }

        using var ordered = _tensor.detach().DetachFromDisposeScope();
        using var together = ordered.contiguous().DetachFromDisposeScope();
        Elements(together).CopyTo(array);
    }

    /// <summary>Overwrites all elements, row by row.</summary>
    /// <param name="array">Where from; as long as there are elements.</param>
    public void CopyFrom(T[] array) => CopyFrom((ReadOnlySpan<T>)array);

    /// <summary>Overwrites all elements, row by row.</summary>
    /// <param name="array">Where from; as long as there are elements.</param>
    /// <exception cref="ArgumentException">It is longer or shorter.</exception>
    public void CopyFrom(ReadOnlySpan<T> array)
    {
        if (array.Length != Count)
            throw new ArgumentException($"{array.Length} elements for a tensor of {Count}.", nameof(array));
        if (_tensor.is_contiguous())
        {
            array.CopyTo(Elements(_tensor));
            GC.KeepAlive(_tensor);
            return;
        }

        for (var i = 0; i < array.Length; i++)
            this[i] = array[i];
    }

    private static Span<T> Elements(torch.Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    private unsafe T* Find(long index)
    {
        var info = _tensor.Describe();
        if (index < 0 || index >= info.Elements)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The tensor has {info.Elements} elements.");
        var offset = 0L;
        for (var dim = info.Dimensions - 1; dim >= 0; dim--)
        {
            (index, var place) = Math.DivRem(index, info.Sizes[dim]);
            offset += place * info.Strides[dim];
        }

        return (T*)info.Data + offset;
    }
}
