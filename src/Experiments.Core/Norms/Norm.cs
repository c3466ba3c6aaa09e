namespace Experiments.Core.Norms;

/// <summary>What a layer learns per channel after it has normalized (Eqn 6: y = gamma * x^ + beta).</summary>
[Flags]
public enum Affine
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>gamma.</summary>
    Scale = 1,

    /// <summary>beta.</summary>
    Shift = 2,

    /// <summary>gamma and beta: the paper's layers, all of them.</summary>
    ScaleAndShift = Scale | Shift,
}

/// <summary>What the statistics over a set S_i are used for: to centre, to scale, or both.</summary>
[Flags]
public enum StatisticsUse
{
    /// <summary>x^ = x - mean (mean-only BN: Salimans &amp; Kingma 2016, section 4).</summary>
    Centre = 1,

    /// <summary>
    /// x^ = x / sqrt(m2 + epsilon) with m2 the mean of x^2 (Zhang &amp; Sennrich 2019, Eqn 4): the formula below with a mean of 0 and the variance
    /// about it.
    /// </summary>
    Scale = 2,

    /// <summary>x^ = (x - mean) / sqrt(var + epsilon).</summary>
    CentreAndScale = Centre | Scale,
}

/// <summary>
/// A normalization as data: what is done to the weights, what is pooled and how it is used, and what is learnt. Every one of them computes
/// <code>
///   y = gamma * (x - mean) / sqrt(var + epsilon) + beta          (Eqns 1, 2 and 6)
/// </code>
/// with the mean and the biased variance over a set S_i, and gamma and beta per channel. <see cref="Pooling"/> says what such a set is, and
/// <see cref="NormCatalog"/> which one BN, LN, IN, GN and the others have. Each engine has one implementation of this, not one for each norm.
/// </summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Pooling">The values that share a statistic; null: nothing is normalized.</param>
/// <param name="Affine">What is learnt per channel.</param>
public sealed record Norm(string Name, Pooling? Pooling, Affine Affine)
{
    /// <summary>Added to the variance under the root.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>
    /// The pooling of the first half of a layer's channels, where it differs from that of the others, <see cref="Pooling"/>; null: it does not. Which
    /// layers it is used in is the network's to say (<see cref="Networks.NormSlot.MayDivide"/>).
    /// </summary>
    public Pooling? FirstHalf { get; init; }

    /// <summary>What the statistics are used for.</summary>
    public StatisticsUse Use { get; init; } = StatisticsUse.CentreAndScale;

    /// <summary>Whether a mean is subtracted from x.</summary>
    public bool Centres => Use.HasFlag(StatisticsUse.Centre);

    /// <summary>Whether x^ is divided by a deviation.</summary>
    public bool Scales => Use.HasFlag(StatisticsUse.Scale);

    /// <summary>What is done to the weights of the convolutions.</summary>
    public WeightTransform Weights { get; init; }

    /// <summary>Batch Renormalization's limits; null: the batch's statistics are used as they are.</summary>
    public BatchRenorm? Renorm { get; init; }

    /// <summary>Whether <see cref="ActivationNoise"/> follows, in training.</summary>
    public bool IsNoisy { get; init; }

    /// <summary>
    /// The weight of a new batch in the running estimate, as PyTorch counts it: running = (1 - m) * running + m * batch. The running
    /// variance takes the batch's unbiased variance, the normalization its biased one.
    /// </summary>
    public double RunningMomentum { get; init; } = 0.1;

    /// <summary>Whether the layer keeps running statistics of its batches for evaluation.</summary>
    public bool HasRunningStatistics => Pooling is { OverSamples: true };

    /// <summary>The sizes of one layer's running mean, and of its running variance: [C], or [P, C] where each place has its own.</summary>
    /// <param name="channels">C.</param>
    /// <param name="places">H * W.</param>
    public IReadOnlyList<int> RunningShape(int channels, int places) => Pooling?.Places == PlaceSpan.One ? [places, channels] : [channels];

    /// <summary>
    /// The parts of a layer's channels that are pooled alike: one part, or two where the first half is pooled in another way, or none where nothing
    /// is normalized. Half of an odd number of channels is rounded down, as Pan et al.'s code does, and half of one channel is none.
    /// </summary>
    /// <param name="channels">C.</param>
    public IReadOnlyList<NormPart> Parts(int channels)
    {
        var half = FirstHalf is null ? 0 : channels / 2;
        return Pooling is null ? []
            : half == 0 ? [new(Pooling, 0, channels, 0)]
            : [new(FirstHalf!, 0, half, channels - half), new(Pooling, half, channels - half, 0)];
    }

    /// <summary>
    /// Images that one worker takes together outside of training, so that a statistic over samples is over as many as in training: the images of
    /// one worker, those of all workers if they share it, or a virtual batch.
    /// </summary>
    /// <param name="batch">Images per worker in a step.</param>
    /// <param name="workers">Workers that share a step.</param>
    public int ImagesTogether(int batch, int workers) =>
        Pooling is { OverSamples: true } pooling ? pooling.Samples.SamplesIn(batch * workers, workers) : batch;

    /// <summary>
    /// How many of a step's blocks of samples move the running estimate, one after the other: those of the first worker, as data-parallel
    /// training keeps its estimate.
    /// </summary>
    /// <param name="sampleBlocks">S, the step's blocks along the sample axis.</param>
    /// <param name="workers">The workers that share the step.</param>
    public static int BlocksToKeep(int sampleBlocks, int workers) => Math.Max(1, sampleBlocks / workers);

    /// <summary>For example <c>bn</c>, <c>gn (8 groups)</c> or <c>gn (16 channels per group) on standardized weights</c>.</summary>
    public override string ToString()
    {
        var parts = new[]
        {
            Pooling?.Channels switch
            {
                ChannelSpan.GroupOf(var groups) => $"{groups} groups",
                ChannelSpan.GroupWith(var channels) => $"{channels} channels per group",
                _ => null,
            },
            Pooling?.Samples is SampleSpan.Several(var samples) ? $"over {samples} samples" : null,
            Pooling?.Places == PlaceSpan.One ? "at each place" : null,
        }.OfType<string>().ToList();
        return (parts.Count == 0 ? Name : $"{Name} ({string.Join(", ", parts)})")
            + (Weights == WeightTransform.Standardization ? " on standardized weights" : "");
    }
}
