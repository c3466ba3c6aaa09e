namespace Experiments.Core.Norms;

/// <summary>How far along the sample axis one statistic reaches.</summary>
public abstract record SampleSpan
{
    private SampleSpan()
    {
    }

    /// <summary>One image: the layer treats it alike whatever else is in the batch.</summary>
    public sealed record One : SampleSpan;

    /// <summary>So many images of one worker: a virtual batch.</summary>
    public sealed record Several(int Samples) : SampleSpan;

    /// <summary>All images of one worker.</summary>
    public sealed record Worker : SampleSpan;

    /// <summary>All images of a step, over all workers.</summary>
    public sealed record Step : SampleSpan;

    /// <summary>
    /// The images that share one statistic, in a step of N images. Of a virtual batch there may be less than one: the last batch of an
    /// evaluation by its own statistics.
    /// </summary>
    /// <exception cref="ArgumentException">Virtual batches do not divide the images.</exception>
    public int SamplesIn(int samples, int workers) => this switch
    {
        One => 1,
        Several(var size) when samples < size => samples,
        Several(var size) when samples / workers % size == 0 => size,
        Worker => samples / workers,
        Step => samples,
        _ => throw new ArgumentException($"{this} does not divide {samples} images of {workers} workers.", nameof(samples)),
    };
}

/// <summary>How far along the channel axis one statistic reaches.</summary>
public abstract record ChannelSpan
{
    private ChannelSpan()
    {
    }

    /// <summary>One channel.</summary>
    public sealed record One : ChannelSpan;

    /// <summary>All channels of the layer.</summary>
    public sealed record All : ChannelSpan;

    /// <summary>One of G groups of neighbouring channels.</summary>
    public sealed record GroupOf(int Groups) : ChannelSpan;

    /// <summary>A group of so many neighbouring channels; how many groups there are follows from the layer.</summary>
    public sealed record GroupWith(int Channels) : ChannelSpan;

    /// <summary>The channels that share one statistic, in a layer of C channels.</summary>
    /// <exception cref="ArgumentException">The groups do not divide the channels.</exception>
    public int ChannelsIn(int channels) => this switch
    {
        One => 1,
        All => channels,
        GroupOf(var groups) when channels % groups == 0 => channels / groups,
        GroupWith(var size) when channels % size == 0 => size,
        _ => throw new ArgumentException($"{this} does not divide {channels} channels.", nameof(channels)),
    };
}

/// <summary>
/// The set S_i of the paper: which values share one mean and one variance. Height and width are always shared, so a feature map
/// [N, C, H, W] is first reduced to its table of moments [N, C], and the set is a block of neighbouring cells of that table:
/// <code>
///   BN      one channel,  all samples of a worker      Eqn 3
///   LN      all channels, one sample                   Eqn 4
///   IN      one channel,  one sample                   Eqn 5
///   GN      C/G channels, one sample                   Eqn 7
///   SyncBN  one channel,  all samples of all workers
/// </code>
/// </summary>
/// <param name="Samples">How far a statistic reaches along the sample axis.</param>
/// <param name="Channels">How far a statistic reaches along the channel axis.</param>
public sealed record Pooling(SampleSpan Samples, ChannelSpan Channels)
{
    /// <summary>
    /// Whether an image's output depends on the images it is batched with. Such a layer keeps running statistics for evaluation.
    /// </summary>
    public bool OverSamples => Samples is not SampleSpan.One;

    /// <summary>Whether so many images fall into whole blocks. Only then has each of them a statistic of the batch.</summary>
    /// <param name="samples">N, the images of a step or of an evaluation.</param>
    /// <param name="workers">The workers that share them.</param>
    public bool Divides(int samples, int workers) =>
        Samples is not SampleSpan.Several(var size) || samples < size || samples / workers % size == 0;

    /// <summary>
    /// How the table [N, C] of a step falls into blocks: as [S, N/S, G, C/G], one statistic for each (S, G).
    /// </summary>
    /// <param name="samples">N, the images of the step (over all workers).</param>
    /// <param name="workers">The workers that share the step, each with N/workers images.</param>
    /// <param name="channels">C, the channels of the layer.</param>
    public PoolingBlocks Over(int samples, int workers, int channels)
    {
        var samplesPerBlock = Samples.SamplesIn(samples, workers);
        var channelsPerBlock = Channels.ChannelsIn(channels);
        return new PoolingBlocks(samples / samplesPerBlock, samplesPerBlock, channels / channelsPerBlock, channelsPerBlock);
    }
}

/// <summary>The table of moments [N, C] cut into S x G blocks of s x c cells: N = S*s, C = G*c.</summary>
/// <param name="SampleBlocks">S, the blocks along the sample axis.</param>
/// <param name="Samples">s, the samples in a block.</param>
/// <param name="ChannelBlocks">G, the blocks along the channel axis.</param>
/// <param name="Channels">c, the channels in a block.</param>
public readonly record struct PoolingBlocks(int SampleBlocks, int Samples, int ChannelBlocks, int Channels);
