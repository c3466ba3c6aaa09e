using Experiments.Core.Norms;

namespace Experiments.Torch;

/// <summary>
/// Every normalization there is: moments, pool, <c>y = gamma * (x - mean) / sqrt(var + epsilon) + beta</c> (Eqns 1, 2 and 6). Which
/// cells of the table of moments share a statistic (the set S_i) is the norm's <see cref="Pooling"/>; the rest is the same for all.
/// <para>
/// The feature map [N, C, H, W] is looked at as [S, s, G, c, H*W]: S x G blocks of s samples and c channels each. Reducing the last
/// axis gives the table of moments, reducing s and c pools it, and what is left broadcasts over the map.
/// </para>
/// </summary>
internal sealed class NormModule : nn.Module<Tensor, Tensor>
{
    private static readonly long[] s_area = [4];
    private static readonly long[] s_block = [1, 3];

    private readonly Norm _norm;
    private readonly int _channels;
    private readonly Pass _pass;
    private readonly PopulationStatistics _population = new();
    private readonly Parameter? weight;
    private readonly Parameter? bias;
    private readonly Tensor? running_mean;
    private readonly Tensor? running_var;

    /// <summary>Makes the layer, which owns what it is given.</summary>
    /// <param name="norm">The normalization.</param>
    /// <param name="channels">C.</param>
    /// <param name="gamma">[C], where the norm has a scale.</param>
    /// <param name="beta">[C], where the norm has a shift.</param>
    /// <param name="runningMean">[C], where the norm has running statistics.</param>
    /// <param name="runningVariance">[C], likewise.</param>
    /// <param name="pass">What is to be done in the next forward pass.</param>
    internal NormModule(Norm norm, int channels, Parameter? gamma, Parameter? beta, Tensor? runningMean, Tensor? runningVariance, Pass pass)
        : base(nameof(NormModule))
    {
        (_norm, _channels, _pass) = (norm, channels, pass);
        (weight, bias, running_mean, running_var) = (gamma, beta, runningMean, runningVariance);
        RegisterComponents();
    }

    /// <summary>Normalizes a feature map.</summary>
    /// <param name="input">x, [N, C, H, W].</param>
    /// <returns>y, of the same shape.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var shape = input.shape;
        var (n, area) = (shape[0], shape[2] * shape[3]);
        var blocks = _norm.Pooling?.Over((int)n, _pass.Workers, _channels) ?? new PoolingBlocks(1, (int)n, _channels, 1);
        var x = input.view(blocks.SampleBlocks, blocks.Samples, blocks.ChannelBlocks, blocks.Channels, area);
        var gamma = PerChannel(weight, blocks);
        var beta = PerChannel(bias, blocks);
        var y = _norm.Pooling is null ? x
            : _norm.HasRunningStatistics && _pass.Mode is NormMode.MovingAverage or NormMode.Population ? NormalizeAsStored(x, blocks, gamma, beta)
            : NormalizeByBatch(x, blocks, gamma, beta);
        if (_norm.Pooling is null)
        {
            y = gamma is null ? y : y * gamma;
            y = beta is null ? y : y + beta;
        }

        return y.view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Forgets the population statistics.</summary>
    internal void ForgetPopulation() => _population.Clear();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _population.Dispose();
        base.Dispose(disposing);
    }

    private Tensor NormalizeByBatch(Tensor x, PoolingBlocks blocks, Tensor? gamma, Tensor? beta)
    {
        // The table of moments [S, s, G, c, 1]: mean and sum of squared deviations M2 of each cell. The map less the cells' means is
        // kept: the statistics, the output and the gradients are all made of it, and none of x itself, whose mean may be large.
        var area = x.shape[4];
        var cellMean = x.mean(s_area, keepdim: true);
        var centred = x - cellMean;
        var cellDeviations = (centred * centred).sum(s_area, keepdim: true);

        // Pooled to [S, 1, G, 1, 1] by Chan's formula: the mean of the means, and M2 = sum(M2 + H*W * (cell's mean - mean)^2).
        var count = area * blocks.Samples * blocks.Channels;
        var mean = cellMean.mean(s_block, keepdim: true);
        var offset = cellMean - mean;
        var variance = cellDeviations.add(offset * offset, area).sum(s_block, keepdim: true) / count;
        Keep(mean, variance, blocks, count);

        // y = scale * (x - mean) + beta, where x - mean is (x - cell's mean) + (cell's mean - mean).
        var scale = (variance + Norm.Epsilon).rsqrt();
        if (gamma is not null)
            scale = scale * gamma;
        var shift = offset * scale;
        if (beta is not null)
            shift = shift + beta;
        return (centred * scale).add_(shift);
    }

    /// <summary>Moving averages and population statistics, where this pass is to change them.</summary>
    private void Keep(Tensor mean, Tensor variance, PoolingBlocks blocks, long count)
    {
        if (!_norm.HasRunningStatistics || _pass.Mode is not (NormMode.Train or NormMode.Collect))
            return;
        using var noGrad = no_grad();

        // With several workers, the first one's: [G, 1, 1], the same for the c channels of a block.
        var first = (Mean: OfFirstWorker(mean), Variance: OfFirstWorker(variance));
        if (_pass.Mode == NormMode.Collect)
        {
            _population.Add(first.Mean, first.Variance, count);
            return;
        }

        Average(running_mean!, first.Mean, Norm.RunningMomentum);
        Average(running_var!, first.Variance, Norm.RunningMomentum * count / (count - 1));

        Tensor OfFirstWorker(Tensor statistic) =>
            statistic.detach().narrow(0, 0, 1).expand(1, 1, blocks.ChannelBlocks, blocks.Channels, 1).reshape(_channels);
        static void Average(Tensor running, Tensor statistic, double weight) =>
            running.mul_(1 - Norm.RunningMomentum).add_(statistic, weight);
    }

    private Tensor NormalizeAsStored(Tensor x, PoolingBlocks blocks, Tensor? gamma, Tensor? beta)
    {
        var (mean, variance) = _pass.Mode == NormMode.Population ? _population.Read(x.dtype) : (running_mean!, running_var!);
        var scale = (PerChannel(variance, blocks) + Norm.Epsilon).rsqrt();
        if (gamma is not null)
            scale = scale * gamma;
        var y = (x - PerChannel(mean, blocks)) * scale;
        return beta is null ? y : y.add_(beta);
    }

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(values))]
    private static Tensor? PerChannel(Tensor? values, PoolingBlocks blocks) => values?.view(blocks.ChannelBlocks, blocks.Channels, 1);
}
