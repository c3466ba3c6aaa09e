using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>
/// A layer of any normalization: which cells of the table of moments share a statistic (the set S_i) is the norm's
/// <see cref="Pooling"/>, the arithmetic is <see cref="NormFunction"/>'s, and here is what is remembered from batch to batch.
/// </summary>
internal sealed class NormModule : nn.Module<Tensor, Tensor>
{
    private readonly Norm _norm;
    private readonly int _channels;
    private readonly Pass _pass;
    private readonly PopulationStatistics _population = new();
    private readonly StatisticsListener _keep;
    private Tensor? _epsilon;
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
        (_norm, _channels, _pass, _keep) = (norm, channels, pass, Keep);
        (weight, bias, running_mean, running_var) = (gamma, beta, runningMean, runningVariance);
        RegisterComponents();
    }

    /// <summary>Normalizes a feature map.</summary>
    /// <param name="input">x, [N, C, H, W].</param>
    /// <returns>y, of the same shape.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var y = (_norm, _pass.Mode) switch
        {
            ({ Pooling: null }, _) => Affine(input),
            ({ HasRunningStatistics: true }, NormMode.MovingAverage) => Affine(AsStored(input, (running_mean!, running_var!))),
            ({ HasRunningStatistics: true }, NormMode.Population) => Affine(AsStored(input, _population.Read(input.dtype))),
            ({ HasRunningStatistics: true }, NormMode.Train or NormMode.Collect) => ByBatch(input, _keep),
            _ => ByBatch(input, null),
        };
        return y.MoveToOuterDisposeScope();

        Tensor ByBatch(Tensor x, StatisticsListener? listener) =>
            NormFunction.Normalize(x, weight, bias, _norm.Pooling!.Over((int)x.size(0), _pass.Workers, _channels), EpsilonFor(x), listener);
    }

    /// <summary>Forgets the population statistics.</summary>
    internal void ForgetPopulation() => _population.Clear();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _population.Dispose();
            _epsilon?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>epsilon as a tensor, made once: as a number it would become one at every use.</summary>
    private Tensor EpsilonFor(Tensor x) => _epsilon ??= full([1], Norm.Epsilon, x.dtype, x.device).DetachFromDisposeScope();

    private Tensor Affine(Tensor x)
    {
        var y = weight is null ? x : x * weight.view(_channels, 1, 1);
        return bias is null ? y : y + bias.view(_channels, 1, 1);
    }

    /// <summary>(x - mean) / sqrt(var + epsilon) with statistics [C] from elsewhere.</summary>
    private Tensor AsStored(Tensor x, (Tensor Mean, Tensor Variance) statistics) =>
        (x - statistics.Mean.view(_channels, 1, 1)) * (statistics.Variance.view(_channels, 1, 1) + Norm.Epsilon).rsqrt();

    /// <summary>Moves the running averages towards a batch's statistics, or pools these into the population's.</summary>
    private void Keep(Tensor mean, Tensor deviations, long count)
    {
        // With several workers, the first one's: [1, 1, G, 1, 1], the same for all channels of a block.
        if (mean.size(0) > 1)
            (mean, deviations) = (mean.narrow(0, 0, 1), deviations.narrow(0, 0, 1));
        var perChannel = new long[] { 1, 1, mean.size(2), _channels / mean.size(2), 1 };
        if (_pass.Mode == NormMode.Collect)
        {
            _population.Add(mean.expand(perChannel).reshape(_channels), deviations.expand(perChannel).reshape(_channels), count);
            return;
        }

        // The running variance takes the unbiased one.
        running_mean!.view(perChannel).mul_(1 - Norm.RunningMomentum).add_(mean, Norm.RunningMomentum);
        running_var!.view(perChannel).mul_(1 - Norm.RunningMomentum).add_(deviations, Norm.RunningMomentum / (count - 1));
    }
}
