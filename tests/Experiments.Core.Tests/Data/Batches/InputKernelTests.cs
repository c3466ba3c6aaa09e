using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Whitening;
using FsCheck;
using FsCheck.Fluent;

namespace Experiments.Core.Tests.Data.Batches;

public sealed class InputKernelTests
{
    [Fact]
    public void The_kernel_writes_what_the_definition_says_in_both_layouts()
    {
        var cases =
            from channels in Gen.Choose(1, 4)
            from height in Gen.Choose(1, 12)
            from width in Gen.Choose(1, 12)
            from top in Gen.Choose(0, 8)
            from left in Gen.Choose(0, 8)
            from mirrored in Gen.Elements(false, true)
            from pixels in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(channels * height * width)
            select (Shape: new ImageShape(channels, height, width), Crop: new Crop(top, left, mirrored), Pixels: pixels);
        Prop.ForAll(cases.ToArbitrary(), image =>
        {
            var (c, h, w) = (image.Shape.Channels, image.Shape.Height, image.Shape.Width);
            var statistics = new InputStatistics([.. Enumerable.Range(0, c).Select(i => 0.3 + (0.1 * i))], [.. Enumerable.Range(0, c).Select(i => 0.2 + (0.05 * i))]);
            var first = Run(ImageLayout.ChannelsFirst);
            var last = Run(ImageLayout.ChannelsLast);
            for (var channel = 0; channel < c; channel++)
            {
                for (var y = 0; y < h; y++)
                {
                    for (var x = 0; x < w; x++)
                    {
                        var expected = Value(channel, y, x);
                        if (first[(((channel * h) + y) * w) + x] != expected || last[(((y * w) + x) * c) + channel] != expected)
                            return false;
                    }
                }
            }

            return true;

            float[] Run(ImageLayout layout)
            {
                // The buffer still holds an earlier image, of which nothing may remain.
                var values = Enumerable.Repeat(float.NaN, image.Shape.Size).ToArray();
                new InputKernel(image.Shape, layout, ChannelMap.ZScore(statistics)).Write(image.Pixels, image.Crop, values);
                return values;
            }

            // Pad by 4, cut, mirror: pixel (y, x) of the result, by the definition.
            float Value(int channel, int y, int x)
            {
                var (row, column) = (y + image.Crop.Top - 4, (image.Crop.Mirrored ? w - 1 - x : x) + image.Crop.Left - 4);
                if (row < 0 || row >= h || column < 0 || column >= w)
                    return 0;
                return (float)(((image.Pixels[(((channel * h) + row) * w) + column] / 255.0) - statistics.Mean[channel]) / statistics.StandardDeviation[channel]);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_crop_is_equally_frequent()
    {
        var crops = Enumerable.Range(0, 81 * 2 * 200).Select(image => Crop.Random(Augmentation.CropFlip, 3, RandomPurpose.Augmentation, 1, image)).GroupBy(crop => crop).ToList();
        Assert.Equal(81 * 2, crops.Count);

        // 200 expected of each; five standard deviations.
        Assert.All(crops, crop => Assert.InRange(crop.Count(), 200 - 71, 200 + 71));
    }
}
