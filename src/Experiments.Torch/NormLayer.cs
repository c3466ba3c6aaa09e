using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>
/// A layer of any normalization of the catalogue, for a network of TorchSharp's modules:
/// <code>
///   y = gamma * (x - mean) / sqrt(var + epsilon) + beta          (Wu &amp; He 2018, Eqns 1, 2 and 6)
/// </code>
/// with mean and biased variance over the set S_i that the norm's <see cref="Pooling"/> describes. <see cref="ByDefinition"/> says it as the
/// paper does, and autograd differentiates it; where libtorch has a kernel for the very set, that computes. After <c>train()</c> the layer takes a
/// batch's own statistics and moves its running averages; after <c>eval()</c> it takes these, where the norm has them.
/// </summary>
public sealed class NormLayer : nn.Module<Tensor, Tensor>
{
    // What one statistic is over in a map [S, s, G, c, P, p]: a block of s samples, c channels and p places.
    private static readonly long[] s_set = [1, 3, 5];

    private readonly Norm _norm;
    private readonly int _channels;
    private readonly IReadOnlyList<NormPart> _parts;
    private readonly long _seed;
    private readonly int _position;
    private readonly PopulationMoments[] _population;
    private readonly Parameter? weight;
    private readonly Parameter? bias;
    private readonly Tensor? running_mean;
    private readonly Tensor? running_var;

    // The step, if a sequence is normalized step by step; its statistics are in the row of this number. null otherwise.
    private int? _step;

    /// <summary>Makes the layer, with gamma 1, beta 0, running mean 0 and running variance 1.</summary>
    /// <param name="norm">The normalization, for example <c>NormCatalog.Create(new("gn", Groups: 8))</c>.</param>
    /// <param name="channels">C, the channels of its input.</param>
    /// <param name="places">The places (H * W, or the steps of a sequence), for a norm that keeps running statistics for each place.</param>
    /// <param name="workers">The workers that a training batch falls into, one after the other: BN takes its statistics within one, SyncBN over all.</param>
    /// <param name="seed">The seed of the noise of a noisy norm.</param>
    /// <param name="position">Which of the network's norms it is, so that each draws a noise of its own.</param>
    /// <param name="device">Where its arrays lie; null: on the processor.</param>
    /// <param name="dtype">Their type; null: float32.</param>
    public NormLayer(Norm norm, int channels, int places = 1, int workers = 1, long seed = 1, int position = 0, Device? device = null, ScalarType? dtype = null)
        : base(nameof(NormLayer))
    {
        ArgumentNullException.ThrowIfNull(norm);
        (_norm, _channels, Workers, _seed, _position) = (norm, channels, workers, seed, position);
        _parts = norm.Parts(channels);
        foreach (var part in _parts)
            _ = part.Pooling.Channels.ChannelsIn(part.Channels);
        var kept = norm.HasRunningStatistics ? _parts[^1].Channels : 0;
        _population = [.. Enumerable.Range(0, norm.Pooling?.Places == PlaceSpan.One ? places : 1).Select(_ => new PopulationMoments(kept))];
        weight = norm.Affine.HasFlag(Affine.Scale) ? ones(channels, dtype ?? float32, device).AsLearnt() : null;
        bias = norm.Affine.HasFlag(Affine.Shift) ? zeros(channels, dtype ?? float32, device).AsLearnt() : null;
        if (norm.HasRunningStatistics)
        {
            long[] shape = [.. norm.RunningShape(channels, places).Select(size => (long)size)];
            running_mean = zeros(shape, dtype ?? float32, device).DetachFromDisposeScope();
            running_var = ones(shape, dtype ?? float32, device).DetachFromDisposeScope();
        }

        RegisterComponents();
    }

    /// <summary>gamma, [C]; null where the norm has none.</summary>
    public Parameter? Gamma => weight;

    /// <summary>beta, [C]; null where the norm has none.</summary>
    public Parameter? Beta => bias;

    /// <summary>
    /// The moving average of the batches' means, [C], or [P, C] where each place has its own; null where the norm keeps none. For channels that are
    /// normalized image by image it stays at 0.
    /// </summary>
    public Tensor? RunningMean => running_mean;

    /// <summary>The moving average of the batches' unbiased variances, likewise; for such channels it stays at 1.</summary>
    public Tensor? RunningVariance => running_var;

