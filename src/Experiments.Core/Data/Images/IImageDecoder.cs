namespace Experiments.Core.Data.Images;

/// <summary>Reads PNG and JPEG files. What decodes them is native code, which lives outside of this project.</summary>
public interface IImageDecoder
{
    /// <summary>
    /// Decodes a file, turns it upright as its EXIF data says, scales it until its shorter side is the shape's, keeps the middle of the longer
    /// side, and lays what is transparent on white.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">The size to give it, as high as wide; of one channel where the file is grey.</param>
    /// <param name="pixels">Receives [C, H, W] bytes.</param>
    /// <returns>What is wrong with the file, for a sentence that begins with its name; null where nothing is.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    string? Decode(string path, ImageShape shape, Span<byte> pixels);
}
