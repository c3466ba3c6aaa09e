namespace Experiments.Core.Data;

/// <summary>The images of the synthetic set.</summary>
internal static class SyntheticImages
{
    /// <summary>Changes when the images do.</summary>
    public const int Version = 1;

    public static byte Draw(DatasetPart part, int index, Span<byte> pixels)
    {
        var random = new RandomStream(0, RandomPurpose.SyntheticImages, (int)part, index);
        foreach (ref var pixel in pixels)
            pixel = (byte)random.NextUInt32();
        return (byte)(index % 10);
    }
}
