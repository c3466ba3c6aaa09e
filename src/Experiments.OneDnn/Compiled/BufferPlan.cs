using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Compiled;

/// <summary>Memory that holds one thing from one moment of a step to another.</summary>
/// <param name="plan">The plan that places it.</param>
/// <param name="bytes">Its size, or that of one image's part.</param>
/// <param name="perImage">Whether it has a part for every image.</param>
internal sealed unsafe class Buffer(BufferPlan plan, long bytes, bool perImage)
{
    private byte* _start;
    private bool _ofChunk;

    /// <summary>When it is used first.</summary>
    internal int First { get; private set; } = int.MaxValue;

    /// <summary>When it is used last.</summary>
    internal int Last { get; private set; } = -1;

    /// <summary>Says that the buffer is needed at this moment. It is needed from the first such moment to the last.</summary>
    internal void UsedAt(int time) => (First, Last) = (Math.Min(First, time), Math.Max(Last, time));

    /// <summary>Where an image's part lies, or the whole buffer if it has no parts.</summary>
    /// <param name="image">The image's number in the batch.</param>
    internal void* At(int image) => _start + (perImage ? (_ofChunk ? image - plan.ChunkStart : image) * bytes : 0);

    /// <summary>Its size in bytes if it holds this many images.</summary>
    internal long Bytes(int images) => perImage ? bytes * images : bytes;

    /// <summary>Gives the buffer its place in memory.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="ofChunk">Whether it holds one chunk of images at a time; false: it holds all images.</param>
    internal void Place(byte* start, bool ofChunk)
    {
        _start = start;
        _ofChunk = ofChunk;
    }
}

/// <summary>
/// All memory of a step, planned before the first one: buffers that are not needed at the same moment share a place.
/// <para>
/// A batch runs through its kernels in chunks of a few images that stay in the cache, from one barrier (a statistic over more images
/// than a chunk has) to the next. A buffer that is filled and used up between two barriers need only hold one chunk; a buffer that
/// crosses a barrier holds all images, and is in use from its first segment to its last.
/// </para>
/// </summary>
/// <param name="images">The images of a step.</param>
/// <param name="chunk">The images of a chunk.</param>
internal sealed unsafe class BufferPlan(int images, int chunk) : IDisposable
{
    // A page, so that no two buffers share a cache line.
    private const int Alignment = 4096;

    private readonly List<Buffer> _buffers = [];
    private readonly List<int> _segments = [0];
    private int _segment;
    private byte* _memory;

    /// <summary>The images of a chunk.</summary>
    internal int Chunk { get; } = chunk;

    /// <summary>The first image of the chunk under way.</summary>
    internal int ChunkStart { get; set; }

    /// <summary>Bytes of all buffers together, once they are placed.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Begins the next moment and returns its number; every kernel has a moment of its own.</summary>
    internal int Tick()
    {
        _segments.Add(_segment);
        return _segments.Count - 1;
    }

    /// <summary>Sets a barrier: all chunks reach this moment before any of them goes on.</summary>
    internal void Barrier() => _segment++;

    /// <summary>Makes a buffer with a part for every image; it is placed once it is known how long it is needed.</summary>
    internal Buffer PerImage(long bytesAnImage) => Add(new Buffer(this, bytesAnImage, perImage: true));

    /// <summary>Makes a buffer of this many bytes that is needed at one moment only.</summary>
    internal Buffer Scratch(long bytes, int time)
    {
        var buffer = Add(new Buffer(this, bytes, perImage: false));
        buffer.UsedAt(time);
        return buffer;
    }

    /// <summary>Places all buffers.</summary>
    internal void Place()
    {
        var used = _buffers.Where(buffer => buffer.Last >= 0).ToLookup(buffer => Chunk == images || _segments[buffer.First] == _segments[buffer.Last]);
        var ofChunk = Places([.. used[true].Select(buffer => new Interval(buffer, buffer.Bytes(Chunk), buffer.First, buffer.Last))]);
        var ofAll = Places([.. used[false].Select(buffer => new Interval(buffer, buffer.Bytes(images), _segments[buffer.First], _segments[buffer.Last]))]);
        var chunkBytes = ofChunk.Select(place => place.End).DefaultIfEmpty().Max();
        Bytes = chunkBytes + ofAll.Select(place => place.End).DefaultIfEmpty().Max();

        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(Alignment, Bytes), Alignment);
        // Writes the memory once: until then it is one shared page of zeros, and the first steps would spend time on getting real pages.
        NativeMemory.Clear(_memory, (nuint)Bytes);
        foreach (var place in ofChunk)
            place.Interval.Buffer.Place(_memory + place.Offset, ofChunk: true);
        foreach (var place in ofAll)
            place.Interval.Buffer.Place(_memory + chunkBytes + place.Offset, ofChunk: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    /// <summary>Places the largest buffers first, each at the lowest address that is free for as long as it is needed.</summary>
    private static List<Placed> Places(IReadOnlyList<Interval> intervals)
    {
        var placed = new List<Placed>();
        foreach (var interval in intervals.OrderByDescending(interval => interval.Bytes).ThenBy(interval => interval.First))
        {
            var bytes = (interval.Bytes + Alignment - 1) / Alignment * Alignment;
            var offset = 0L;
            foreach (var other in placed.Where(other => other.Interval.First <= interval.Last && interval.First <= other.Interval.Last)
                .OrderBy(other => other.Offset))
            {
                if (other.Offset >= offset + bytes)
                    break;
                offset = Math.Max(offset, other.End);
            }

            placed.Add(new Placed(interval, offset, offset + bytes));
        }

        return placed;
    }

    private Buffer Add(Buffer buffer)
    {
        _buffers.Add(buffer);
        return buffer;
    }

    private sealed record Interval(Buffer Buffer, long Bytes, int First, int Last);

    private sealed record Placed(Interval Interval, long Offset, long End);
}