    /// <summary>The workers that the next batch falls into.</summary>
    public int Workers { get; set; }

    /// <summary>
    /// What the layer does; null (the default): what <c>train()</c> and <c>eval()</c> say, <see cref="NormMode.Train"/> or
    /// <see cref="NormMode.MovingAverage"/>.
    /// </summary>
    public NormMode? Mode { get; set; }

    /// <summary>
    /// The step of the training: noise follows from its number, and Batch Renormalization's limits from its ramp. The layer counts its own
    /// steps while <see cref="Mode"/> is null.
    /// </summary>
    public StepSettings Step { get; set; } = new(LearningRate: 0);

    /// <summary>
    /// Whether a norm with running statistics normalizes with these in training too, and leaves them as they are: the BN* of Wu &amp; He 2018,
    /// table 4.
    /// </summary>
    public bool StatisticsAreFrozen { get; set; }

    /// <summary>Whether <see cref="ByDefinition"/> computes even where libtorch has a kernel, for tests of one against the other.</summary>
    internal bool AlwaysByDefinition { get; set; }

    /// <summary>
    /// Normalizes one step of a sequence, by the running statistics of that step if each step has its own. Steps beyond the last one that has
    /// statistics take those of the last (Cooijmans et al. 2017).
    /// </summary>
    /// <param name="input">x, [N, C].</param>
    /// <param name="step">The step, from 0 on.</param>
    /// <returns>y, of the same shape.</returns>
    public Tensor At(Tensor input, int step)
    {
        _step = Math.Min(step, _population.Length - 1);
        try
        {
            return call(input);
        }
        finally
        {
            _step = null;
        }
    }

    /// <summary>Normalizes a feature map.</summary>
    /// <param name="input">x, [N, C, H, W], or [N, C] and any places after them, in any order in memory.</param>
    /// <returns>y, of the same shape.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var mode = Mode ?? (training ? NormMode.Train : NormMode.MovingAverage);
        var y = _parts switch
        {
            // The output needs a handle of its own: the input and the output of a TorchSharp layer are disposed of separately.
            [] => ScaleAndShift(input.alias(), weight, bias),
            [var all] => Normalize(input, all, mode),
            _ => cat([.. _parts.Select(part => Normalize(input.narrow(1, part.Before, part.Channels), part, mode))], 1),
        };
        if (_norm.IsNoisy && mode.IsTraining())
            y = Noisy(y);
        if (Mode is null && training)
            Step = Step with { Number = Step.Number + 1 };
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Forgets the statistics collected in the mode <see cref="NormMode.Collect"/>.</summary>
    public void ForgetPopulation() => Array.ForEach(_population, moments => moments.Clear());

    /// <summary>Normalizes, scales and shifts channels that are pooled alike.</summary>
    private Tensor Normalize(Tensor x, NormPart part, NormMode mode) => (part.Pooling.OverSamples, StatisticsAreFrozen && mode.IsTraining() ? NormMode.MovingAverage : mode) switch
    {
        (true, NormMode.MovingAverage) => ScaleAndShift(Stored(x, OfStep(Of(part, running_mean)!), OfStep(Of(part, running_var)!)), Of(part, weight), Of(part, bias)),
        (true, NormMode.Population) => ScaleAndShift(Stored(x, Population(x, moments => moments.Mean), Population(x, moments => moments.Variance)), Of(part, weight), Of(part, bias)),
        _ => ByBatch(x, part, mode),
    };

    /// <summary>A part's channels of an array [C] or [P, C].</summary>
    private Tensor? Of(NormPart part, Tensor? values) => values is null || part.Channels == _channels ? values : values.narrow(-1, part.Before, part.Channels);

