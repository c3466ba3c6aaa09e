using Experiments.Core.Norms;

namespace Experiments.Torch;

/// <summary>Is told a forward pass's pooled statistics, and says how they are corrected.</summary>
/// <param name="mean">[S, 1, G, 1, 1].</param>
/// <param name="deviations">The sums of squared deviations, likewise.</param>
/// <param name="count">The values that each of them is over.</param>
/// <returns>Batch Renormalization's r and d, likewise; null: none.</returns>
internal delegate (Tensor R, Tensor D)? StatisticsListener(Tensor mean, Tensor deviations, long count);

/// <summary>What a norm does with a feature map beside its scale and shift.</summary>
/// <param name="Blocks">How the table of moments [N, C] falls into blocks.</param>
/// <param name="Use">What is used of the statistics.</param>
/// <param name="Epsilon">[1].</param>
/// <param name="Listener">Is told the statistics.</param>
/// <param name="NoiseScale">s of y = s * a + m, [N, C]; null: no noise.</param>
/// <param name="NoiseShift">m, likewise.</param>
internal sealed record NormStep(
    PoolingBlocks Blocks, StatisticsUse Use, Tensor Epsilon, StatisticsListener? Listener, Tensor? NoiseScale, Tensor? NoiseShift);

/// <summary>
/// Moments, pool, <c>y = gamma * (x - mean) / sqrt(var + epsilon) + beta</c> (Eqns 1, 2 and 6), and the same walk back: two sums a cell,
/// the same pooling, one pass that writes dx. A feature map is here [S, s, G, c, A]: S x G blocks of s samples and c channels that
/// share a statistic, and the A = H*W places that every statistic is over. Reducing A gives the table of moments, reducing s and c
/// pools it, and what is left broadcasts over the map.
/// <para>
/// What corrects the statistics (r and d) and what follows the scale and shift (s and m) are constants to the gradient:
/// <c>y = s * (gamma * ((x - mean) / sqrt(var + epsilon) * r + d) + beta) + m</c>.
/// </para>
/// <para>
/// Nothing is computed from x itself but from x less its cell's mean, forth and back: so a large mean costs no precision.
/// </para>
/// </summary>
internal sealed class NormFunction : autograd.SingleTensorFunction<NormFunction>
{
    private const string Shape = "shape";
    private const string Gamma = "gamma";
    private const string Beta = "beta";
    private const string Use = "use";

    private static readonly long[] s_area = [4];
    private static readonly long[] s_block = [1, 3];
    private static readonly long[] s_samples = [0, 1];

    /// <inheritdoc/>
    public override string Name => nameof(NormFunction);

