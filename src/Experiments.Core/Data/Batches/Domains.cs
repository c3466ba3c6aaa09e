namespace Experiments.Core.Data.Batches;

/// <summary>How images get one of several styles.</summary>
public enum Domains
{
    /// <summary>They get no style.</summary>
    None,

    /// <summary>Each training image has a style of its own, drawn again in every epoch.</summary>
    Mixed,

    /// <summary>All images of a worker's batch have one style, drawn again for every batch.</summary>
    ByBatch,
}

/// <summary>The styles of <see cref="Domains"/>, each as likely as the others.</summary>
internal static class DomainStyles
{
    /// <summary>Inverted, of low contrast, tinted and blurred.</summary>
    public static IReadOnlyList<Alteration> All { get; } =
        [new(AlterationKind.Invert, Alteration.Strongest), new(AlterationKind.Contrast, 4), new(AlterationKind.Tint, Alteration.Strongest), new(AlterationKind.Blur, Alteration.Strongest)];

    /// <summary>Draws the style of an image or a batch; returns its index in <see cref="All"/>.</summary>
    /// <param name="seed">The run's seed, or one for all runs.</param>
    /// <param name="purpose">What the style is drawn for.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="item">The image, or the batch.</param>
    public static int Draw(ulong seed, RandomPurpose purpose, int epoch, int item) => new RandomStream(seed, purpose, epoch, item).NextInt32(All.Count);
}
