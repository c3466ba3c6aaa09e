namespace Experiments.Core.Data.Batches;

/// <summary>How training images are varied from epoch to epoch.</summary>
public enum Augmentation
{
    /// <summary>They are not varied.</summary>
    None,

    /// <summary>Half of the images are mirrored, left to right.</summary>
    Flip,

    /// <summary>
    /// He et al., "Deep residual learning" (CVPR 2016), section 4.2: pad 4 pixels on each side, crop at random to the old size, and
    /// mirror half of the images. Padded pixels have the training images' mean of the channel.
    /// </summary>
    CropFlip,
}

/// <summary>The part that is cut out of a padded image, and whether it is mirrored.</summary>
/// <param name="Top">Rows of the padded image above the cut: 0 to 8; 4 leaves the image where it is.</param>
/// <param name="Left">Columns of the padded image to the left of the cut: 0 to 8; 4 leaves the image where it is.</param>
/// <param name="Mirrored">Whether left and right are exchanged after the cut.</param>
internal readonly record struct Crop(int Top, int Left, bool Mirrored)
{
    /// <summary>Pixels of padding on each side.</summary>
    public const int Padding = 4;

    /// <summary>The image as it is.</summary>
    public static Crop Identity { get; } = new(Padding, Padding, false);

    /// <summary>
    /// Draws the crop of one image in one epoch; all that the augmentation allows are equally likely, and an image is mirrored in the same
    /// epochs whether it is cropped or not.
    /// </summary>
    public static Crop Random(Augmentation augmentation, ulong seed, RandomPurpose purpose, int epoch, int image)
    {
        if (augmentation == Augmentation.None)
            return Identity;
        var random = new RandomStream(seed, purpose, epoch, image);
        var crop = new Crop(random.NextInt32((2 * Padding) + 1), random.NextInt32((2 * Padding) + 1), (random.NextUInt32() & 1) == 1);
        return augmentation == Augmentation.CropFlip ? crop : Identity with { Mirrored = crop.Mirrored };
    }
}
