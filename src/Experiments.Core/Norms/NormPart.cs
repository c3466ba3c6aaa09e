namespace Experiments.Core.Norms;

/// <summary>Neighbouring channels of a layer that are pooled alike.</summary>
/// <param name="Pooling">The values that share a statistic.</param>
/// <param name="Before">The layer's channels before them.</param>
/// <param name="Channels">Their number.</param>
/// <param name="After">The layer's channels after them.</param>
public sealed record NormPart(Pooling Pooling, int Before, int Channels, int After)
{
    /// <summary>How this part of the map of a step falls into blocks (see <see cref="Pooling.Over"/>).</summary>
    /// <param name="samples">N, the images of the step (over all workers).</param>
    /// <param name="workers">The workers that share the step.</param>
    /// <param name="places">H * W.</param>
    public PoolingBlocks Over(int samples, int workers, int places) =>
        Pooling.Over(samples, workers, Channels, places) with { ChannelsBefore = Before, ChannelsAfter = After };
}
