namespace Experiments.Core.Data.Batches;

/// <summary>
/// A change to test images that no training image has: four of the corruptions of Hendrycks and Dietterich, "Benchmarking neural
/// network robustness to common corruptions and perturbations" (ICLR 2019).
/// </summary>
public enum AlterationKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A constant is added to a pixel's largest channel (V of HSV), and the others follow in proportion.</summary>
    Brightness,

    /// <summary>Pixels move towards the image's mean of their channel.</summary>
    Contrast,

    /// <summary>Gaussian noise, independent for every value, the same in every run.</summary>
    Noise,

    /// <summary>Gaussian blur; beyond the edge of an image, the pixels of the edge are repeated.</summary>
    Blur,

    /// <summary>Light becomes dark and dark light: 255 - x. It has one strength, the strongest.</summary>
    Invert,

    /// <summary>Pixels move towards one colour, an orange; towards its brightness in images of one channel.</summary>
    Tint,
}

/// <summary>A corruption of test images and how strong it is.</summary>
public sealed record Alteration
{
    /// <summary>The largest strength; the smallest is 1, and 0 means no alteration.</summary>
    public const int Strongest = 5;

    /// <summary>Takes a kind and its strength.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The strength is not from 0 to <see cref="Strongest"/>.</exception>
    public Alteration(AlterationKind kind, int strength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(strength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(strength, Strongest);
        (Kind, Strength) = kind == AlterationKind.None || strength == 0 ? (AlterationKind.None, 0) : (kind, strength);
    }

    /// <summary>No alteration.</summary>
    public static Alteration None { get; } = new(AlterationKind.None, 0);

    /// <summary>The kind of corruption.</summary>
    public AlterationKind Kind { get; }

    /// <summary>From 1 to <see cref="Strongest"/>; 0 if nothing is done.</summary>
    public int Strength { get; }

    /// <summary>One kind at every strength that it has, the weakest first.</summary>
    public static IEnumerable<Alteration> AllOf(AlterationKind kind) =>
        kind == AlterationKind.None ? [None] : kind == AlterationKind.Invert ? [new(kind, Strongest)] : Enumerable.Range(1, Strongest).Select(strength => new Alteration(kind, strength));
}
