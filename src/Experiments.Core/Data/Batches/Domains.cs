namespace Experiments.Core.Data.Batches;

/// <summary>How images come by a style, where a set is one of several.</summary>
public enum Domains
{
    /// <summary>They are taken as they are.</summary>
    None,

    /// <summary>Each image of a training in a style of its own, drawn anew in every epoch.</summary>
    Mixed,

    /// <summary>All images of a worker's batch in one style, drawn anew for every batch.</summary>
    ByBatch,
}

/// <summary>The styles of <see cref="Domains"/>, each as likely as the others.</summary>
internal static class DomainStyles
{
    /// <summary>Inverted, of low contrast, tinted and blurred.</summary>
    public static IReadOnlyList<Alteration> All { get; } =
        [new(AlterationKind.Invert, Alteration.Strongest), new(AlterationKind.Contrast, 4), new(AlterationKind.Tint, Alteration.Strongest), new(AlterationKind.Blur, Alteration.Strongest)];

    /// <summary>The style that is drawn for an image or a batch.</summary>
    /// <param name="seed">The run's seed, or one for all runs.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="item">The image, or the batch.</param>
    public static int Draw(ulong seed, RandomPurpose purpose, int epoch, int item) => new RandomStream(seed, purpose, epoch, item).NextInt32(All.Count);
}
