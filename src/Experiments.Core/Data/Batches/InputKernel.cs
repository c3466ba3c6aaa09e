using Experiments.Core.Data.Images;
using Experiments.Core.Data.Whitening;

namespace Experiments.Core.Data.Batches;

/// <summary>
/// Turns the bytes of an image into values: crop and mirror, then an affine map of each channel, by a table of all 256 pixel values, then, if
/// there is one, a linear map of each pixel's colours. The padding around an image has the channel's mean.
/// </summary>
internal sealed unsafe class InputKernel
{
    private readonly ImageShape _shape;
    private readonly ImageLayout _layout;
    private readonly float[] _table;
    private readonly float[] _outside;
    private readonly float[]? _colours;

    /// <summary>Prepares the table for images of one shape.</summary>
    public InputKernel(ImageShape shape, ImageLayout layout, ChannelMap map)
    {
        (_shape, _layout, _table) = (shape, layout, new float[shape.Channels * 256]);
        for (var i = 0; i < _table.Length; i++)
            _table[i] = (float)(((i % 256 / 255.0) - map.Offset[i / 256]) / map.Scale[i / 256]);
        _outside = [.. map.Mean.Select((mean, channel) => (float)((mean - map.Offset[channel]) / map.Scale[channel]))];
        _colours = map.Colours is { } colours ? [.. colours.Select(value => (float)value)] : null;
    }

    /// <summary>Writes one image.</summary>
    /// <param name="pixels">[C, H, W] bytes.</param>
    /// <param name="crop">Which part of the padded image is taken.</param>
    /// <param name="values">[C, H, W] or [H, W, C] values, all of which are written.</param>
    public void Write(ReadOnlySpan<byte> pixels, Crop crop, Span<float> values)
    {
        var (c, h, w) = (_shape.Channels, _shape.Height, _shape.Width);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, _shape.Size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, _shape.Size);
        var (down, right) = (crop.Top - Crop.Padding, crop.Left - Crop.Padding);
        if (down != 0 || right != 0)
            WriteOutside(values);

        // Rows [y0, y1) and columns [x0, x1) of the cut lie inside the image.
        var (y0, y1) = (Math.Max(0, -down), Math.Min(h, h - down));
        var (x0, x1) = (Math.Max(0, -right), Math.Min(w, w - right));
        var (pixelStep, channelStep) = _layout == ImageLayout.ChannelsFirst ? (1, h * w) : (c, 1);
        var step = crop.Mirrored ? -pixelStep : pixelStep;
        fixed (byte* source = pixels)
        fixed (float* target = values, tables = _table)
        {
            for (var channel = 0; channel < c; channel++)
            {
                var table = tables + (channel * 256);
                for (var y = y0; y < y1; y++)
                {
                    var from = source + (((channel * h) + y + down) * w) + x0 + right;
                    var to = target + (channel * channelStep) + (((y * w) + (crop.Mirrored ? w - 1 - x0 : x0)) * pixelStep);
                    for (var x = x0; x < x1; x++, to += step)
                        *to = table[*from++];
                }
            }
        }

        if (_colours is not null)
            MapColours(values, _colours, pixelStep, channelStep);
    }

    private void WriteOutside(Span<float> values)
    {
        if (!_outside.AsSpan().ContainsAnyExcept(0f))
        {
            values.Clear();
        }
        else if (_layout == ImageLayout.ChannelsFirst)
        {
            var plane = _shape.Height * _shape.Width;
            for (var channel = 0; channel < _outside.Length; channel++)
                values.Slice(channel * plane, plane).Fill(_outside[channel]);
        }
        else
        {
            for (var i = 0; i < values.Length; i += _outside.Length)
                _outside.CopyTo(values[i..]);
        }
    }

    // Multiplies the [C, C] matrix by each pixel's [C] values.
    private void MapColours(Span<float> values, float[] matrix, int pixelStep, int channelStep)
    {
        var c = _shape.Channels;
        Span<float> colour = stackalloc float[c];
        for (var pixel = 0; pixel < _shape.Height * _shape.Width; pixel++)
        {
            for (var channel = 0; channel < c; channel++)
                colour[channel] = values[(pixel * pixelStep) + (channel * channelStep)];
            for (var channel = 0; channel < c; channel++)
            {
                var sum = 0f;
                for (var other = 0; other < c; other++)
                    sum += matrix[(channel * c) + other] * colour[other];
                values[(pixel * pixelStep) + (channel * channelStep)] = sum;
            }
        }
    }
}
