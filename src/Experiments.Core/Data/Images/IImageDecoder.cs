namespace Experiments.Core.Data.Images;

/// <summary>Reads PNG and JPEG files. The code that decodes them is native and lies outside of this project.</summary>
public interface IImageDecoder
{
    /// <summary>
    /// Decodes a file, turns it upright as its EXIF data says, scales it until its shorter side is the shape's, keeps the middle of the longer
    /// side, and puts white behind transparent pixels.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">The shape of the result, as high as wide; it has one channel only if the file is grey.</param>
    /// <param name="pixels">Receives [C, H, W] bytes.</param>
    /// <returns>What is wrong with the file, to follow the file's name in a sentence; null if nothing is wrong.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    string? Decode(string path, ImageShape shape, Span<byte> pixels);
}
