using System.Collections.Immutable;
using Experiments.Core.Data.Images;
using MathNet.Numerics.LinearAlgebra;

namespace Experiments.Core.Data.Whitening;

/// <summary>
/// The map of each pixel of an image, on a scale from 0 to 1: (x - offset) / scale of its channel, then a linear map of its colours.
/// </summary>
internal sealed record ChannelMap
{
    /// <summary>[C] values that become 0.</summary>
    public required ImmutableArray<double> Offset { get; init; }

    /// <summary>[C] divisors.</summary>
    public required ImmutableArray<double> Scale { get; init; }

    /// <summary>[C] means of the training images, which fill the padding around an image.</summary>
    public required ImmutableArray<double> Mean { get; init; }

    /// <summary>[C, C] matrix that a pixel's colours are multiplied with; null if there is none.</summary>
    public ImmutableArray<double>? Colours { get; init; }

    /// <summary>The map (x - mean) / sd.</summary>
    /// <exception cref="ExperimentException">A channel is constant.</exception>
    public static ChannelMap ZScore(InputStatistics statistics)
    {
        statistics.CheckVaries();
        return new() { Offset = statistics.Mean, Scale = statistics.StandardDeviation, Mean = statistics.Mean };
    }

    /// <summary>The map of a normalization for a data set.</summary>
    /// <exception cref="ExperimentException">The training images do not vary enough for this normalization.</exception>
    public static ChannelMap Of(InputNormalization normalization, ImageSet training, InputStatistics statistics) => normalization switch
    {
        InputNormalization.None => Bytes(statistics.Mean),
        InputNormalization.MinMax => MinMax(training, statistics),
        InputNormalization.ZScore => ZScore(statistics),
        InputNormalization.Pca => Centre(statistics.Mean) with { Colours = ColourWhitening(training, statistics.Mean) },
        InputNormalization.Zca => Centre(statistics.Mean),
        _ => throw new ArgumentOutOfRangeException(nameof(normalization), normalization, "An unknown input normalization."),
    };

    private static ChannelMap Bytes(ImmutableArray<double> mean) =>
        new() { Offset = All(mean.Length, 0), Scale = All(mean.Length, 1.0 / 255), Mean = mean };

    private static ChannelMap Centre(ImmutableArray<double> mean) => new() { Offset = mean, Scale = All(mean.Length, 1), Mean = mean };

    private static ChannelMap MinMax(ImageSet training, InputStatistics statistics)
    {
        statistics.CheckVaries();
        var mean = statistics.Mean;
        var (c, plane) = (training.Shape.Channels, training.Shape.Height * training.Shape.Width);
        var (smallest, largest) = (new double[c], new double[c]);
        smallest.AsSpan().Fill(byte.MaxValue);
        for (var i = 0; i < training.Count; i++)
        {
            var pixels = training.Pixels(i);
            for (var channel = 0; channel < c; channel++)
            {
                foreach (var pixel in pixels.Slice(channel * plane, plane))
                    (smallest[channel], largest[channel]) = (Math.Min(smallest[channel], pixel), Math.Max(largest[channel], pixel));
            }
        }

        return new() { Offset = [.. smallest.Select(s => s / 255)], Scale = [.. smallest.Zip(largest, (s, l) => (l / 255) - (s / 255))], Mean = mean };
    }

    private static ImmutableArray<double> ColourWhitening(ImageSet training, ImmutableArray<double> mean)
    {
        var c = mean.Length;
        var decomposition = Matrix<double>.Build.Dense(c, c, ColourCovariance(training, mean)).Evd(Symmetricity.Symmetric);

        // Eigenvalues come in ascending order. If a grey set is stored in colour, all but the largest are 0; no factor turns them into variance 1.
        var matrix = new double[c * c];
        for (var row = 0; row < c; row++)
        {
            var variance = decomposition.EigenValues[c - 1 - row].Real;
            if (variance <= 1e-12)
            {
                throw new ExperimentException(
                    "The channels of the training images depend on each other (their covariance matrix is singular), so they cannot be whitened: take --input z-score.");
            }

            // An eigenvector is determined up to its sign: its largest component is made positive.
            var vector = decomposition.EigenVectors.Column(c - 1 - row);
            var sign = Math.Sign(vector[vector.AbsoluteMaximumIndex()]);
            for (var column = 0; column < c; column++)
                matrix[(row * c) + column] = sign * vector[column] / Math.Sqrt(variance);
        }

        return [.. matrix];
    }

    // [C, C], biased: divided by the number of pixels. Sums of products of bytes are integers, so nothing is rounded before the mean is subtracted.
    private static double[] ColourCovariance(ImageSet training, ImmutableArray<double> mean)
    {
        var (c, plane) = (training.Shape.Channels, training.Shape.Height * training.Shape.Width);
        var products = new long[c * c];
        for (var i = 0; i < training.Count; i++)
        {
            var pixels = training.Pixels(i);
            for (var a = 0; a < c; a++)
            {
                for (var b = a; b < c; b++)
                    products[(a * c) + b] += Product(pixels.Slice(a * plane, plane), pixels.Slice(b * plane, plane));
            }
        }

        var n = (double)training.Count * plane;
        var covariance = new double[c * c];
        for (var a = 0; a < c; a++)
        {
            for (var b = a; b < c; b++)
                covariance[(a * c) + b] = covariance[(b * c) + a] = (products[(a * c) + b] / n / 255 / 255) - (mean[a] * mean[b]);
        }

        return covariance;
    }

    private static long Product(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var sum = 0L;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static ImmutableArray<double> All(int count, double value) => [.. Enumerable.Repeat(value, count)];
}