    /// <summary>Normalizes by the batch's own statistics.</summary>
    private Tensor ByBatch(Tensor x, NormPart part, NormMode mode)
    {
        var blocks = part.Over((int)x.size(0), Workers, (int)(x.numel() / (x.size(0) * part.Channels)));
        var (gamma, beta) = (Of(part, weight), Of(part, bias));
        var keeps = part.Pooling.OverSamples && mode is NormMode.Train or NormMode.Collect;
        var plain = _norm is { Use: StatisticsUse.CentreAndScale, Renorm: null } && mode != NormMode.Collect && !AlwaysByDefinition;
        return (plain && blocks.Values > 1, blocks) switch
        {
            // All samples and one channel: BN's set. Where the channels are not whole vectors of 8, its backward pass can be percents off with
            // channels last (libtorch 2.10; the first layer of a VGG of sigmoids shows it), and the definition computes.
            (true, { SampleBlocks: 1, Channels: 1, PlaceBlocks: 1 }) when part.Pooling.OverSamples && part.Channels % 8 == 0 && (part.Pooling.Places == PlaceSpan.All || _step is not null) => nn.functional.batch_norm(
                x, keeps ? OfStep(Of(part, running_mean)!) : null, keeps ? OfStep(Of(part, running_var)!) : null, gamma, beta, training: true, _norm.RunningMomentum, Norm.Epsilon),
            // One sample, all channels and one place: the last axis of a map with channels last.
            (true, { Samples: 1, ChannelBlocks: 1, Places: 1 }) when part.Pooling.Places == PlaceSpan.One =>
                nn.functional.layer_norm(x.movedim([1], [-1]), [part.Channels], gamma, beta, Norm.Epsilon).movedim([-1], [1]),
            // One sample and a group of channels: GN's, LN's with one group, IN's with C. Channels first, since of maps with channels last libtorch
            // takes the variance as E[x^2] - E[x]^2, which loses it at a large mean.
            (true, { Samples: 1, PlaceBlocks: 1 }) when gamma is null == beta is null =>
                nn.functional.group_norm(x.contiguous(), blocks.ChannelBlocks, gamma, beta, Norm.Epsilon),
            // Its backward pass fails where there is a beta and no gamma (libtorch 2.10).
            (true, { Samples: 1, PlaceBlocks: 1 }) => ScaleAndShift(nn.functional.group_norm(x.contiguous(), blocks.ChannelBlocks, null, null, Norm.Epsilon), gamma, beta),
            _ => ByDefinition(x, part, blocks, mode, keeps),
        };
    }

    /// <summary>The definition: mean and variance over S_i, normalize, scale and shift.</summary>
    private Tensor ByDefinition(Tensor input, NormPart part, PoolingBlocks blocks, NormMode mode, bool keeps)
    {
        // [N, C, H, W] as S x G x P blocks of s samples, c channels and p places that share a statistic: [S, s, G, c, P, p]
        var x = input.reshape(blocks.SampleBlocks, blocks.Samples, blocks.ChannelBlocks, blocks.Channels, blocks.PlaceBlocks, blocks.Places);
        // [S, 1, G, 1, P, 1]; the variance from x - mean, never as E[x^2] - E[x]^2. Without centring the mean counts as 0, and the variance is about 0.
        var mean = _norm.Centres ? x.mean(s_set, keepdim: true) : zeros([x.size(0), 1, x.size(2), 1, x.size(4), 1], x.dtype, x.device);
        var centred = _norm.Centres ? x - mean : x;
        var variance = (centred * centred).mean(s_set, keepdim: true);
        var normalized = _norm.Scales ? centred * (variance + Norm.Epsilon).rsqrt() : centred;
        if (_norm.Renorm is { } renorm && mode.IsTraining())
            normalized = Renormalized(renorm, part, normalized, mean, variance);
        if (keeps)
            Keep(part, mean, variance, mode, blocks.Values);
        return ScaleAndShift(normalized.view(input.shape), Of(part, weight), Of(part, bias));
    }

    /// <summary>x^ * r + d of Batch Renormalization, as <see cref="BatchRenorm"/> defines them. No gradient flows through r and d.</summary>
    private Tensor Renormalized(BatchRenorm renorm, NormPart part, Tensor normalized, Tensor mean, Tensor variance)
    {
        var (rMax, dMax) = renorm.Limits(Step.RenormRamp);
        using var noGrad = no_grad();
        // Takes one value for each block from those for each channel: [1, 1, G, 1, P, 1]
        Tensor PerBlock(Tensor stored) => PerChannel(part, stored, mean).narrow(3, 0, 1);
        var movingDeviation = (PerBlock(running_var!) + Norm.Epsilon).sqrt();
        var r = ((variance + Norm.Epsilon).sqrt() / movingDeviation).clamp(1 / rMax, rMax);
        var d = ((mean - PerBlock(running_mean!)) / movingDeviation).clamp(-dMax, dMax);
        using var grad = enable_grad();
        return (normalized * r) + d;
    }

