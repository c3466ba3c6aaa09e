using Experiments.Core.Files;

namespace Experiments.Core.Data.Images;

/// <summary>
/// The training or the test images of a <see cref="Dataset"/>: [N, C, H, W] bytes that lie in a file mapped into memory, not on the heap.
/// Spans it returns must not outlive the data set.
/// </summary>
public sealed class ImageSet
{
    private readonly MappedFile _file;
    private readonly long _pixelsAt;
    private readonly long _labelsAt;
    private readonly int _labelBytes;
    private readonly int[] _records;

    internal ImageSet(MappedFile file, ImageShape shape, int classes, long pixelsAt, long labelsAt, int labelBytes, int[] records)
    {
        (_file, Shape, Classes, _pixelsAt, _labelsAt, _labelBytes, _records) = (file, shape, classes, pixelsAt, labelsAt, labelBytes, records);
    }

    /// <summary>The size of an image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Number of images, N.</summary>
    public int Count => _records.Length;

    /// <summary>[N] positions of the images in the whole part of the data set.</summary>
    internal ReadOnlySpan<int> Records => _records;

    /// <summary>The [C, H, W] pixels of one image, 0 to 255.</summary>
    /// <exception cref="ObjectDisposedException">The data set has been disposed of.</exception>
    public ReadOnlySpan<byte> Pixels(int index) => _file.Bytes(_pixelsAt + ((long)_records[index] * Shape.Size), Shape.Size);

    /// <summary>The label of one image, in [0, <see cref="Classes"/>).</summary>
    /// <exception cref="ObjectDisposedException">The data set has been disposed of.</exception>
    public int Label(int index)
    {
        var label = _file.Bytes(_labelsAt + ((long)_records[index] * _labelBytes), _labelBytes);
        return label.Length == 1 ? label[0] : label[0] | (label[1] << 8);
    }

    /// <summary>How many images each class has, in the order of the labels.</summary>
    public IReadOnlyList<int> ClassCounts()
    {
        var counts = new int[Classes];
        for (var i = 0; i < Count; i++)
            counts[Label(i)]++;
        return counts;
    }

    /// <summary>The same set with only the given images of it, in the given order.</summary>
    internal ImageSet Only(int[] images) =>
        new(_file, Shape, Classes, _pixelsAt, _labelsAt, _labelBytes, Array.ConvertAll(images, image => _records[image]));
}
