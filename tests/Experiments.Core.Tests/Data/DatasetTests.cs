using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using FsCheck;
using FsCheck.Fluent;

namespace Experiments.Core.Tests.Data;

public sealed class DatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DatasetTests() => SmallSets.WriteCifar(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_opened_set_has_the_files_images_in_their_order()
    {
        using var set = Open();
        Assert.Equal(40, set.Train.Count);
        Assert.Equal(12, set.Test.Count);
        for (var i = 0; i < set.Train.Count; i++)
        {
            Assert.Equal(SmallSets.Label(i), set.Train.Label(i));
            Assert.Equal(Enumerable.Range(0, 60).Select(pixel => SmallSets.Pixel(DatasetPart.Train, i, pixel)), set.Train.Pixels(i).ToArray());
        }

        Assert.Equal(SmallSets.Pixel(DatasetPart.Test, 11, 59), set.Test.Pixels(11)[59]);
    }

    [Fact]
    public void Some_classes_keep_their_images_and_have_labels_from_0_on()
    {
        using var whole = Open();
        using var part = Dataset.Open(ClassSelection.Of(whole.Description, "1,3"), new DataOptions { Folder = _folder.Path });
        int[] wanted = [.. Enumerable.Range(0, whole.Train.Count).Where(image => whole.Train.Label(image) is 1 or 3)];
        Assert.Equal((2, wanted.Length, 2), (part.Classes, part.Train.Count, part.Train.Classes));
        Assert.Equal(part.Description.TestCount, part.Test.Count);
        foreach (var (index, image) in wanted.Index())
        {
            Assert.Equal(whole.Train.Pixels(image).ToArray(), part.Train.Pixels(index).ToArray());
            Assert.Equal(whole.Train.Label(image) == 3 ? 1 : 0, part.Train.Label(index));
        }

        using var few = Dataset.Open(ClassSelection.Of(whole.Description, "1,3"), new DataOptions { Folder = _folder.Path, TrainLimit = 6 });
        Assert.Equal([3, 3], few.Train.ClassCounts());
        Assert.Subset(Indices(part.Train).ToHashSet(), Indices(few.Train).ToHashSet());
    }

    [Theory]
    [InlineData("4,0,1-2,1", "0-2,4")]
    [InlineData("5-9", "5-9")]
    [InlineData("3", "3")]
    public void Classes_have_one_way_to_be_written(string typed, string normal) => Assert.Equal(normal, ClassSelection.Normalize(typed));

    [Theory]
    [InlineData("4-2", "--classes takes labels from 0 on, as in 0-4 or 0,2,7-9, not '4-2'.")]
    [InlineData("shoes", "not 'shoes'.")]
    [InlineData("0-4-7", "not '0-4-7'.")]
    [InlineData("0-99", "has the classes 0 to 3.")]
    [InlineData("2", "a network cannot learn from a single class")]
    public void Classes_that_are_not_there_are_refused(string typed, string answer)
    {
        using var whole = Open();
        Assert.Contains(answer, Assert.Throws<ExperimentException>(() => ClassSelection.Of(whole.Description, typed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Subsets_are_balanced_and_never_meet_the_images_held_out() => Prop.ForAll(
        Gen.Choose(0, 39).SelectMany(heldOut => Gen.Choose(1, 40 - heldOut).Select(limit => (heldOut, limit))).ToArbitrary(),
        pair =>
        {
            using var set = Open(new DataOptions { TrainLimit = pair.limit, Validation = pair.heldOut });
            var balanced = set.Train.ClassCounts().Max() - set.Train.ClassCounts().Min() <= 1;
            if (pair.heldOut == 0)
                return balanced && set.Train.Count == pair.limit && set.Test.Count == 12;
            return balanced && set.Test.ClassCounts().Max() - set.Test.ClassCounts().Min() <= 1 && set.Train.Count == pair.limit &&
                set.Test.Count == pair.heldOut && !Indices(set.Train).Intersect(Indices(set.Test)).Any();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_smaller_subset_is_part_of_a_larger_one_and_the_same_every_time()
    {
        using var small = Open(new DataOptions { TrainLimit = 10, TestLimit = 5 });
        using var again = Open(new DataOptions { TrainLimit = 10, TestLimit = 5 });
        using var large = Open(new DataOptions { TrainLimit = 20, TestLimit = 9 });
        Assert.Equal(Indices(small.Train), Indices(again.Train));
        Assert.Subset(Indices(large.Train).ToHashSet(), Indices(small.Train).ToHashSet());
        Assert.Subset(Indices(large.Test).ToHashSet(), Indices(small.Test).ToHashSet());
        Assert.NotEqual(Enumerable.Range(0, 10), Indices(small.Train));
    }

    [Fact]
    public void The_images_held_out_do_not_depend_on_the_limit()
    {
        using var few = Open(new DataOptions { TrainLimit = 4, Validation = 8 });
        using var many = Open(new DataOptions { Validation = 8 });
        Assert.Equal(Indices(few.Test), Indices(many.Test));
        Assert.Equal(32, many.Train.Count);
    }

    [Theory]
    [InlineData(41, null, 0, "train-limit 41: expected 1 to 40, the number of small-cifar's training images.")]
    [InlineData(0, null, 0, "train-limit 0: expected 1 to 40, the number of small-cifar's training images.")]
    [InlineData(null, 13, 0, "test-limit 13: expected 1 to 12, the number of small-cifar's test images.")]
    [InlineData(null, -1, 0, "test-limit -1: expected 1 to 12, the number of small-cifar's test images.")]
    [InlineData(33, null, 8, "train-limit 33: expected 1 to 32, the number of small-cifar's training images less the 8 held out.")]
    [InlineData(null, 9, 8, "test-limit 9: expected 1 to 8, the number of small-cifar's images held out for validation.")]
    [InlineData(null, null, 40, "validation 40: expected 0 (none) to 39, which leaves something of small-cifar's 40 training images to train on.")]
    [InlineData(null, null, -3, "validation -3: expected 0 (none) to 39, which leaves something of small-cifar's 40 training images to train on.")]
    public void Limits_beyond_the_set_are_named_with_the_numbers(int? train, int? test, int validation, string expected)
    {
        var error = Assert.Throws<ExperimentException>(() => Open(new DataOptions { TrainLimit = train, TestLimit = test, Validation = validation }));
        Assert.Equal(expected, error.Message);
        Assert.Equal(ExperimentException.BadInput, error.ExitCode);
    }

    [Fact]
    public void Statistics_are_those_of_the_images_trained_on()
    {
        using var set = Open(new DataOptions { TrainLimit = 7, Validation = 9 });
        for (var channel = 0; channel < 3; channel++)
        {
            var values = Enumerable.Range(0, 7).SelectMany(i => set.Train.Pixels(i).Slice(channel * 20, 20).ToArray()).Select(b => b / 255.0).ToList();
            var mean = values.Average();
            Assert.Equal(mean, set.Statistics.Mean[channel], 1e-12);
            Assert.Equal(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), set.Statistics.StandardDeviation[channel], 1e-12);
        }
    }

    [Fact]
    public void Statistics_keep_a_small_spread_around_a_large_mean()
    {
        // One pixel of 254 among 255s: E[x^2] - E[x]^2 in single precision would lose it.
        var place = Path.Combine(_folder.Path, SmallSets.CifarSource.Folder);
        foreach (var name in new[] { "batch_1.bin", "batch_2.bin" })
        {
            var bytes = File.ReadAllBytes(Path.Combine(place, name));
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = i % 62 < 2 ? bytes[i] : (byte)(i % 62 % 20 == 9 && i < 62 && name == "batch_1.bin" ? 254 : 255);
            File.WriteAllBytes(Path.Combine(place, name), bytes);
        }

        using var set = Open();
        var n = 40 * 20.0;
        Assert.All(set.Statistics.StandardDeviation, sd => Assert.Equal(Math.Sqrt((1 / n) - (1 / n / n)) / 255, sd, 1e-15));
    }

    [Fact]
    public void A_channel_without_spread_is_an_error()
    {
        var error = Assert.Throws<ExperimentException>(new InputStatistics([0.5, 0.5], [0.1, 0]).CheckVaries);
        Assert.Equal("Channel 1 of the input has mean 0.5 and standard deviation 0; inputs are divided by the standard deviation, so it must be above 0: "
            + "take --input none, which does not divide.", error.Message);
        Assert.Contains("standard deviation -1; both must be finite", Assert.Throws<ExperimentException>(() => new InputStatistics([0.5], [-1])).Message, StringComparison.Ordinal);
        Assert.Contains("mean NaN", Assert.Throws<ExperimentException>(() => new InputStatistics([double.NaN], [1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_of_one_constant_colour_is_trained_on_where_nothing_is_divided()
    {
        var place = SmallSets.WriteCifar(_folder.Path);
        foreach (var path in Directory.GetFiles(place))
            File.WriteAllBytes(path, [.. File.ReadAllBytes(path).Select((value, index) => index % 62 < 2 ? value : (byte)77)]);
        using var set = Open();
        var batch = new BatchSource(set, new BatchOptions { Seed = 1, Input = InputNormalization.None, Augmentation = Augmentation.None }).TrainingEpoch(0, 4).First();
        Assert.All(batch.Values.ToArray(), value => Assert.Equal(77f, value));
        foreach (var input in new[] { InputNormalization.ZScore, InputNormalization.MinMax })
        {
            var error = Assert.Throws<ExperimentException>(() => new BatchSource(set, new BatchOptions { Seed = 1, Input = input }));
            Assert.EndsWith("take --input none, which does not divide.", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_unknown_set_is_answered_with_the_nearest()
    {
        var error = Assert.Throws<ExperimentException>(() => Dataset.Open("cifar-10"));
        Assert.Equal("Unknown data set 'cifar-10'. Did you mean 'cifar10'? Known: synthetic, fashion-mnist, cifar10, cifar100.", error.Message);
    }

    [Fact]
    public void A_set_that_is_not_there_is_answered_with_where_and_how()
    {
        using var empty = new TemporaryFolder();
        var error = Assert.Throws<ExperimentException>(() => Dataset.Open("cifar10", new DataOptions { Folder = empty.Path }));
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.Equal(
            $"The data set cifar10 is not there: looked for {empty["cifar-10-batches-bin"]} and {empty["cifar-10-binary.tar.gz"]}. " +
            "`data get cifar10` downloads it (162 MB) from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz.",
            error.Message);
    }

    [Fact]
    public void A_training_file_in_the_test_files_place_is_named()
    {
        // The size and the headers are right; only the classes are not equally frequent.
        var path = _folder[SmallSets.CifarSource.Folder, "test.bin"];
        var bytes = File.ReadAllBytes(path);
        (bytes[1], bytes[63]) = (1, 2);
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<ExperimentException>(() => Open());
        Assert.Equal(
            $"{_folder[SmallSets.CifarSource.Folder]}: expected 3 test images of each class, came 2 of label 0 (red), 4 of label 2 (blue); labels were " +
            "changed, or training and test files exchanged.",
            error.Message);
    }

    [Fact]
    public void After_disposal_images_are_refused()
    {
        var set = Open();
        set.Dispose();
        Assert.Throws<ObjectDisposedException>(() => set.Train.Label(0));
    }

    private static int[] Indices(ImageSet images) => [.. Enumerable.Range(0, images.Count).Select(i => (int)images.Pixels(i)[0])];

    private Dataset Open(DataOptions? options = null) => Dataset.Open(SmallSets.Cifar, (options ?? new DataOptions()) with { Folder = _folder.Path });
}
