using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Whitening;

/// <summary>Whitens blocks of images in the layout of a batch.</summary>
internal sealed class ZcaKernel
{
    /// <summary>
    /// Number of images that are whitened together. The matrix is read from memory once for each block; if it were read for each image, the
    /// processor would wait for memory.
    /// </summary>
    public const int BlockSize = 64;

    private readonly PackedMatrix _matrix;
    private readonly float[] _offset;

    /// <summary>Puts rows and columns of a whitening into the order of a layout.</summary>
    public ZcaKernel(ZcaWhitening whitening, ImageShape shape, ImageLayout layout)
    {
        var size = shape.Size;
        var (c, plane) = (shape.Channels, shape.Height * shape.Width);
        var order = new int[size];
        for (var i = 0; i < size; i++)
            order[i] = layout == ImageLayout.ChannelsFirst ? i : (i % c * plane) + (i / c);

        // The matrix is symmetric: the product with an image as a row is the same as with the image as a column.
        _matrix = new PackedMatrix(size, size);
        var row = new float[size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                row[j] = whitening.Matrix[(order[i] * size) + order[j]];
            _matrix.SetRow(i, row);
        }

        _offset = Array.ConvertAll(order, i => whitening.Offset[i]);
    }

    /// <summary>Whitens [N, D] images, from which the means of the channels are already subtracted; the result is [N, D], too.</summary>
    public void Whiten(ReadOnlySpan<float> images, Span<float> result)
    {
        for (var first = 0; first < result.Length; first += _offset.Length)
            _offset.CopyTo(result[first..]);
        _matrix.AddProduct(images, result);
    }
}
