namespace Experiments.Core.Norms;

/// <summary>How far along the sample axis one statistic reaches.</summary>
public abstract record SampleSpan
{
    private SampleSpan()
    {
    }

    /// <summary>One image: its output does not depend on what else is in the batch.</summary>
    public sealed record One : SampleSpan;

    /// <summary>A virtual batch: this number of images of one worker.</summary>
    public sealed record Several(int Samples) : SampleSpan;

    /// <summary>All images of one worker.</summary>
    public sealed record Worker : SampleSpan;

    /// <summary>All images of a step, over all workers.</summary>
    public sealed record Step : SampleSpan;

    /// <summary>
    /// The number of images that share one statistic, in a step of N images. There may be fewer images than a virtual batch has: the last batch of
    /// an evaluation by its own statistics.
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

    /// <summary>A group of this number of neighbouring channels; how many groups there are follows from the layer.</summary>
    public sealed record GroupWith(int Channels) : ChannelSpan;

    /// <summary>The number of channels that share one statistic, in a layer of C channels.</summary>
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

/// <summary>How far a statistic reaches over the places of a map: the pixels of an image, the steps of a sequence.</summary>
public enum PlaceSpan
{
    /// <summary>All of them: height and width are shared, as in all of the paper's norms.</summary>
    All,

    /// <summary>One: each place has statistics of its own.</summary>
    One,
}

/// <summary>
/// The set S_i of the paper: which values share one mean and one variance. It is a block along three axes, samples, channels and places:
/// <code>
///               samples             channels  places
///   BN          all of a worker     one       all     Eqn 3
///   SyncBN      all of all workers  one       all
///   LN          one                 all       all     Eqn 4
///   IN          one                 one       all     Eqn 5
///   GN          one                 C/G       all     Eqn 7
///   LN of ConvNeXt, of transformers and of recurrent nets
///               one                 all       one
///   BN of each time step, with running statistics for each (Cooijmans et al. 2017)
///               all of a worker     one       one
/// </code>
/// IN-BN (Pan et al. 2018) has two of them: IN's for the first half of a layer's channels, BN's for the others (<see cref="Norm.FirstHalf"/>).
/// Where all places are shared, a feature map [N, C, H, W] is first reduced to its table of moments [N, C], and the set is a block of
/// neighbouring cells of that table.
/// </summary>
/// <param name="Samples">How far a statistic reaches along the sample axis.</param>
/// <param name="Channels">How far a statistic reaches along the channel axis.</param>
/// <param name="Places">How far a statistic reaches over the places of a map.</param>
public sealed record Pooling(SampleSpan Samples, ChannelSpan Channels, PlaceSpan Places = PlaceSpan.All)
{
    /// <summary>
    /// Whether an image's output depends on the images it is batched with. Such a layer keeps running statistics for evaluation.
    /// </summary>
    public bool OverSamples => Samples is not SampleSpan.One;

    /// <summary>Whether this number of images falls into whole blocks. Only then does each image have a statistic of the batch.</summary>
    /// <param name="samples">N, the images of a step or of an evaluation.</param>
    /// <param name="workers">The workers that share them.</param>
    public bool Divides(int samples, int workers) =>
        Samples is not SampleSpan.Several(var size) || samples < size || samples / workers % size == 0;

    /// <summary>
    /// How the map of a step falls into blocks: [N, C, H*W] as [S, s, G, c, P, p], one statistic for each (S, G, P).
    /// </summary>
    /// <param name="samples">N, the images of the step (over all workers).</param>
    /// <param name="workers">The workers that share the step, each with N/workers images.</param>
    /// <param name="channels">C, the channels of the layer.</param>
    /// <param name="places">H * W, the places of the layer's map.</param>
    public PoolingBlocks Over(int samples, int workers, int channels, int places)
    {
        var samplesPerBlock = Samples.SamplesIn(samples, workers);
        var channelsPerBlock = Channels.ChannelsIn(channels);
        var placesPerBlock = Places == PlaceSpan.One ? 1 : places;
        return new PoolingBlocks(samples / samplesPerBlock, samplesPerBlock, channels / channelsPerBlock, channelsPerBlock, places / placesPerBlock, placesPerBlock);
    }
}

/// <summary>A map [N, C, H*W] cut into S x G x P blocks of s x c x p values: N = S*s, C = G*c, H*W = P*p.</summary>
/// <param name="SampleBlocks">S, the blocks along the sample axis.</param>
/// <param name="Samples">s, the samples in a block.</param>
/// <param name="ChannelBlocks">G, the blocks along the channel axis.</param>
/// <param name="Channels">c, the channels in a block.</param>
/// <param name="PlaceBlocks">P, the blocks of places.</param>
/// <param name="Places">p, the places in a block.</param>
public readonly record struct PoolingBlocks(int SampleBlocks, int Samples, int ChannelBlocks, int Channels, int PlaceBlocks, int Places)
{
    /// <summary>The layer's channels that stand before those in the blocks: none, unless the blocks are of a part of the channels.</summary>
    public int ChannelsBefore { get; init; }

    /// <summary>The layer's channels that follow those in the blocks.</summary>
    public int ChannelsAfter { get; init; }

    /// <summary>The layer's channels: G*c, and those outside of the blocks.</summary>
    public int AllChannels => ChannelsBefore + (ChannelBlocks * Channels) + ChannelsAfter;

    /// <summary>s * c * p, the values that one statistic is over.</summary>
    public long Values => (long)Samples * Channels * Places;
}
