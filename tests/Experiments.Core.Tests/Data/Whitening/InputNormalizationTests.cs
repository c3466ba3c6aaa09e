using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Whitening;
using MathNet.Numerics.LinearAlgebra;

namespace Experiments.Core.Tests.Data.Whitening;

public sealed class InputNormalizationTests : IDisposable
{
    private const int Channels = 3;
    private const int Plane = 20;
    private const int Size = Channels * Plane;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];
    private Dataset _set;

    public InputNormalizationTests()
    {
        SmallSets.WriteCifar(_folder.Path);
        _set = Open();
    }

    public static TheoryData<InputNormalization> Kinds => [.. Enum.GetValues<InputNormalization>()];

    public void Dispose()
    {
        _set.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void None_gives_the_bytes()
    {
        var values = Images(Source(InputNormalization.None, Augmentation.None).Evaluation(5));
        for (var i = 0; i < values.Count; i++)
            Assert.Equal(Array.ConvertAll(_set.Test.Pixels(i).ToArray(), pixel => (float)pixel), values[i]);
    }

    [Fact]
    public void Min_max_gives_exactly_0_and_1_in_every_channel_and_nothing_beyond()
    {
        var images = Images(Source(InputNormalization.MinMax, Augmentation.None).TrainingEpoch(0, 40));
        for (var channel = 0; channel < Channels; channel++)
        {
            var values = images.SelectMany(image => image.Skip(channel * Plane).Take(Plane)).ToList();
            Assert.Equal((0f, 1f), (values.Min(), values.Max()));
        }
    }

    [Fact]
    public void Pca_gives_training_pixels_whose_colours_have_identity_covariance()
    {
        var images = Images(Source(InputNormalization.Pca, Augmentation.None).TrainingEpoch(0, 40));
        var pixels = Matrix<double>.Build.Dense(40 * Plane, Channels, (row, channel) => images[row / Plane][(channel * Plane) + (row % Plane)]);
        Assert.All(pixels.ColumnSums(), sum => Assert.Equal(0, sum / pixels.RowCount, 1e-6));
        Near(Matrix<double>.Build.DenseIdentity(Channels), pixels.TransposeThisAndMultiply(pixels) / pixels.RowCount, 1e-5);
    }

    [Fact]
    public void Pca_has_the_direction_of_most_variance_first_and_its_largest_component_positive()
    {
        var map = ChannelMap.Of(InputNormalization.Pca, _set.Train, _set.Statistics);
        var rows = Enumerable.Range(0, Channels).Select(row => map.Colours!.Value.Skip(row * Channels).Take(Channels).ToList()).ToList();

        // A row is an eigenvector divided by the root of its eigenvalue: the larger the variance, the shorter the row.
        Assert.Equal(rows, rows.OrderBy(row => row.Sum(value => value * value)));
        Assert.All(rows, row => Assert.True(row.MaxBy(Math.Abs) > 0));
    }

    [Fact]
    public void Pca_of_one_channel_is_z_score()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        using var grey = Dataset.Open(SmallSets.Idx(), new DataOptions { Folder = _folder.Path });
        float[] Values(InputNormalization kind) => [.. Images(new BatchSource(grey, new BatchOptions { Seed = 1, Input = kind }).TrainingEpoch(0, 4)).SelectMany(v => v)];
        Assert.All(Values(InputNormalization.Pca).Zip(Values(InputNormalization.ZScore)), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }

    [Fact]
    public void Grey_images_stored_in_colour_cannot_be_whitened_over_colours()
    {
        var place = Directory.CreateDirectory(_folder["grey", SmallSets.CifarSource.Folder]).FullName;
        foreach (var file in SmallSets.CifarSource.Files)
        {
            var bytes = SmallSets.CifarBytes(file);
            foreach (var record in bytes.Chunk(2 + Size).Select((_, i) => bytes.AsMemory((i * (2 + Size)) + 2, Size)))
            {
                for (var channel = 1; channel < Channels; channel++)
                    record[..Plane].CopyTo(record[(channel * Plane)..]);
            }

            File.WriteAllBytes(Path.Combine(place, file.Name), bytes);
        }

        using var grey = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder["grey"] });
        var error = Assert.Throws<ExperimentException>(() => new BatchSource(grey, new BatchOptions { Seed = 1, Input = InputNormalization.Pca }));
        Assert.Contains("covariance matrix is singular", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zca_has_the_same_bits_whatever_the_threads_and_can_be_stopped()
    {
        var one = ZcaWhitening.Of(_set.Train, threads: 1);
        var three = ZcaWhitening.Of(_set.Train, threads: 3);
        Assert.Equal(one.Matrix, three.Matrix);
        Assert.Equal(one.Offset, three.Offset);
        Assert.ThrowsAny<OperationCanceledException>(() => ZcaWhitening.Of(_set.Train, threads: 1, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Zca_gives_training_images_whose_covariance_is_the_identity_but_for_epsilon()
    {
        var whitened = Whitened(Augmentation.None);
        var images = Matrix<double>.Build.Dense(40, Size, (row, column) => whitened[row][column]);
        Assert.All(images.ColumnSums(), sum => Assert.Equal(0, sum / 40, 1e-5));

        // Eigenvalues lambda of the images become lambda / (lambda + epsilon).
        var covariance = TrainingCovariance();
        var expected = covariance * (covariance + (ZcaWhitening.Epsilon * Matrix<double>.Build.DenseIdentity(Size))).Inverse();
        Near(expected, images.TransposeThisAndMultiply(images) / 40, 1e-5);

        // Where the images vary by more than nine times epsilon, that is 0.9 to 1.
        double[] Eigenvalues(Matrix<double> matrix) => [.. matrix.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real)];
        Assert.Equal(Eigenvalues(covariance).Count(value => value > 9 * ZcaWhitening.Epsilon), Eigenvalues(expected).Count(value => value > 0.9));
        Assert.InRange(Eigenvalues(expected).Count(value => value > 0.9), 5, 39);
    }

    [Fact]
    public void The_whitening_matrix_is_that_of_an_eigendecomposition()
    {
        var decomposition = TrainingCovariance().Evd(Symmetricity.Symmetric);
        var scale = decomposition.EigenValues.Map(value => 1 / Math.Sqrt(Math.Max(value.Real, 0) + ZcaWhitening.Epsilon)).ToArray();
        var vectors = decomposition.EigenVectors;
        var expected = vectors * Matrix<double>.Build.DenseOfDiagonalArray([.. scale.Select(value => (double)value)]) * vectors.Transpose();
        Near(expected, Matrix<double>.Build.Dense(Size, Size, Array.ConvertAll(_set.Whitening.Matrix, value => (double)value)), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_is_an_affine_transform_of_the_image_after_crop_and_mirror(InputNormalization kind)
    {
        foreach (var layout in Enum.GetValues<ImageLayout>())
            IsAffine(kind, layout);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_image_is_the_same_bits_whatever_batch_it_is_in(InputNormalization kind)
    {
        var source = Source(kind);
        var alone = Images(source.TrainingEpoch(2, 1));
        Assert.Equal(alone, Images(source.TrainingEpoch(2, 40)));
        Assert.Equal(alone.Take(39), Images(source.TrainingEpoch(2, 3)));
        Assert.Equal(Images(source.Evaluation(1)), Images(source.Evaluation(5)));
    }

    [Fact]
    public void A_block_whitens_to_the_same_bits_as_its_images_one_by_one()
    {
        var kernel = new ZcaKernel(_set.Whitening, SmallSets.Shape, ImageLayout.ChannelsLast);
        var random = new RandomStream(1, RandomPurpose.Benchmark);
        float[] images = [.. Enumerable.Range(0, 7 * Size).Select(_ => (float)random.NextNormal())];
        var block = new float[images.Length];
        kernel.Whiten(images, block);
        var single = new float[Size];
        for (var i = 0; i < 7; i++)
        {
            kernel.Whiten(images.AsSpan(i * Size, Size), single);
            Assert.Equal(single, block.AsSpan(i * Size, Size).ToArray());
        }
    }

    [Fact]
    public void Batches_go_on_where_a_block_of_whitened_images_ends()
    {
        var source = SmallSets.CifarSource with { Folder = "many", Files = [new("train.bin", DatasetPart.Train, 100), new("test.bin", DatasetPart.Test, 72)] };
        var place = Directory.CreateDirectory(_folder["many"]).FullName;
        foreach (var file in source.Files)
            File.WriteAllBytes(Path.Combine(place, file.Name), SmallSets.CifarBytes(file));
        using var many = Dataset.Open(SmallSets.Cifar with { TrainCount = 100, TestCount = 72, Source = source }, new DataOptions { Folder = _folder.Path });
        Assert.InRange(ZcaKernel.BlockSize, 2, 71);
        var batches = new BatchSource(many, new BatchOptions { Seed = 1, Input = InputNormalization.Zca, Augmentation = Augmentation.None });
        var alone = Images(batches.TrainingEpoch(0, 1));
        Assert.Equal(100, alone.DistinctBy(image => image[0]).Count());
        Assert.Equal(alone, Images(batches.TrainingEpoch(0, 100)));
        Assert.Equal(alone.Take(90), Images(batches.TrainingEpoch(0, 30)));
        for (var step = 0; step <= 10; step++)
            Assert.Equal(alone.Skip(10 * step), Images(batches.TrainingEpoch(0, 10, step)));
        Assert.Equal(Images(batches.Evaluation(1)), Images(batches.Evaluation(50)));
    }

    [Fact]
    public void The_whitening_is_computed_once_and_said_so()
    {
        _ = _set.Whitening;
        var message = Assert.Single(_said);
        Assert.Equal("Computing the ZCA whitening of small-cifar, once: 60 x 60 values, in some seconds.", message);
        Reopen();
        _ = _set.Whitening;
        Assert.Single(_said);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("empty")]
    [InlineData("text changed")]
    [InlineData("a value changed")]
    [InlineData("missing")]
    public void A_damaged_whitening_is_computed_again(string damage)
    {
        var whole = _set.Whitening.Matrix;
        var path = Assert.Single(Directory.GetFiles(_folder["cache"], "*.zca"));
        switch (damage)
        {
            case "truncated":
                Damage.Truncate(path, 9_000);
                break;
            case "empty":
                Damage.Truncate(path, 0);
                break;
            case "text changed":
                Damage.Change(path, 60, (byte)'#');
                break;
            case "a value changed":
                Damage.Change(path, 4096 + 401, 0x55);
                break;
            default:
                File.Delete(path);
                break;
        }

        Reopen();
        Assert.Equal(whole, _set.Whitening.Matrix);
        Assert.Equal(2, _said.Count);
    }

    [Fact]
    public void Another_training_set_has_another_whitening()
    {
        var all = _set.Whitening.Matrix;
        Reopen(new DataOptions { TrainLimit = 20 });
        Assert.NotEqual(all, _set.Whitening.Matrix);
        Assert.Equal(2, Directory.GetFiles(_folder["cache"], "*.zca").Length);
        Reopen();
        Assert.Equal(all, _set.Whitening.Matrix);
        Assert.Equal(2, _said.Count);
    }

    [Fact]
    public void Given_statistics_belong_to_z_score_alone()
    {
        var error = Assert.Throws<ExperimentException>(() => new BatchSource(
            _set, new BatchOptions { Seed = 1, Input = InputNormalization.Pca, Statistics = _set.Statistics }));
        Assert.Contains("go with --input z-score only", error.Message, StringComparison.Ordinal);
    }

    private static List<float[]> Images(IEnumerable<ImageBatch> batches) =>
        [.. batches.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(i => batch.Image(i).ToArray()).ToList())];

    private static void Near(Matrix<double> expected, Matrix<double> actual, double tolerance) =>
        Assert.InRange((expected - actual).Enumerate().Max(Math.Abs), 0, tolerance);

    private List<float[]> Whitened(Augmentation augmentation) => Images(Source(InputNormalization.Zca, augmentation).TrainingEpoch(0, 40));

    private Matrix<double> TrainingCovariance()
    {
        var pixels = Matrix<double>.Build.Dense(40, Size, (row, column) => _set.Train.Pixels(row)[column] / 255.0);
        var centred = pixels - (Matrix<double>.Build.Dense(40, 1, 1.0) * (pixels.ColumnSums() / 40).ToRowMatrix());
        return centred.TransposeThisAndMultiply(centred) / 40;
    }

    // By the definition, from the images as z-score has them: cropped and mirrored, outside of them the channel's mean.
    private void IsAffine(InputNormalization kind, ImageLayout layout)
    {
        var standardized = Images(Source(InputNormalization.ZScore).TrainingEpoch(1, 4));
        var values = Images(Source(kind, layout: layout).TrainingEpoch(1, 4));
        var map = ChannelMap.Of(kind, _set.Train, _set.Statistics);
        Assert.Contains(standardized, image => image.Count(value => value == 0) >= 8);
        for (var i = 0; i < values.Count; i++)
        {
            var image = standardized[i].Select((value, j) => (value * _set.Statistics.StandardDeviation[j / Plane]) + _set.Statistics.Mean[j / Plane])
                .Select((value, j) => (value - map.Offset[j / Plane]) / map.Scale[j / Plane]).ToArray();
            var expected = kind switch
            {
                InputNormalization.Pca => [.. Enumerable.Range(0, Size).Select(j => Enumerable.Range(0, Channels).Sum(other =>
                    map.Colours!.Value[(j / Plane * Channels) + other] * image[(other * Plane) + (j % Plane)]))],
                InputNormalization.Zca => [.. Enumerable.Range(0, Size).Select(row =>
                    _set.Whitening.Offset[row] + Enumerable.Range(0, Size).Sum(column => _set.Whitening.Matrix[(row * Size) + column] * image[column]))],
                _ => image,
            };
            for (var j = 0; j < Size; j++)
            {
                var actual = values[i][layout == ImageLayout.ChannelsFirst ? j : (j % Plane * Channels) + (j / Plane)];
                Assert.Equal(expected[j], actual, 1e-4 * Math.Max(1, Math.Abs(expected[j])));
            }
        }
    }

    private BatchSource Source(
        InputNormalization kind, Augmentation augmentation = Augmentation.CropFlip, ImageLayout layout = ImageLayout.ChannelsFirst) =>
        new(_set, new BatchOptions { Seed = 1, Input = kind, Augmentation = augmentation, Layout = layout });

    private Dataset Open(DataOptions? options = null) =>
        Dataset.Open(SmallSets.Cifar, (options ?? new DataOptions()) with { Folder = _folder.Path, Say = _said.Add });

    private void Reopen(DataOptions? options = null)
    {
        _set.Dispose();
        _set = Open(options);
    }
}
