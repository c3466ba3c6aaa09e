namespace Experiments.Core.Data.Images;

/// <summary>Images that lie one after the other in a file: an IDX file, or a NumPy array.</summary>
/// <param name="Where">The file, and the array in it, for messages.</param>
/// <param name="Count">Number of images, N.</param>
/// <param name="Shape">The size of each image.</param>
internal abstract record ImageArray(string Where, int Count, ImageShape Shape)
{
    /// <summary>Reads the images in their order.</summary>
    /// <param name="take">Receives each image's index and [C, H, W] pixels; the pixels are void after the call.</param>
    /// <exception cref="ExperimentException">The file is damaged, or a value is not a pixel.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public abstract void Read(ImageTaker take);
}

/// <summary>Takes one image of an array.</summary>
internal delegate void ImageTaker(int index, ReadOnlySpan<byte> pixels);

/// <summary>Images with their labels, as stored in a file.</summary>
/// <param name="Images">The images.</param>
/// <param name="Labels">[N] labels, any whole numbers.</param>
internal sealed record LabelledImages(ImageArray Images, long[] Labels);
