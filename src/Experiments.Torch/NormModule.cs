using Experiments.Core.Networks;
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
    private readonly NormSlot _slot;
    private readonly int _position;
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
    /// <param name="slot">Its slot.</param>
    /// <param name="position">The slot's position in the network.</param>
    /// <param name="gamma">[C], where the norm has a scale.</param>
    /// <param name="beta">[C], where the norm has a shift.</param>
    /// <param name="runningMean">[C], where the norm has running statistics.</param>
    /// <param name="runningVariance">[C], likewise.</param>
    /// <param name="pass">What is to be done in the next forward pass.</param>
    internal NormModule(
        Norm norm, NormSlot slot, int position, Parameter? gamma, Parameter? beta, Tensor? runningMean, Tensor? runningVariance, Pass pass)
        : base(nameof(NormModule))
    {
        (_norm, _slot, _position, _channels, _pass, _keep) = (norm, slot, position, slot.Channels, pass, Keep);
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
            ({ HasRunningStatistics: true }, NormMode.Train or NormMode.Collect) or ({ Renorm: not null }, NormMode.Trial) => ByBatch(input, _keep),
            _ => ByBatch(input, null),
        };
        if (_pass.ObservedSlot == _slot.Name)
            _pass.Observed = (_pass.ObservedSide == SlotSide.Input ? input : y).detach().clone().DetachFromDisposeScope();
        return y.MoveToOuterDisposeScope();
    }

    private Tensor ByBatch(Tensor x, StatisticsListener? listener)
    {
        var blocks = _norm.Pooling!.Over((int)x.size(0), _pass.Workers, _channels);
        var (scale, shift) = _norm.IsNoisy && _pass.Mode.IsTraining() ? Noise(x) : (null, null);
        return NormFunction.Normalize(x, weight, bias, new NormStep(blocks, _norm.Use, EpsilonFor(x), listener, scale, shift));
    }

    private (Tensor Scale, Tensor Shift) Noise(Tensor x)
    {
        var scales = new float[x.size(0) * _channels];
        var shifts = new float[scales.Length];
        ActivationNoise.Draw(_pass.Seed, _pass.Step.Number, _position, _channels, scales, shifts);
        return (tensor(scales, device: x.device).to(x.dtype), tensor(shifts, device: x.device).to(x.dtype));
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

    /// <summary>(x - mean) / sqrt(var + epsilon), or x - mean, with statistics [C] from elsewhere.</summary>
    private Tensor AsStored(Tensor x, (Tensor Mean, Tensor Variance) statistics)
    {
        var centred = x - statistics.Mean.view(_channels, 1, 1);
        return _norm.Use == StatisticsUse.Mean ? centred : centred * (statistics.Variance.view(_channels, 1, 1) + Norm.Epsilon).rsqrt();
    }

    /// <summary>
    /// Says how a batch's statistics are corrected by the running averages, and then moves these towards them, or pools them into the
    /// population's.
    /// </summary>
    private (Tensor R, Tensor D)? Keep(Tensor mean, Tensor deviations, long count)
    {
        var correction = _norm.Renorm is { } renorm && _pass.Mode.IsTraining() ? Correct(renorm, mean, deviations, count) : null;
        // The same for all channels of a block: [1, 1, G, c, 1].
        var perChannel = new long[] { 1, 1, mean.size(2), _channels / mean.size(2), 1 };
        var kept = _pass.Mode == NormMode.Trial ? 0 : Norm.BlocksToKeep((int)mean.size(0), _pass.Workers);
        for (var block = 0; block < kept; block++)
        {
            var (blockMean, blockDeviations) = (mean.narrow(0, block, 1), deviations.narrow(0, block, 1));
            if (_pass.Mode == NormMode.Collect)
            {
                _population.Add(blockMean.expand(perChannel).reshape(_channels), blockDeviations.expand(perChannel).reshape(_channels), count);
                continue;
            }

            // The running variance takes the unbiased one.
            running_mean!.view(perChannel).mul_(1 - _norm.RunningMomentum).add_(blockMean, _norm.RunningMomentum);
            running_var!.view(perChannel).mul_(1 - _norm.RunningMomentum).add_(blockDeviations, _norm.RunningMomentum / (count - 1));
        }

        return correction;
    }

    /// <summary>r and d of Batch Renormalization, [S, 1, G, 1, 1], as <see cref="BatchRenorm"/> defines them.</summary>
    private (Tensor R, Tensor D)? Correct(BatchRenorm renorm, Tensor mean, Tensor deviations, long count)
    {
        var (rMax, dMax) = renorm.Limits(_pass.Step.RenormRamp);
        var groups = mean.size(2);
        var movingMean = running_mean!.view(groups, -1).narrow(1, 0, 1).view(1, 1, groups, 1, 1);
        var movingDeviation = (running_var!.view(groups, -1).narrow(1, 0, 1).view(1, 1, groups, 1, 1) + Norm.Epsilon).sqrt();
        var r = (((deviations * (1.0 / count)) + Norm.Epsilon).sqrt() / movingDeviation).clamp(1 / rMax, rMax);
        return (r, ((mean - movingMean) / movingDeviation).clamp(-dMax, dMax));
    }
}
