using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// The images of the synthetic set. A small, distracting object lies on a tinted gradient. A larger object lies over it and gives the image
/// its class: one of five shapes, striped or checked. Places, sizes, turns, colours and the width of the pattern vary, and noise lies over
/// the whole image, so neither a pixel nor a colour tells the class. One image in twenty shows the object of a random class and keeps its label,
/// so no network gets below 4.5% error on the test images. A small CNN with BN had 18.5% after three epochs of all 50,000.
/// </summary>
/// <remarks>
/// All arithmetic is on integers, so that every machine makes the same bytes; angles are in 256ths of a turn, and lengths in 16ths of a
/// pixel.
/// </remarks>
internal static class SyntheticImages
{
    /// <summary>The version of the images; it changes when they do.</summary>
    public const int Version = 1;

    private const int Side = 32;
    private const int Shapes = 5;
    private const int Classes = 2 * Shapes;

    // 256 * sine of a 256th of a turn. Rounded, so that the last bit of a library's sine does not matter.
    private static readonly int[] Sine = [.. Enumerable.Range(0, 256).Select(angle => (int)Math.Round(256 * Math.Sin(2 * Math.PI * angle / 256)))];

    /// <summary>Draws one image.</summary>
    /// <param name="part">The part of the set.</param>
    /// <param name="index">The image within the part; its label is the remainder by 10, so the classes are equally frequent.</param>
    /// <param name="pixels">Receives [3, 32, 32] bytes.</param>
    /// <returns>The label.</returns>
    public static byte Draw(DatasetPart part, int index, Span<byte> pixels)
    {
        var random = new RandomStream(seed: 0, RandomPurpose.SyntheticImages, epoch: (int)part, item: index);
        var label = index % Classes;
        var shown = random.NextInt32(20) == 0 ? random.NextInt32(Classes) : label;
        Background(ref random, pixels);
        Object(ref random, random.NextInt32(Classes), radius: 48 + random.NextInt32(64), reach: 14 * 16, pixels);
        Object(ref random, shown, radius: 112 + random.NextInt32(80), reach: 5 * 16, pixels);
        Noise(ref random, pixels);
        return (byte)label;
    }

    private static void Background(ref RandomStream random, Span<byte> pixels)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            var (level, right, down) = (64 + random.NextInt32(128), random.NextInt32(9) - 4, random.NextInt32(9) - 4);
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                    pixels[(((channel * Side) + y) * Side) + x] = Byte(level + (right * (x - 16) / 2) + (down * (y - 16) / 2));
            }
        }
    }

    // Paints the object of a class somewhere within reach of the middle.
    private static void Object(ref RandomStream random, int label, int radius, int reach, Span<byte> pixels)
    {
        var (shape, isChecked) = (label % Shapes, label >= Shapes);
        var (middleX, middleY) = ((16 * 16) + random.NextInt32((2 * reach) + 1) - reach, (16 * 16) + random.NextInt32((2 * reach) + 1) - reach);
        var turn = random.NextInt32(256);
        var (cosine, sine) = (Sine[(turn + 64) & 255], Sine[turn]);
        var (period, phase) = (48 + random.NextInt32(48), random.NextInt32(256));
        Span<int> light = [random.NextInt32(256), random.NextInt32(256), random.NextInt32(256)];
        var contrast = 40 + random.NextInt32(80);
        var tint = random.NextInt32(64);

        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var (dx, dy) = ((x * 16) + 8 - middleX, (y * 16) + 8 - middleY);
                var (u, v) = (((dx * cosine) + (dy * sine)) >> 8, ((dy * cosine) - (dx * sine)) >> 8);
                if (!Covers(shape, u, v, radius))
                    continue;

                // Stripes vary along u alone, checks along u and v.
                var wave = Sine[((u * 256 / period) + phase) & 255];
                if (isChecked)
                    wave = wave * Sine[((v * 256 / period) + phase) & 255] >> 8;
                for (var channel = 0; channel < 3; channel++)
                    pixels[(((channel * Side) + y) * Side) + x] = Byte(light[channel] + ((wave * (contrast + (channel * tint / 2))) >> 8));
            }
        }
    }

    private static bool Covers(int shape, int u, int v, int radius) => shape switch
    {
        0 => (u * u) + (v * v) < radius * radius * 4 / 5,
        1 => Math.Max(Math.Abs(u), Math.Abs(v)) < radius * 4 / 5,
        2 => v < radius * 2 / 3 && (Math.Abs(u) * 7) - (v * 4) < radius * 4,
        3 => Math.Min(Math.Abs(u), Math.Abs(v)) < radius / 3 && Math.Max(Math.Abs(u), Math.Abs(v)) < radius,
        _ => ((u * u) + (v * v)) is var square && square < radius * radius && square > radius * radius / 3,
    };

    // Adds the sum of two uniform numbers to each value; one random word serves the three channels of a pixel. Each image has one noise level.
    private static void Noise(ref RandomStream random, Span<byte> pixels)
    {
        var level = 1 + random.NextInt32(4);
        for (var i = 0; i < Side * Side; i++)
        {
            var bits = random.NextUInt32();
            for (var channel = 0; channel < 3; channel++, bits >>= 10)
            {
                ref var pixel = ref pixels[(channel * Side * Side) + i];
                pixel = Byte(pixel + (level * ((int)(bits & 31) + (int)((bits >> 5) & 31) - 31)));
            }
        }
    }

    private static byte Byte(int value) => (byte)Math.Clamp(value, 0, 255);
}
