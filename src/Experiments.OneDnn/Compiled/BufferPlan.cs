using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Compiled;

/// <summary>Memory that holds one thing from one moment of a step to another.</summary>
/// <param name="bytes">Its size.</param>
internal sealed unsafe class Buffer(long bytes)
{
    /// <summary>Its size.</summary>
    internal long Bytes { get; } = bytes;

    /// <summary>When it is used first.</summary>
    internal int First { get; private set; } = int.MaxValue;

    /// <summary>When it is used last.</summary>
    internal int Last { get; private set; } = -1;

    /// <summary>Where it lies from the plan's start, once placed.</summary>
    internal long Offset { get; set; } = -1;

    /// <summary>Where it lies, once placed.</summary>
    internal void* Pointer { get; set; }

    /// <summary>It is needed at this moment, and between the moments it is needed at.</summary>
    internal void UsedAt(int time) => (First, Last) = (Math.Min(First, time), Math.Max(Last, time));

    /// <summary>Whether both are needed at some moment.</summary>
    internal bool LivesWith(Buffer other) => First <= other.Last && other.First <= Last;
}

/// <summary>
/// All memory of a step, planned before the first one: buffers that are not needed at the same moment share a place.
/// </summary>
internal sealed unsafe class BufferPlan : IDisposable
{
    // A page, so that no two buffers share a cache line, and vectors never cross one at a buffer's start.
    private const int Alignment = 4096;

    private readonly List<Buffer> _buffers = [];
    private void* _memory;

    /// <summary>The moment being planned; every kernel has one of its own.</summary>
    internal int Now { get; private set; }

    /// <summary>Bytes in all, once placed.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The next moment.</summary>
    internal int Tick() => ++Now;

    /// <summary>A buffer, to be placed when it is known how long it is needed.</summary>
    internal Buffer Reserve(long bytes)
    {
        var buffer = new Buffer((bytes + Alignment - 1) / Alignment * Alignment);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Places all buffers: the largest first, each at the lowest address that is free for as long as it is needed.</summary>
    internal void Place()
    {
        var placed = new List<Buffer>();
        foreach (var buffer in _buffers.Where(buffer => buffer.Last >= 0).OrderByDescending(buffer => buffer.Bytes).ThenBy(buffer => buffer.First))
        {
            var offset = 0L;
            foreach (var other in placed.Where(buffer.LivesWith).OrderBy(other => other.Offset))
            {
                if (other.Offset >= offset + buffer.Bytes)
                    break;
                offset = Math.Max(offset, other.Offset + other.Bytes);
            }

            buffer.Offset = offset;
            placed.Add(buffer);
            Bytes = Math.Max(Bytes, offset + buffer.Bytes);
        }

        _memory = NativeMemory.AlignedAlloc((nuint)Math.Max(Alignment, Bytes), Alignment);
        // Written once: memory never written to is one shared page of zeros, and would be made real in the first steps.
        NativeMemory.Clear(_memory, (nuint)Bytes);
        foreach (var buffer in placed)
            buffer.Pointer = (byte*)_memory + buffer.Offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
