using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Whitening;
using FsCheck;
using FsCheck.Fluent;

namespace Experiments.Core.Tests.Data.Batches;

public sealed class BatchSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dataset _set;

    public BatchSourceTests()
    {
        SmallSets.WriteCifar(_folder.Path);
        _set = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
    }

    public void Dispose()
    {
        _set.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_epoch_shows_each_image_at_most_once_and_drops_an_incomplete_batch()
    {
        var source = Source(augmentation: Augmentation.None);
        var images = Images(source.TrainingEpoch(0, 7));
        Assert.Equal(35, images.Count);
        Assert.Equal(35, images.Distinct().Count());
        Assert.Equal(5, source.StepsPerEpoch(7));
    }

    [Fact]
    public void The_order_follows_from_seed_and_epoch_alone()
    {
        var source = Source(augmentation: Augmentation.None);
        var second = Images(source.TrainingEpoch(1, 4));
        _ = Images(source.TrainingEpoch(0, 4));
        _ = Images(source.Population(0, 40, 4));
        Assert.Equal(second, Images(source.TrainingEpoch(1, 4)));
        Assert.Equal(second, Images(source.TrainingEpoch(1, 10)));
        Assert.NotEqual(second, Images(source.TrainingEpoch(2, 4)));
        Assert.NotEqual(second, Images(Source(seed: 2, Augmentation.None).TrainingEpoch(1, 4)));
    }

    [Fact]
    public void Images_come_in_the_styles_of_their_domains()
    {
        foreach (var domains in new[] { Domains.Mixed, Domains.ByBatch })
        {
            var options = new BatchOptions { Seed = 1, Augmentation = Augmentation.None, Input = InputNormalization.None, Domains = domains, WorkerBatch = 4 };
            var source = new BatchSource(_set, options);
            var styles = Styles(source.TrainingEpoch(1, 8), new BatchSource(_set, options with { Domains = Domains.None }).TrainingEpoch(1, 8));
            Assert.Equal(40, styles.Count);
            Assert.Equal(styles[16..], Styles(source.TrainingEpoch(1, 8, 2), new BatchSource(_set, options with { Domains = Domains.None }).TrainingEpoch(1, 8, 2)));
            Assert.DoesNotContain(-1, styles);
            Assert.True(styles.Distinct().Count() > 2);
            Assert.Equal(domains == Domains.ByBatch, styles.Chunk(4).All(worker => worker.Distinct().Count() == 1));
            Assert.NotEqual(styles, Styles(source.TrainingEpoch(2, 8), new BatchSource(_set, options with { Domains = Domains.None }).TrainingEpoch(2, 8)));

            // A test image has the same style in every run. With a single style, all images have it.
            var tested = Styles(source.Evaluation(5), new BatchSource(_set, options with { Domains = Domains.None }).Evaluation(5));
            Assert.Equal(tested, Styles(new BatchSource(_set, options with { Seed = 2 }).Evaluation(12), new BatchSource(_set, options with { Domains = Domains.None }).Evaluation(12)));
            Assert.True(tested.Distinct().Count() > 1);
            foreach (var (number, style) in DomainStyles.All.Index())
                Assert.All(Styles(source.Evaluation(5, style), new BatchSource(_set, options with { Domains = Domains.None }).Evaluation(5)), one => Assert.Equal(number, one));
        }
    }

    // For each image, the style that turns it into the image that was shown.
    private List<int> Styles(IEnumerable<ImageBatch> shown, IEnumerable<ImageBatch> plain)
    {
        var kernels = DomainStyles.All.Select(style => new AlterationKernel(_set.Shape, style)).ToList();
        return [.. Values(plain).Chunk(_set.Shape.Size).Zip(Values(shown).Chunk(_set.Shape.Size), (image, seen) =>
        {
            byte[] pixels = [.. image.Select(value => (byte)Math.Round(value))];
            return kernels.FindIndex(kernel => kernel.Apply(pixels, 0).SequenceEqual(seen.Select(value => (byte)Math.Round(value)).ToArray()));
        })];
    }

    [Fact]
    public void An_epoch_entered_at_any_step_has_the_batches_that_follow_there()
    {
        foreach (var input in Enum.GetValues<InputNormalization>())
        {
            var source = new BatchSource(_set, new BatchOptions { Seed = 1, Input = input });
            var whole = Values(source.TrainingEpoch(1, 6));
            for (var step = 0; step <= source.StepsPerEpoch(6); step++)
                Assert.Equal(whole[(step * 6 * _set.Shape.Size)..], Values(source.TrainingEpoch(1, 6, step)));
        }
    }

    [Fact]
    public void An_image_is_varied_alike_whatever_the_batch_size() => Prop.ForAll(
        Gen.Choose(1, 40).Two().ToArbitrary(),
        sizes =>
        {
            var source = Source();
            var images = Math.Min(40 / sizes.Item1 * sizes.Item1, 40 / sizes.Item2 * sizes.Item2);
            return Values(source.TrainingEpoch(3, sizes.Item1)).Take(images * 60).SequenceEqual(Values(source.TrainingEpoch(3, sizes.Item2)).Take(images * 60));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_image_is_varied_anew_in_every_epoch_and_under_every_seed()
    {
        float[] Sorted(ulong seed, int epoch) => [.. Values(Source(seed).TrainingEpoch(epoch, 40)).Order()];
        Assert.Equal(Sorted(1, 0), Sorted(1, 0));
        Assert.NotEqual(Sorted(1, 0), Sorted(1, 1));
        Assert.NotEqual(Sorted(1, 0), Sorted(2, 0));
    }

    [Fact]
    public void Flipping_mirrors_some_images_in_each_epoch_and_changes_nothing_else()
    {
        var width = _set.Shape.Width;
        var seen = Values(Source(augmentation: Augmentation.Flip).TrainingEpoch(0, 40)).Chunk(_set.Shape.Size).ToList();
        var plain = Values(Source(augmentation: Augmentation.None).TrainingEpoch(0, 40)).Chunk(_set.Shape.Size).ToList();
        var asItIs = seen.Zip(plain, (image, own) => image.SequenceEqual(own)).ToList();
        var mirrored = seen.Zip(plain, (image, own) => image.Chunk(width).SelectMany(row => row.Reverse()).SequenceEqual(own)).ToList();
        Assert.All(asItIs.Zip(mirrored), image => Assert.NotEqual(image.First, image.Second));
        Assert.InRange(mirrored.Count(yes => yes), 10, 30);
        Assert.NotEqual(seen.SelectMany(image => image), Values(Source(augmentation: Augmentation.Flip).TrainingEpoch(1, 40)));
    }

    [Fact]
    public void Training_images_as_they_are_have_mean_0_and_standard_deviation_1_in_every_channel()
    {
        var values = Values(Source(augmentation: Augmentation.None, layout: ImageLayout.ChannelsLast).TrainingEpoch(0, 40));
        for (var channel = 0; channel < 3; channel++)
        {
            var own = values.Where((_, i) => i % 3 == channel).Select(v => (double)v).ToList();
            Assert.Equal(0, own.Average(), 1e-6);
            Assert.Equal(1, own.Average(v => v * v), 1e-6);
        }
    }

    [Fact]
    public void Labels_go_with_their_images()
    {
        var source = Source(augmentation: Augmentation.None);
        foreach (var batch in source.TrainingEpoch(0, 8).Concat(source.ShuffledEvaluation(5)))
        {
            for (var i = 0; i < batch.Count; i++)
                Assert.Equal(SmallSets.Label(Index(batch, i)), batch.Labels[i]);
        }
    }

    [Fact]
    public void Evaluation_shows_all_images_in_order_unvaried_and_keeps_an_incomplete_batch()
    {
        var source = Source();
        Assert.Equal(Enumerable.Range(0, 12), Images(source.Evaluation(5)));
        Assert.Equal([5, 5, 2], source.Evaluation(5).Select(batch => batch.Count));
        Assert.Equal([12], source.Evaluation(500).Select(batch => batch.Count));
    }

    [Fact]
    public void The_shuffled_order_of_evaluation_is_the_same_for_all_seeds()
    {
        var images = Images(Source().ShuffledEvaluation(5));
        Assert.Equal(Enumerable.Range(0, 12), images.Order());
        Assert.NotEqual(images.Order(), images);
        Assert.Equal(images, Images(Source(seed: 2).ShuffledEvaluation(3)));
    }

    [Theory]
    [InlineData(10_000, 7, 35)]
    [InlineData(23, 7, 21)]
    [InlineData(40, 40, 40)]
    public void Population_takes_whole_batches_of_as_many_images_as_there_are(int count, int batchSize, int expected)
    {
        var source = Source(augmentation: Augmentation.None);
        var images = Images(source.Population(2, count, batchSize));
        Assert.Equal(expected, images.Distinct().Count());
        Assert.NotEqual(images, Images(source.TrainingEpoch(2, batchSize)).Take(expected));
    }

    [Fact]
    public void Population_varies_its_images_in_ways_of_its_own()
    {
        var source = Source();
        Assert.NotEqual(Values(source.Population(0, 40, 40)).Order(), Values(source.TrainingEpoch(0, 40)).Order());
    }

    [Fact]
    public void A_step_larger_than_the_set_is_an_error_that_names_both()
    {
        var error = Assert.Throws<ExperimentException>(() => Source().TrainingEpoch(0, 41));
        Assert.Equal("A step takes 41 images (workers x batch), but the training set has 40: take a smaller batch or fewer workers.", error.Message);
    }

    [Fact]
    public void Given_statistics_replace_the_sets_own()
    {
        var source = new BatchSource(_set, new BatchOptions { Seed = 1, Statistics = new InputStatistics([0, 0, 0], [1.0 / 255, 1.0 / 255, 1.0 / 255]) });
        Assert.Equal(Enumerable.Range(0, 12), source.Evaluation(1).Select(batch => (int)Math.Round(batch.Values[0])));
        var error = Assert.Throws<ExperimentException>(() => new BatchSource(_set, new BatchOptions { Seed = 1, Statistics = new InputStatistics([0], [1]) }));
        Assert.Equal("The input statistics are for 1 channels; the images of small-cifar have 3 (3x5x4).", error.Message);
    }

    [Fact]
    public void Batches_after_the_first_allocate_nothing()
    {
        var source = Source();
        long before = 0, most = 0;
        var batches = source.TrainingEpoch(0, 2).GetEnumerator();
        for (var i = 0; batches.MoveNext(); i++)
        {
            var now = GC.GetAllocatedBytesForCurrentThread();
            if (i > 0)
                most = Math.Max(most, now - before);
            before = GC.GetAllocatedBytesForCurrentThread();
        }

        Assert.Equal(0, most);
    }

    private static List<float> Values(IEnumerable<ImageBatch> batches) => [.. batches.SelectMany(batch => batch.Values.ToArray())];

    [Theory]
    [InlineData(ImageLayout.ChannelsFirst)]
    [InlineData(ImageLayout.ChannelsLast)]
    public void Training_takes_contiguous_rows_from_a_random_place_of_each_image_and_as_many_for_all_of_a_batch(ImageLayout layout)
    {
        var options = new BatchOptions { Seed = 1, Layout = layout };
        BatchSource whole = new(_set, options), cut = new(_set, options with { Rows = new(2, 4) });
        var (heights, places) = (new HashSet<int>(), new HashSet<int>());
        for (var epoch = 0; epoch < 4; epoch++)
        {
            var batches = whole.TrainingEpoch(epoch, 7).Zip(cut.TrainingEpoch(epoch, 7), (all, part) =>
            {
                Assert.Equal(all.Labels.ToArray(), part.Labels.ToArray());
                heights.Add(part.Shape.Height);
                for (var image = 0; image < all.Count; image++)
                    places.Add(PlaceOf(part.Image(image).ToArray(), all.Image(image).ToArray(), part.Shape.Height, layout));
                return part.Image(0).ToArray();
            }).ToList();

            // The batches are the same if they are read again, or from a later step on.
            Assert.Equal(batches.Skip(2), new BatchSource(_set, options with { Rows = new(2, 4) }).TrainingEpoch(epoch, 7, step: 2).Select(part => part.Image(0).ToArray()));
        }

        Assert.Equal([2, 3, 4], heights.Order());
        Assert.Equal(Enumerable.Range(0, _set.Shape.Height - 1), places.Order());
        Assert.All(cut.Population(0, 21, 7), part => Assert.InRange(part.Shape.Height, 2, 4));
    }

    [Fact]
    public void An_evaluation_reads_the_middle_rows_where_it_is_asked_for_some()
    {
        var source = Source(layout: ImageLayout.ChannelsLast);
        var all = source.Evaluation(4).First();
        var whole = all.Image(1).ToArray();
        foreach (var batches in new[] { source.Evaluation(4, rows: 3), source.ShuffledEvaluation(4, rows: 3) })
            Assert.All(batches, part => Assert.Equal(all.Shape with { Height = 3 }, part.Shape));
        Assert.Equal((_set.Shape.Height - 3) / 2, PlaceOf(source.Evaluation(4, rows: 3).First().Image(1).ToArray(), whole, 3, ImageLayout.ChannelsLast));
    }

    // The row of an image at which a part of it begins; -1 if it is not a part of the image.
    private int PlaceOf(float[] part, float[] whole, int rows, ImageLayout layout)
    {
        var (channels, height, width) = (_set.Shape.Channels, _set.Shape.Height, _set.Shape.Width);
        return Enumerable.Range(0, height - rows + 1).Where(first => Enumerable.Range(0, part.Length).All(i =>
        {
            var (channel, row, column) = layout == ImageLayout.ChannelsLast
                ? (i % channels, i / (channels * width), i / channels % width) : (i / (width * rows), i / width % rows, i % width);
            return part[i] == whole[layout == ImageLayout.ChannelsLast
                ? ((((first + row) * width) + column) * channels) + channel : (((channel * height) + first + row) * width) + column];
        })).DefaultIfEmpty(-1).First();
    }

    private BatchSource Source(ulong seed = 1, Augmentation augmentation = Augmentation.CropFlip, ImageLayout layout = ImageLayout.ChannelsFirst) =>
        new(_set, new BatchOptions { Seed = seed, Augmentation = augmentation, Layout = layout });

    // The first pixel of an image tells its index.
    private int Index(ImageBatch batch, int image) =>
        (int)Math.Round(((batch.Image(image)[0] * _set.Statistics.StandardDeviation[0]) + _set.Statistics.Mean[0]) * 255);

    private List<int> Images(IEnumerable<ImageBatch> batches) =>
        [.. batches.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(i => Index(batch, i)).ToArray())];
}
