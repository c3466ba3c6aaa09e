namespace Experiments.Core.Data.Whitening;

/// <summary>
/// How pixels become the values that a network takes. Every kind is fitted to the training images alone and is an affine transform of the
/// image after crop and mirror. The padding has the training images' mean of the channel, so every kind shows the same images.
/// </summary>
public enum InputNormalization
{
    /// <summary>They are not normalized: values from 0 to 255.</summary>
    None,

    /// <summary>(x - min) / (max - min) with the smallest and the largest pixel of the channel: values from 0 to 1.</summary>
    MinMax,

    /// <summary>(x - mean) / sd of the channel, <see cref="InputStatistics"/>: mean 0 and standard deviation 1.</summary>
    ZScore,

    /// <summary>
    /// The colours of a pixel, less their mean, whitened: Lambda^-1/2 U^T with the eigenvalues Lambda and eigenvectors U of the [C, C]
    /// covariance over all pixels, the largest eigenvalue first. Channels are then uncorrelated with variance 1; with one channel this is
    /// <see cref="ZScore"/>.
    /// </summary>
    Pca,

    /// <summary>
    /// All pixels of an image, less their means, whitened: U (Lambda + epsilon I)^-1/2 U^T of the [D, D] covariance over images, D = C*H*W;
    /// see <see cref="ZcaWhitening"/>.
    /// </summary>
    Zca,
}