    /// <summary>s * y + m, with numbers s and m for each sample's channel (see <see cref="ActivationNoise"/>).</summary>
    private Tensor Noisy(Tensor y)
    {
        var scales = new float[y.size(0) * _channels];
        var shifts = new float[scales.Length];
        ActivationNoise.Draw(_seed, Step.Number, _position, _channels, scales, shifts);
        Tensor PerCell(float[] values) => tensor(values, device: y.device).to(y.dtype).view([-1, .. OverPlaces(y)]);
        return (y * PerCell(scales)) + PerCell(shifts);
    }

    /// <summary>(x - mean) / sqrt(var + epsilon), or a part of it, with statistics [C] or [P, C] from elsewhere.</summary>
    private Tensor Stored(Tensor x, Tensor mean, Tensor variance)
    {
        Tensor OverMap(Tensor stored) => stored.dim() == 1 ? stored.view(OverPlaces(x)) : stored.t().reshape(x.shape[1..]);
        var centred = _norm.Centres ? x - OverMap(mean) : x;
        return _norm.Scales ? centred * (OverMap(variance) + Norm.Epsilon).rsqrt() : centred;
    }

    private static Tensor ScaleAndShift(Tensor x, Tensor? gamma, Tensor? beta)
    {
        var y = gamma is null ? x : x * gamma.view(OverPlaces(x));
        return beta is null ? y : y + beta.view(OverPlaces(x));
    }

    /// <summary>The shape [C, 1, 1], with a one for each axis of x after the channels.</summary>
    private static long[] OverPlaces(Tensor x) => [x.size(1), .. Enumerable.Repeat(1L, (int)x.dim() - 2)];

    /// <summary>The current step's row of an array that has one for each place; else the whole array.</summary>
    private Tensor OfStep(Tensor stored) => _step is { } step && stored.dim() > 1 ? stored.select(0, step) : stored.alias();

    /// <summary>Reshapes a part's channels of a kept array, [C] or [P, C], to [1, 1, G, c, P, 1], to go with a batch's statistics [S, 1, G, 1, P, 1].</summary>
    private Tensor PerChannel(NormPart part, Tensor stored, Tensor statistics)
    {
        var own = OfStep(Of(part, stored)!);
        return (own.dim() > 1 ? own.t() : own).view(1, 1, statistics.size(2), part.Channels / statistics.size(2), statistics.size(4), 1);
    }

    /// <summary>Moves the running averages towards a batch's statistics [S, 1, G, 1, P, 1], or pools these into the population's.</summary>
    private void Keep(NormPart part, Tensor mean, Tensor variance, NormMode mode, long count)
    {
        using var noGrad = no_grad();
        for (var block = 0; block < Norm.BlocksToKeep((int)mean.size(0), Workers); block++)
        {
            var (blockMean, blockVariance) = (mean.narrow(0, block, 1), variance.narrow(0, block, 1));
            if (mode == NormMode.Collect)
            {
                for (var place = 0; place < mean.size(4); place++)
                    _population[_step ?? place].Add(Doubles(blockMean.narrow(4, place, 1)), Doubles(blockVariance.narrow(4, place, 1) * count), count);
                continue;
            }

            // The running variance averages the unbiased variance.
            PerChannel(part, running_mean!, mean).mul_(1 - _norm.RunningMomentum).add_(blockMean, _norm.RunningMomentum);
            PerChannel(part, running_var!, mean).mul_(1 - _norm.RunningMomentum).add_(blockVariance, _norm.RunningMomentum * count / (count - 1));
        }
    }

    /// <summary>Mean or variance of the collected population, [C] or [P, C], on the device and in the type of x.</summary>
    private Tensor Population(Tensor x, Func<(double Mean, double Variance), double> moment)
    {
        // A step that none of the sequences reached takes the statistics of the last step that one reached.
        var places = _step is { } step ? [_population.Take(step + 1).LastOrDefault(place => !place.IsEmpty) ?? _population[0]] : _population;
        var moments = from place in places from channel in Enumerable.Range(0, (int)x.size(1)) select moment(place[channel]);
        var values = tensor(moments.ToArray(), x.dtype, x.device);
        return _step is null && running_mean!.dim() > 1 ? values.view(running_mean.size(0), -1) : values;
    }

    private static double[] Doubles(Tensor values) => [.. values.to(float64).cpu().flatten().data<double>()];
}