    /// <summary>Normalizes.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="gamma">[C], or null.</param>
    /// <param name="beta">[C], or null.</param>
    /// <param name="step">What is done.</param>
    /// <returns>y, [N, C, H, W].</returns>
    internal static Tensor Normalize(Tensor input, Tensor? gamma, Tensor? beta, NormStep step) => apply(input, gamma, beta, step);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object?[] vars)
    {
        var (input, step) = ((Tensor)vars[0]!, (NormStep)vars[3]!);
        var blocks = step.Blocks;
        var shape = input.shape;
        var area = shape[2] * shape[3];
        var count = blocks.Samples * blocks.Channels * area;
        var x = input.view(blocks.SampleBlocks, blocks.Samples, blocks.ChannelBlocks, blocks.Channels, area);
        var gamma = ((Tensor?)vars[1])?.view(blocks.ChannelBlocks, blocks.Channels, 1);
        var beta = ((Tensor?)vars[2])?.view(blocks.ChannelBlocks, blocks.Channels, 1);

        // The table of moments, [S, s, G, c, 1]: each cell's mean and sum of squared deviations M2.
        var cellMean = x.mean(s_area, keepdim: true);
        var centred = x - cellMean;
        var cellDeviations = (centred * centred).sum(s_area, keepdim: true);

        // Pooled to [S, 1, G, 1, 1] by Chan's formula: the mean of the means, and M2 = sum(M2 + A * (cell's mean - mean)^2).
        var mean = cellMean.mean(s_block, keepdim: true);
        var offset = cellMean - mean;
        var deviations = cellDeviations.add(offset * offset, area).sum(s_block, keepdim: true);
        var correction = step.Listener?.Invoke(mean, deviations, count);

        // x - mean is (x - cell's mean) + (cell's mean - mean), and the second term is a shift of the whole cell.
        var inverse = step.Use == StatisticsUse.Mean ? ones_like(mean) : step.Epsilon.add(deviations, 1.0 / count).rsqrt();
        var factor = correction is { } c ? inverse * c.R : inverse;
        var scale = gamma is null ? PerChannel(factor, blocks.Channels) : factor * gamma;
        var level = correction?.D;
        if (level is not null && gamma is not null)
            level *= gamma;
        if (beta is not null)
            level = level is null ? beta : level + beta;
        var noise = step.NoiseScale?.view(blocks.SampleBlocks, blocks.Samples, blocks.ChannelBlocks, blocks.Channels, 1);
        if (noise is not null)
        {
            scale *= noise;
            var fresh = step.NoiseShift!.view(noise.shape);
            level = level is null ? fresh : (level * noise) + fresh;
        }

        var shift = level is null ? offset * scale : offset * scale + level;
        ctx.save_data(Use, step.Use);
        ctx.save_for_backward([centred, offset, inverse, scale, factor, correction?.D, noise]);
        ctx.save_data(Shape, shape);
        ctx.save_data(Gamma, gamma is not null);
        ctx.save_data(Beta, beta is not null);
        // Detached, since a function's result that is a view may not be changed in place, as the ReLU after it does.
        return (centred * scale).add_(shift).view(shape).detach();
    }

    /// <inheritdoc/>
    public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (centred, offset, inverse, scale, factor, correction, noise) = (saved[0]!, saved[1]!, saved[2]!, saved[3]!, saved[4]!, saved[5], saved[6]);
        var dy = grad_output.reshape(centred.shape);
        var (samples, channels, area) = (centred.size(1), centred.size(3), centred.size(4));

        // Two sums a cell, [S, s, G, c, 1]: of dy, and of dy * (x - mean).
        var sum = dy.sum(s_area, keepdim: true);
        var product = (dy * centred).sum(s_area, keepdim: true).add_(offset * sum);

        // Pooled as the moments were, [S, 1, G, 1, 1]: what the mean and the variance, being functions of x, contribute to dx.
        var byMean = (sum * scale).sum(s_block, keepdim: true);
        var byVariance = (product * scale).sum(s_block, keepdim: true).mul_(inverse).mul_(inverse);
        if (ctx.get_data(Use) is StatisticsUse.Mean)
            byVariance.zero_();

        // dx = scale * dy - (byMean + (x - mean) * byVariance) / (s * c * A)
        var slope = PerChannel(byVariance, channels);
        var level = byMean + (offset * slope);
        var dx = (dy * scale).add_((centred * slope).add_(level), -1.0 / (samples * channels * area));

        // dgamma = sum of s * dy * ((x - mean) * r / sqrt(var + epsilon) + d), dbeta = sum of s * dy
        var byGamma = product * factor;
        if (correction is not null)
            byGamma.add_(correction * sum);
        var dgamma = ctx.get_data(Gamma) is true ? OverSamples(byGamma) : null;
        var dbeta = ctx.get_data(Beta) is true ? OverSamples(sum) : null;
        return [dx.view((long[])ctx.get_data(Shape)!).MoveToOuterDisposeScope(), dgamma, dbeta, null];

        Tensor OverSamples(Tensor table) => (noise is null ? table : table * noise).sum(s_samples).flatten().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// One value a channel from one a block, [S, 1, G, c, 1]: alike in what it says, but with the channels side by side in memory,
    /// as they are in a map of channels last.
    /// </summary>
    private static Tensor PerChannel(Tensor table, long channels) =>
        channels == 1 ? table : table.expand(table.size(0), 1, table.size(2), channels, 1).contiguous();
}
