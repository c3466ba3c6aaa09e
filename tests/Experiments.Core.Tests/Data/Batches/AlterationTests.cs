using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;

namespace Experiments.Core.Tests.Data.Batches;

public sealed class AlterationTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 32, 32);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<AlterationKind> Kinds => [.. Enum.GetValues<AlterationKind>().Where(kind => kind is not (AlterationKind.None or AlterationKind.Invert))];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Strength_0_and_kind_none_are_the_same_shift_and_change_nothing()
    {
        var image = Image(0);
        foreach (var kind in Enum.GetValues<AlterationKind>())
            Assert.Equal(Alteration.None, new Alteration(kind, 0));
        Assert.Equal(Alteration.None, new Alteration(AlterationKind.None, 3));
        Assert.Equal(image, Apply(image, Alteration.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Alteration(AlterationKind.Blur, 6));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_stronger_a_shift_the_further_it_takes_an_image(AlterationKind kind)
    {
        var distances = Alteration.AllOf(kind).Select(alteration => Enumerable.Range(0, 20).Average(i =>
            Image(i).Zip(Apply(Image(i), alteration, i), (a, b) => (double)(a - b) * (a - b)).Sum())).ToList();
        Assert.Equal(5, distances.Count);
        Assert.True(distances[0] > 0);
        Assert.Equal(distances.Order(), distances);
        Assert.Equal(5, distances.Distinct().Count());
    }

    [Fact]
    public void Inverted_is_what_is_left_to_white()
    {
        var shift = Assert.Single(Alteration.AllOf(AlterationKind.Invert));
        Assert.Equal([255, 155, 0, 25], Apply([0, 100, 255, 230], shift, shape: new ImageShape(1, 2, 2)));
    }

    // At strength 4 two fifths of the way to the colour (230, 140, 60), whose brightness is 143.3.
    [Fact]
    public void A_tint_moves_every_pixel_towards_one_colour()
    {
        Assert.Equal([92, 152, 152, 92, 56, 116, 116, 56, 24, 84, 84, 24], Apply([0, 100, 100, 0, 0, 100, 100, 0, 0, 100, 100, 0], new Alteration(AlterationKind.Tint, 4), shape: new ImageShape(3, 2, 2)));
        Assert.Equal([57, 117, 210, 57], Apply([0, 100, 255, 0], new Alteration(AlterationKind.Tint, 4), shape: new ImageShape(1, 2, 2)));
    }

    // At strength 4, 51 is added to the largest channel, up to 255: 100 becomes 151 and the others 1.51 times as large.
    [Fact]
    public void Brightness_keeps_hue_and_saturation() => Assert.Equal(
        [151, 51, 255, 71, 76, 51, 255, 71, 0, 51, 128, 71],
        Apply([100, 0, 250, 20, 50, 0, 250, 20, 0, 0, 125, 20], new Alteration(AlterationKind.Brightness, 4), shape: new ImageShape(3, 2, 2)));

    [Fact]
    public void Brightness_of_one_channel_is_added() => Assert.Equal(
        [51, 151, 255, 255], Apply([0, 100, 204, 230], new Alteration(AlterationKind.Brightness, 4), shape: new ImageShape(1, 2, 2)));

    // Strength 2 halves the distance to the mean of each channel, here 60 and 100.
    [Fact]
    public void Contrast_moves_pixels_towards_the_mean_of_their_channel() => Assert.Equal(
        [30, 50, 70, 90, 100, 100, 100, 100],
        Apply([0, 40, 80, 120, 100, 100, 100, 100], new Alteration(AlterationKind.Contrast, 2), shape: new ImageShape(2, 2, 2)));

    [Fact]
    public void Blur_keeps_a_constant_image_up_to_its_edges()
    {
        byte[] image = [.. Enumerable.Range(0, 60).Select(i => (byte)(40 + (i / 20 * 90)))];
        foreach (var alteration in Alteration.AllOf(AlterationKind.Blur))
            Assert.Equal(image, Apply(image, alteration, shape: new ImageShape(3, 5, 4)));
    }

    [Fact]
    public void Blur_spreads_a_point_as_a_gaussian_along_both_axes()
    {
        var shape = new ImageShape(1, 11, 13);
        var image = new byte[shape.Size];
        image[(5 * 13) + 6] = 255;
        var blurred = Apply(image, new Alteration(AlterationKind.Blur, 5), shape: shape);

        // Standard deviation 1: exp(-d^2 / 2) / 2 pi of 255 at a distance of d.
        Assert.Equal([41, 25, 25, 15, 5, 5], new[] { (5, 6), (4, 6), (5, 7), (6, 7), (5, 8), (7, 6) }.Select(p => (int)blurred[(p.Item1 * 13) + p.Item2]));
    }

    [Fact]
    public void Noise_has_its_standard_deviation_and_differs_between_images_strengths_and_pixels()
    {
        var grey = Enumerable.Repeat((byte)128, Shape.Size).ToArray();
        var noise = Apply(grey, new Alteration(AlterationKind.Noise, 5), 7);
        Assert.Equal(25.5, Math.Sqrt(noise.Average(value => (value - 128.0) * (value - 128.0))), 1.5);
        Assert.Equal(noise, Apply(grey, new Alteration(AlterationKind.Noise, 5), 7));
        Assert.NotEqual(noise, Apply(grey, new Alteration(AlterationKind.Noise, 5), 8));
        Assert.NotEqual(noise.Select(value => Math.Sign(value - 128)), Apply(grey, new Alteration(AlterationKind.Noise, 4), 7).Select(value => Math.Sign(value - 128)));
        Assert.NotEqual(noise[..1024], noise[1024..2048]);
    }

    [Fact]
    public void Noise_is_the_images_own_whatever_the_seed_the_batch_the_order_and_the_subset()
    {
        SmallSets.WriteCifar(_folder.Path);
        var alteration = new Alteration(AlterationKind.Noise, 3);
        using var set = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
        var images = Images(Source(set, 1).Evaluation(5, alteration));
        Assert.Equal(images, Images(Source(set, 2).Evaluation(4, alteration)));
        Assert.Equal(images.Select(image => image[7]).Order(), Images(Source(set, 1).ShuffledEvaluation(5, alteration)).Select(image => image[7]).Order());

        using var subset = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path, TestLimit = 5 });
        Assert.NotEqual(Enumerable.Range(0, 5), subset.Test.Records.ToArray());
        Assert.Equal(subset.Test.Records.ToArray().Select(record => images[record]), Images(Source(subset, 1).Evaluation(2, alteration)));
    }

    [Fact]
    public void A_shift_comes_before_the_input_normalization_and_leaves_training_images_alone()
    {
        SmallSets.WriteCifar(_folder.Path);
        using var set = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
        var source = new BatchSource(set, new BatchOptions { Seed = 1, Input = InputNormalization.None });
        var alteration = new Alteration(AlterationKind.Contrast, 1);
        var first = source.Evaluation(1, alteration).First().Image(0).ToArray();
        Assert.Equal(Apply(set.Test.Pixels(0).ToArray(), alteration, shape: SmallSets.Shape).Select(value => (float)value), first);
        Assert.Equal(set.Test.Pixels(0).ToArray().Select(value => (float)value), source.Evaluation(1).First().Image(0).ToArray());
    }

    private static byte[] Image(int index)
    {
        var pixels = new byte[Shape.Size];
        SyntheticImages.Draw(DatasetPart.Test, index, pixels);
        return pixels;
    }

    private static byte[] Apply(byte[] pixels, Alteration alteration, int image = 0, ImageShape? shape = null) =>
        new AlterationKernel(shape ?? Shape, alteration).Apply(pixels, image).ToArray();

    private static BatchSource Source(Dataset set, ulong seed) => new(set, new BatchOptions { Seed = seed, Input = InputNormalization.None });

    private static List<float[]> Images(IEnumerable<ImageBatch> batches) =>
        [.. batches.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(i => batch.Image(i).ToArray()).ToList())];
}
