using Experiments.Core.Norms;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>
/// A norm layer with the sum and the ReLU that may follow it, written in fp64 straight from the formulas, to be read beside the paper:
/// nothing is fused, pooled or saved. Maps are [N, H*W, C].
/// </summary>
/// <param name="norm">Which norm; this class defines its set S_i a second time, by the norm's name.</param>
/// <param name="images">N.</param>
/// <param name="workers">The workers that the images fall into.</param>
/// <param name="area">H * W.</param>
/// <param name="channels">C.</param>
internal sealed class Twin(Norm norm, int images, int workers, int area, int channels)
{
    /// <summary>[C]; 1 where the norm has none.</summary>
    internal double[] Gamma { get; init; } = [.. Enumerable.Repeat(1.0, channels)];

    /// <summary>[C]; 0 where the norm has none.</summary>
    internal double[] Beta { get; init; } = new double[channels];

    /// <summary>
    /// The sets S_i (Eqns 3, 4, 5, 7): the indices of the values that share one mean and one variance. None if nothing is normalized.
    /// </summary>
    internal IReadOnlyList<int[]> Sets { get; } = norm.Pooling is null ? [] :
    [
        .. Enumerable.Range(0, images * area * channels)
            .GroupBy(i =>
            {
                var (n, place, c) = (i / (area * channels), i / channels % area, i % channels);
                return (norm.Pooling!.Places == PlaceSpan.One ? place : -1, norm.Name switch
                {
                    "bn" or "mean-only-bn" or "wn-mean-only-bn" or "batch-renorm" or "noisy-bn" => (n / (images / workers), c),
                    "ghost-bn" => (n / 2, c),
                    "bgn" => (n / 2, c / norm.Pooling!.Channels.ChannelsIn(channels)),
                    "syncbn" => (0, c),
                    "ln" or "ln-channels" => (n, 0),
                    "in" => (n, c),
                    "in-bn" => (c < channels / 2 ? n : n / (images / workers), c),
                    "gn" or "rms" => (n, c / norm.Pooling!.Channels.ChannelsIn(channels)),
                    _ => throw new ArgumentException($"Which values share a statistic under {norm.Name}? Every norm of the catalogue has a twin."),
                });
            })
            .Select(set => set.ToArray()),
    ];

    /// <summary>Batch Renormalization's r and d of a worker's channel (Ioffe 2017, algorithm 1): any numbers, no gradient flows through them.</summary>
    internal (double R, double D) Correction(int worker, int channel) => norm.Renorm is null ? (1, 0)
        : (1 + (0.3 * Math.Sin((7 * worker) + channel)), 0.5 * Math.Cos((5 * worker) + channel));

    /// <summary>A noisy BN's s and m of an image's channel (Santurkar et al. 2018): any numbers.</summary>
    internal (double S, double M) Noise(int image, int channel) => !norm.IsNoisy ? (1, 0)
        : (1 + (0.2 * Math.Sin((3 * image) + channel)), 0.5 * Math.Cos((2 * image) + channel));

    private (double S, double M) NoiseAt(int i) => Noise(i / (area * channels), i % channels);

    private double RAt(int i) => Correction(i / (area * channels) / (images / workers), i % channels).R;

    /// <summary>The mean of a set (Eqn 2).</summary>
    internal static double Mean(double[] x, int[] set) => set.Average(i => x[i]);

    /// <summary>The sum of squared deviations of a set: m times the variance (Eqn 2).</summary>
    internal static double Deviations(double[] x, int[] set)
    {
        var mean = Mean(x, set);
        return set.Sum(i => (x[i] - mean) * (x[i] - mean));
    }

    /// <summary>
    /// y = gamma * x^ + beta (Eqns 1 and 6) with x^ = (x - mean) / sqrt(var + epsilon) * r + d, then s * y + m, then + residual, then ReLU.
    /// </summary>
    internal double[] Forward(double[] x, double[]? residual, bool relu)
    {
        var normalized = Normalized(x);
        return [.. x.Select((_, i) =>
        {
            var (s, m) = NoiseAt(i);
            var y = (s * ((Gamma[i % channels] * normalized[i]) + Beta[i % channels])) + m + (residual?[i] ?? 0);
            return relu ? Math.Max(y, 0) : y;
        })];
    }

    /// <summary>
    /// The gradients by the chain rule, as Ioffe and Szegedy (2015, section 3) write them: through the variance, through the mean, and
    /// directly.
    /// </summary>
    /// <param name="x">The input.</param>
    /// <param name="residual">What was added; null: nothing. The gradient by it is the second result.</param>
    /// <param name="relu">Whether a ReLU followed.</param>
    /// <param name="dy">The gradient by the output.</param>
    internal (double[] Dx, double[] G, double[] DGamma, double[] DBeta) Backward(double[] x, double[]? residual, bool relu, double[] dy)
    {
        var y = Forward(x, residual, relu: false);
        var g = dy.Select((value, i) => !relu || y[i] > 0 ? value : 0).ToArray();
        var normalized = Normalized(x);
        var (gamma, beta) = (new double[channels], new double[channels]);
        for (var i = 0; i < g.Length; i++)
        {
            gamma[i % channels] += g[i] * NoiseAt(i).S * normalized[i];
            beta[i % channels] += g[i] * NoiseAt(i).S;
        }

        var dx = g.Select((value, i) => value * NoiseAt(i).S * Gamma[i % channels] * RAt(i)).ToArray();
        foreach (var set in Sets)
        {
            var m = set.Length;
            if (norm.Use == StatisticsUse.Centre)
            {
                var average = set.Average(i => dx[i]);
                foreach (var i in set)
                    dx[i] -= average;
                continue;
            }

            if (norm.Use == StatisticsUse.Scale)
            {
                // Of x / r with r^2 = the mean of x^2, so that dr/dx = x / (r * m).
                var r = Math.Sqrt(set.Average(i => x[i] * x[i]) + Norm.Epsilon);
                var byR = set.Sum(i => dx[i] * x[i]) * -1 / (r * r);
                foreach (var i in set)
                    dx[i] = (dx[i] / r) + (byR * x[i] / (r * m));
                continue;
            }

            var mean = Mean(x, set);
            var variance = (Deviations(x, set) / m) + Norm.Epsilon;
            var byVariance = set.Sum(i => dx[i] * (x[i] - mean)) * -0.5 * Math.Pow(variance, -1.5);
            var byMean = set.Sum(i => dx[i]) * -1 / Math.Sqrt(variance);
            foreach (var i in set)
                dx[i] = (dx[i] / Math.Sqrt(variance)) + (byVariance * 2 * (x[i] - mean) / m) + (byMean / m);
        }

        return (dx, g, gamma, beta);
    }

    /// <summary>(x - mean) / sqrt(var + epsilon) (Eqn 1) * r + d, or x - mean, or x / sqrt(mean of x^2 + epsilon), or x.</summary>
    private double[] Normalized(double[] x)
    {
        var normalized = (double[])x.Clone();
        foreach (var set in Sets)
        {
            var (mean, variance) = (Mean(x, set), Deviations(x, set) / set.Length);
            var (r, d) = Correction(set[0] / (area * channels) / (images / workers), set[0] % channels);
            foreach (var i in set)
                normalized[i] = norm.Use switch
                {
                    StatisticsUse.Centre => x[i] - mean,
                    StatisticsUse.Scale => x[i] / Math.Sqrt(set.Average(j => x[j] * x[j]) + Norm.Epsilon),
                    _ => ((x[i] - mean) / Math.Sqrt(variance + Norm.Epsilon) * r) + d,
                };
        }

        return normalized;
    }
}
