namespace Experiments.Core.Data;

/// <summary>
/// Turns the bytes of an image into the standardized values that a network takes: crop and mirror, then (pixel/255 - mean) / sd of its
/// channel, by a table of all 256 pixels. Outside of the image lies 0.
/// </summary>
internal sealed unsafe class InputKernel
{
    private readonly ImageShape _shape;
    private readonly ImageLayout _layout;
    private readonly float[] _table;

    /// <summary>Prepares the table for images of one shape.</summary>
    public InputKernel(ImageShape shape, ImageLayout layout, InputStatistics statistics)
    {
        (_shape, _layout, _table) = (shape, layout, new float[shape.Channels * 256]);
        for (var i = 0; i < _table.Length; i++)
            _table[i] = (float)(((i % 256 / 255.0) - statistics.Mean[i / 256]) / statistics.StandardDeviation[i / 256]);
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
            values.Clear();

        // Of the cut, rows [y0, y1) and columns [x0, x1) lie inside the image.
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
    }
}
