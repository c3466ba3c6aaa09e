using Experiments.Core.Files;

namespace Experiments.Core.Data.Images;

/// <summary>
/// The training or the test images of a <see cref="Dataset"/>: [N, C, H, W] bytes that lie in a file mapped into memory, not on the heap.
/// The spans it returns must not be used after the data set is disposed of.
/// </summary>
public sealed class ImageSet
{
    private readonly MappedFile _file;
    private readonly long _pixelsAt;
    private readonly long _labelsAt;
    private readonly int _labelBytes;
    private readonly int[] _records;

    // The label in this set for each label in the file, -1 if the class is left out; null if the set has all classes.
    private readonly int[]? _labels;

    internal ImageSet(MappedFile file, ImageShape shape, int classes, long pixelsAt, long labelsAt, int labelBytes, int[] records, int[]? labels = null)
    {
        (_file, Shape, Classes, _pixelsAt, _labelsAt, _labelBytes, _records, _labels) = (file, shape, classes, pixelsAt, labelsAt, labelBytes, records, labels);
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
        var bytes = _file.Bytes(_labelsAt + ((long)_records[index] * _labelBytes), _labelBytes);
        var label = bytes.Length == 1 ? bytes[0] : bytes[0] | (bytes[1] << 8);
        return _labels is null ? label : _labels[label];
    }

    /// <summary>How many images each class has, in the order of the labels.</summary>
    public IReadOnlyList<int> ClassCounts()
    {
        var counts = new int[Classes];
        for (var i = 0; i < Count; i++)
            counts[Label(i)]++;
        return counts;
    }

    /// <summary>A set of only the given images of this one, in the given order.</summary>
    internal ImageSet Only(int[] images) =>
        new(_file, Shape, Classes, _pixelsAt, _labelsAt, _labelBytes, Array.ConvertAll(images, image => _records[image]), _labels);

    /// <summary>The images of some classes, in the same order, with labels renumbered from 0.</summary>
    /// <param name="labels">The classes' labels, in order.</param>
    internal ImageSet OfClasses(IReadOnlyList<int> labels)
    {
        var present = new int[Classes];
        Array.Fill(present, -1);
        for (var label = 0; label < labels.Count; label++)
            present[labels[label]] = label;
        var records = Enumerable.Range(0, Count).Where(image => present[Label(image)] >= 0).Select(image => _records[image]);
        return new ImageSet(_file, Shape, labels.Count, _pixelsAt, _labelsAt, _labelBytes, [.. records], present);
    }
}
