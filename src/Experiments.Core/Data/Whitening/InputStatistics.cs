using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Whitening;

/// <summary>
/// Mean and standard deviation of each channel, with pixels on a scale from 0 to 1: what inputs are standardized with.
/// </summary>
public sealed record InputStatistics
{
    /// <summary>Takes statistics from elsewhere, for example those that foreign weights were trained with.</summary>
    /// <exception cref="ExperimentException">The lengths differ, a value is not finite, or a standard deviation is negative.</exception>
    public InputStatistics(ImmutableArray<double> mean, ImmutableArray<double> standardDeviation)
    {
        if (mean.Length != standardDeviation.Length)
        {
            throw new ExperimentException($"The input statistics have {mean.Length} means and {standardDeviation.Length} standard deviations; " +
                "expected one of each for every channel.");
        }

        for (var channel = 0; channel < mean.Length; channel++)
        {
            if (!double.IsFinite(mean[channel]) || !double.IsFinite(standardDeviation[channel]) || standardDeviation[channel] < 0)
                throw Wrong(mean, standardDeviation, channel, "both must be finite, and the standard deviation not negative");
        }

        (Mean, StandardDeviation) = (mean, standardDeviation);
    }

    /// <summary>[C] means; 0 is black, 1 is the brightest.</summary>
    public ImmutableArray<double> Mean { get; }

    /// <summary>[C] standard deviations (biased: divided by the number of pixels), on the same scale; 0 if all pixels of a channel are equal.</summary>
    public ImmutableArray<double> StandardDeviation { get; }

    /// <summary>Checks that no channel is constant, so that inputs can be divided by the standard deviations.</summary>
    /// <exception cref="ExperimentException">A channel is constant.</exception>
    public void CheckVaries()
    {
        var constant = StandardDeviation.IndexOf(0);
        if (constant >= 0)
            throw Wrong(Mean, StandardDeviation, constant, "inputs are divided by the standard deviation, so it must be above 0: take --input none, which does not divide");
    }

    /// <summary>Statistics over every pixel of every image of a set.</summary>
    public static InputStatistics Of(ImageSet images)
    {
        var plane = images.Shape.Height * images.Shape.Width;
        var sums = new long[images.Shape.Channels];
        var squares = new long[images.Shape.Channels];
        for (var i = 0; i < images.Count; i++)
        {
            var pixels = images.Pixels(i);
            for (var channel = 0; channel < sums.Length; channel++)
            {
                var (sum, square) = Sums(pixels.Slice(channel * plane, plane));
                sums[channel] += sum;
                squares[channel] += square;
            }
        }

        // n * E[x^2] - E[x]^2 is safe here and only here: these are integers, so nothing is rounded before the division.
        var n = (double)images.Count * plane;
        var mean = sums.Select(sum => sum / n / 255);
        var deviation = sums.Zip(squares, (sum, square) =>
            Math.Sqrt((double)(((Int128)square * images.Count * plane) - ((Int128)sum * sum))) / n / 255);
        return new InputStatistics([.. mean], [.. deviation]);
    }

    private static ExperimentException Wrong(ImmutableArray<double> mean, ImmutableArray<double> standardDeviation, int channel, string why) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"Channel {channel} of the input has mean {mean[channel]} and standard deviation {standardDeviation[channel]}; {why}."));

    // Sum and sum of squares of bytes, widened to 32 bits; a lane can hold the sum of 66,000 of the largest squares.
    private static (long Sum, long Squares) Sums(ReadOnlySpan<byte> bytes)
    {
        long sum = 0, squares = 0;
        while (!bytes.IsEmpty)
        {
            var block = bytes[..Math.Min(bytes.Length, 16_384)];
            bytes = bytes[block.Length..];
            var (sumLanes, squareLanes) = (Vector<uint>.Zero, Vector<uint>.Zero);
            var i = 0;
            for (; i <= block.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                Vector.Widen(new Vector<byte>(block[i..]), out var low, out var high);
                AddLanes(low);
                AddLanes(high);
            }

            sum += Vector.Sum(sumLanes);
            squares += Vector.Sum(squareLanes);
            for (; i < block.Length; i++)
            {
                sum += block[i];
                squares += block[i] * block[i];
            }

            void AddLanes(Vector<ushort> values)
            {
                // 255 * 255 fits into 16 bits.
                Vector.Widen(values, out var low, out var high);
                Vector.Widen(values * values, out var lowSquares, out var highSquares);
                sumLanes += low + high;
                squareLanes += lowSquares + highSquares;
            }
        }

        return (sum, squares);
    }
}
