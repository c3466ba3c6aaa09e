using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Batches;

/// <summary>
/// A batch of images, ready for an engine: values already augmented and normalized, with their labels. The arrays belong to
/// whoever made the batch and are overwritten for the next one, so an engine reads them during the call and keeps nothing.
/// </summary>
/// <param name="shape">The size of an image.</param>
/// <param name="capacity">The largest number of images the batch can hold.</param>
/// <param name="layout">How the values lie in <see cref="Values"/>.</param>
public sealed class ImageBatch(ImageShape shape, int capacity, ImageLayout layout)
{
    private readonly float[] _values = new float[checked(capacity * shape.Size)];
    private readonly int[] _labels = new int[capacity];

    /// <summary>The size of an image.</summary>
    public ImageShape Shape { get; } = shape;

    /// <summary>How the values lie in <see cref="Values"/>.</summary>
    public ImageLayout Layout { get; } = layout;

    /// <summary>The largest number of images the batch can hold.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>Number of images that it holds now, N.</summary>
    public int Count { get; private set; }

    /// <summary>[N, C, H, W] or [N, H, W, C] values.</summary>
    public Span<float> Values => _values.AsSpan(0, Count * Shape.Size);

    /// <summary>[N] labels, each in [0, classes).</summary>
    public Span<int> Labels => _labels.AsSpan(0, Count);

    /// <summary>The values of one image.</summary>
    public Span<float> Image(int index) => Values.Slice(index * Shape.Size, Shape.Size);

    /// <summary>Sets how many images the batch holds; the caller then fills values and labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or more than <see cref="Capacity"/>.</exception>
    public void Resize(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        Count = count;
    }
}
