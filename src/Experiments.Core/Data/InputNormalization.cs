namespace Experiments.Core.Data;

/// <summary>How the pixels of an image become a network's input; crop and flip come first.</summary>
public enum InputNormalization
{
    /// <summary>As they are, 0 to 255.</summary>
    None,

    /// <summary>(x - min) / (max - min) of each channel over the training images: 0 to 1.</summary>
    MinMax,

    /// <summary>(x - mean) / sd of each channel over the training images.</summary>
    ZScore,

    /// <summary>Whitening over the colour channels: uncorrelated principal components of variance 1.</summary>
    Pca,

    /// <summary>Whitening over all pixels of an image, turned back to where it looks most like the image.</summary>
    Zca,
}
