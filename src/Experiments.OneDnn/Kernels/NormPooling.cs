using Experiments.Core.Norms;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// Pools a norm's table of moments [N, C]: which cells share a statistic (the set S_i) is given by <see cref="PoolingBlocks"/>, and this
/// is all that BN, LN, IN, GN and SyncBN differ in. Means and squared deviations are pooled by Chan's formula, in fp64.
/// </summary>
/// <remarks>
/// <see cref="PoolMoments"/> and <see cref="PoolGradients"/> take one block of samples at a time: the rows
/// [first, first + blocks.Samples) of the table, with one statistic for each of the G blocks of channels. Cells of channels before or after the
/// blocks are left as they are.
/// </remarks>
internal static unsafe class NormPooling
{
    /// <summary>
    /// Turns the cells' moments into what normalizes: every cell's mean becomes its block's, and its scale gamma / sqrt(var + epsilon).
    /// </summary>
    /// <param name="tables">Cells' means and deviations; receive mean and scale.</param>
    /// <param name="first">The block's first row.</param>
    /// <param name="blocks">How the table falls into blocks.</param>
    /// <param name="use">
    /// What the statistics are for. Without centring, every block's mean counts as 0, and the deviations are about 0: a sum of terms
    /// that are not negative, which loses no more to rounding than the terms have lost. Without scaling, the scale is gamma.
    /// </param>
    /// <param name="area">H * W, the values each cell is over.</param>
    /// <param name="gamma">[C]; null: 1.</param>
    /// <param name="mean">Receives the mean of each block of channels, [G], or 0 without centring.</param>
    /// <param name="deviations">Receives the M2 of each block of channels, about that mean, [G].</param>
    /// <param name="inverse">Receives 1 / sqrt(var + epsilon) of each block of channels, [G], or 1 without scaling.</param>
    internal static void PoolMoments(
        in NormTables tables, int first, PoolingBlocks blocks, StatisticsUse use, int area, float* gamma, double* mean, double* deviations, double* inverse)
    {
        var channels = blocks.AllChannels;
        var cells = blocks.Samples * blocks.Channels;
        var means = tables.Mean + ((nint)first * channels);
        var cellDeviations = tables.Deviations + ((nint)first * channels);
        var scales = tables.Scale + ((nint)first * channels);
        for (var g = 0; g < blocks.ChannelBlocks; g++)
        {
            var start = blocks.ChannelsBefore + (g * blocks.Channels);
            var sum = 0.0;
            for (var n = 0; n < blocks.Samples; n++)
            {
                for (var c = start; c < start + blocks.Channels; c++)
                    sum += means[(n * channels) + c];
            }

            // Chan et al. 1979, for cells over equally many values: M2 = sum of (cell's M2 + area * (cell's mean - mean)^2), about any mean.
            var blockMean = (use & StatisticsUse.Centre) != 0 ? sum / cells : 0;
            var squares = 0.0;
            for (var n = 0; n < blocks.Samples; n++)
            {
                for (var c = start; c < start + blocks.Channels; c++)
                {
                    var offset = means[(n * channels) + c] - blockMean;
                    squares += cellDeviations[(n * channels) + c] + (area * offset * offset);
                }
            }

            var scale = (use & StatisticsUse.Scale) != 0 ? 1 / Math.Sqrt((squares / ((double)cells * area)) + Norm.Epsilon) : 1;
            (mean[g], deviations[g], inverse[g]) = (blockMean, squares, scale);
            for (var n = 0; n < blocks.Samples; n++)
            {
                for (var c = start; c < start + blocks.Channels; c++)
                {
                    means[(n * channels) + c] = (float)blockMean;
                    scales[(n * channels) + c] = (float)(gamma is null ? scale : scale * gamma[c]);
                }
            }
        }
    }

    /// <summary>
    /// Turns the cells' two sums into the terms of dx. With m values in a block, t the cells' scale, A = sum of t * g and
    /// B = sum of t * g * (x - mean) over it, and i = 1 / sqrt(var + epsilon):
    /// <code>dx = t * g - A / m - (x - mean) * i^2 * B / m</code>
    /// </summary>
    /// <param name="tables">Scale, sums and products; receive level and slope.</param>
    /// <param name="first">The block's first row.</param>
    /// <param name="blocks">How the table falls into blocks.</param>
    /// <param name="use">What the statistics were for: without centring there is no level, without scaling no slope.</param>
    /// <param name="area">H * W.</param>
    /// <param name="inverse">i, [G].</param>
    internal static void PoolGradients(in NormTables tables, int first, PoolingBlocks blocks, StatisticsUse use, int area, double* inverse)
    {
        var channels = blocks.AllChannels;
        var values = (double)blocks.Samples * blocks.Channels * area;
        var start = (nint)first * channels;
        for (var g = 0; g < blocks.ChannelBlocks; g++)
        {
            var from = blocks.ChannelsBefore + (g * blocks.Channels);
            var (sum, product) = (0.0, 0.0);
            for (var n = 0; n < blocks.Samples; n++)
            {
                for (var c = from; c < from + blocks.Channels; c++)
                {
                    var cell = start + (n * channels) + c;
                    double scale = tables.Scale[cell];
                    sum += scale * tables.Sum[cell];
                    product += scale * tables.Product[cell];
                }
            }

            var level = (use & StatisticsUse.Centre) != 0 ? (float)(sum / values) : 0;
            var slope = (use & StatisticsUse.Scale) != 0 ? (float)(inverse[g] * inverse[g] * product / values) : 0;
            for (var n = 0; n < blocks.Samples; n++)
            {
                for (var c = from; c < from + blocks.Channels; c++)
                {
                    tables.Level[start + (n * channels) + c] = level;
                    tables.Slope[start + (n * channels) + c] = slope;
                }
            }
        }
    }

    /// <summary>The gradients by gamma and beta: sums over all rows of s * (i * r * product + d * sum) and of s * sum.</summary>
    /// <param name="tables">Sums and products.</param>
    /// <param name="blocks">How the table falls into blocks.</param>
    /// <param name="inverse">i of every block, [S, G].</param>
    /// <param name="correction">r, d and s.</param>
    /// <param name="gamma">Receives the gradient by gamma, [C]; null: not wanted.</param>
    /// <param name="beta">Receives the gradient by beta, [C]; null: not wanted.</param>
    internal static void AffineGradients(
        in NormTables tables, PoolingBlocks blocks, double* inverse, in NormCorrection correction, float* gamma, float* beta)
    {
        for (var s = 0; s < blocks.SampleBlocks * blocks.Samples; s++)
        {
            var row = s / blocks.Samples * blocks.ChannelBlocks;
            var c = blocks.ChannelsBefore;
            var cell = ((nint)s * blocks.AllChannels) + c;
            for (var g = 0; g < blocks.ChannelBlocks; g++)
            {
                var (factor, d) = correction.R is null ? (inverse[row + g], 0) : (inverse[row + g] * correction.R[row + g], correction.D[row + g]);
                for (var end = c + blocks.Channels; c < end; c++, cell++)
                {
                    var noise = correction.NoiseScale is null ? 1 : correction.NoiseScale[cell];
                    if (gamma is not null)
                        gamma[c] = (float)((s == 0 ? 0 : gamma[c]) + (noise * ((factor * tables.Product[cell]) + (d * tables.Sum[cell]))));
                    if (beta is not null)
                        beta[c] = (s == 0 ? 0 : beta[c]) + (noise * tables.Sum[cell]);
                }
            }
        }
    }
}
