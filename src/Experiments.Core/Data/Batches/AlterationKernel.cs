using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Batches;

/// <summary>
/// Alters images: bytes in, bytes out, as CIFAR-10-C is stored. The constants of the five strengths are those that CIFAR-10-C was made with
/// (github.com/hendrycks/robustness, ImageNet-C/create_c/make_cifar_c.py), on a scale from 0 to 1; values are rounded to the nearest
/// byte, where that script rounds down.
/// </summary>
internal sealed class AlterationKernel
{
    // The noise belongs to the measurement and not to a run: it is the same for all seeds.
    private const ulong NoiseSeed = 0;

    private static readonly double[] Brightness = [0.05, 0.1, 0.15, 0.2, 0.3];
    private static readonly double[] Contrast = [0.75, 0.5, 0.4, 0.3, 0.15];
    private static readonly double[] NoiseDeviation = [0.04, 0.06, 0.08, 0.09, 0.10];
    private static readonly double[] TintPart = [0.1, 0.2, 0.3, 0.4, 0.5];
    private static readonly double[] TintColour = [230, 140, 60];
    private static readonly double[] BlurDeviation = [0.4, 0.6, 0.7, 0.8, 1];

    private readonly ImageShape _shape;
    private readonly Alteration _alteration;
    private readonly byte[] _altered;
    private readonly double[] _weights;
    private readonly double[] _rows;

    /// <summary>Prepares an alteration of images of one shape.</summary>
    public AlterationKernel(ImageShape shape, Alteration alteration)
    {
        (_shape, _alteration, _altered) = (shape, alteration, new byte[shape.Size]);
        _weights = alteration.Kind == AlterationKind.Blur ? Gaussian(BlurDeviation[alteration.Strength - 1]) : [];
        _rows = new double[shape.Height * shape.Width];
    }

    /// <summary>Alters one image; the result is void at the next call.</summary>
    /// <param name="pixels">[C, H, W] bytes.</param>
    /// <param name="image">Its place in the data set, which determines its noise.</param>
    /// <returns>[C, H, W] bytes.</returns>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> pixels, int image)
    {
        var strength = _alteration.Strength - 1;
        switch (_alteration.Kind)
        {
            case AlterationKind.None:
                return pixels;
            case AlterationKind.Brightness:
                Brighten(pixels, 255 * Brightness[strength]);
                return _altered;
            case AlterationKind.Contrast:
                Fade(pixels, Contrast[strength]);
                return _altered;
            case AlterationKind.Noise:
                AddNoise(pixels, 255 * NoiseDeviation[strength], new RandomStream(NoiseSeed, RandomPurpose.Alteration, _alteration.Strength, image));
                return _altered;
            case AlterationKind.Blur:
                Blur(pixels);
                return _altered;
            case AlterationKind.Invert:
                for (var i = 0; i < pixels.Length; i++)
                    _altered[i] = (byte)(byte.MaxValue - pixels[i]);
                return _altered;
            case AlterationKind.Tint:
                Tint(pixels, TintPart[strength]);
                return _altered;
            default:
                throw new InvalidOperationException($"unknown alteration: {_alteration.Kind}.");
        }
    }

    // V of HSV is the largest channel; hue and saturation stay when all channels grow in proportion. Black has no hue and becomes grey.
    private void Brighten(ReadOnlySpan<byte> pixels, double added)
    {
        var plane = _shape.Height * _shape.Width;
        for (var i = 0; i < plane; i++)
        {
            var largest = 0;
            for (var j = i; j < pixels.Length; j += plane)
                largest = Math.Max(largest, pixels[j]);
            var value = Math.Min(255, largest + added);
            for (var j = i; j < pixels.Length; j += plane)
                _altered[j] = Byte(largest == 0 ? value : pixels[j] * value / largest);
        }
    }

    private void Fade(ReadOnlySpan<byte> pixels, double factor)
    {
        var plane = _shape.Height * _shape.Width;
        for (var first = 0; first < pixels.Length; first += plane)
        {
            var channel = pixels.Slice(first, plane);
            var sum = 0;
            foreach (var pixel in channel)
                sum += pixel;
            var mean = (double)sum / plane;
            for (var i = 0; i < plane; i++)
                _altered[first + i] = Byte(((channel[i] - mean) * factor) + mean);
        }
    }

    private void AddNoise(ReadOnlySpan<byte> pixels, double deviation, RandomStream random)
    {
        for (var i = 0; i < pixels.Length; i++)
            _altered[i] = Byte(pixels[i] + (deviation * random.NextNormal()));
    }

    private void Tint(ReadOnlySpan<byte> pixels, double part)
    {
        var plane = _shape.Height * _shape.Width;
        for (var i = 0; i < pixels.Length; i++)
            _altered[i] = Byte(((1 - part) * pixels[i]) + (part * (_shape.Channels == TintColour.Length ? TintColour[i / plane] : TintColour.Average())));
    }

    // Blurs along the rows, then along the columns.
    private void Blur(ReadOnlySpan<byte> pixels)
    {
        var (h, w, radius) = (_shape.Height, _shape.Width, _weights.Length / 2);
        for (var first = 0; first < pixels.Length; first += h * w)
        {
            for (var i = 0; i < h * w; i++)
            {
                var (row, x, sum) = (first + (i / w * w), i % w, 0.0);
                for (var k = -radius; k <= radius; k++)
                    sum += _weights[k + radius] * pixels[row + Math.Clamp(x + k, 0, w - 1)];
                _rows[i] = sum;
            }

            for (var i = 0; i < h * w; i++)
            {
                var (y, x, sum) = (i / w, i % w, 0.0);
                for (var k = -radius; k <= radius; k++)
                    sum += _weights[k + radius] * _rows[(Math.Clamp(y + k, 0, h - 1) * w) + x];
                _altered[first + i] = Byte(sum);
            }
        }
    }

    // The weights end at four standard deviations, as in skimage.filters.gaussian, which made the blur of CIFAR-10-C.
    private static double[] Gaussian(double deviation)
    {
        var radius = (int)((4 * deviation) + 0.5);
        double[] weights = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(x => Math.Exp(-x * x / (2 * deviation * deviation)))];
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
