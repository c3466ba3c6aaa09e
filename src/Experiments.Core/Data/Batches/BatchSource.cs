using Experiments.Core.Data.Images;
using Experiments.Core.Data.Whitening;

namespace Experiments.Core.Data.Batches;

/// <summary>How images become a network's input.</summary>
public sealed record BatchOptions
{
    /// <summary>The run's seed, which determines the order and the variation of the training images.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How training images are varied.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.CropFlip;

    /// <summary>How images get a style.</summary>
    public Domains Domains { get; init; }

    /// <summary>Number of images in a worker's batch, which share a style under <see cref="Domains.ByBatch"/>.</summary>
    public int WorkerBatch { get; init; } = 1;

    /// <summary>How the values of a batch lie in memory: as the engine wants them.</summary>
    public ImageLayout Layout { get; init; } = ImageLayout.ChannelsFirst;

    /// <summary>How pixels become values.</summary>
    public InputNormalization Input { get; init; } = InputNormalization.ZScore;

    /// <summary>How many rows of each image a training batch has; they are contiguous, from a random place in each image. Null: all.</summary>
    public RowRange? Rows { get; init; }

    /// <summary>What inputs are standardized with under <see cref="InputNormalization.ZScore"/>; null for the data set's own, <see cref="Dataset.Statistics"/>.</summary>
    public InputStatistics? Statistics { get; init; }
}

/// <summary>
/// The batches of a run. Their images, the order and the crops depend on the seed and the epoch alone, so any epoch can be produced at any
/// time. One <see cref="ImageBatch"/> is used again and again: asking for the next batch, of any kind, overwrites the one before. Only one
/// thread at a time may use a source.
/// </summary>
public sealed class BatchSource
{
    // The order of a shuffled evaluation belongs to the measurement and not to the run: it is the same for all seeds.
    private const ulong EvaluationSeed = 0;

    private readonly Dataset _dataset;
    private readonly BatchOptions _options;
    private readonly InputKernel _kernel;
    private readonly ZcaKernel? _whitening;
    private readonly Dictionary<int, ImageBatch> _parts = [];
    private ImageBatch _batch;

    /// <summary>Prepares to draw from a data set, which the caller disposes of.</summary>
    /// <exception cref="ExperimentException">
    /// Statistics are given to a normalization that takes none, or they do not have one mean for each channel; or the images cannot be whitened.
    /// </exception>
    public BatchSource(Dataset dataset, BatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        (_dataset, _options) = (dataset, options);
        Statistics = options.Statistics ?? dataset.Statistics;
        if (Statistics.Mean.Length != dataset.Shape.Channels)
        {
            throw new ExperimentException($"The input statistics are for {Statistics.Mean.Length} channels; the images of {dataset.Name} have " +
                $"{dataset.Shape.Channels} ({dataset.Shape}).");
        }

        if (options.Statistics is not null && options.Input != InputNormalization.ZScore)
        {
            throw new ExperimentException("--input-mean and --input-std go with --input z-score only; the other kinds of --input " +
                "compute their own statistics from the training images: leave both out.");
        }

        _kernel = new InputKernel(dataset.Shape, options.Layout, ChannelMap.Of(options.Input, dataset.Train, Statistics));
        _whitening = options.Input == InputNormalization.Zca ? new ZcaKernel(dataset.Whitening, dataset.Shape, options.Layout) : null;
        _batch = new ImageBatch(dataset.Shape, 0, options.Layout);
    }

    /// <summary>What inputs are standardized with.</summary>
    public InputStatistics Statistics { get; }

    /// <summary>How many training images there are.</summary>
    public int TrainImages => _dataset.Train.Count;

    /// <summary>How many test images there are.</summary>
    public int TestImages => _dataset.Test.Count;

    /// <summary>Steps in an epoch: an incomplete last batch is dropped.</summary>
    /// <param name="batchSize">Images in a step: workers x batch.</param>
    public int StepsPerEpoch(int batchSize) => _dataset.Train.Count / batchSize;

    /// <summary>
    /// The training images, each at most once, in an order drawn from (seed, epoch); (seed, epoch, image) determines how each is varied. An
    /// incomplete last batch is dropped.
    /// </summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="batchSize">Images in a step: workers x batch.</param>
    /// <param name="step">The step to begin with, from 0; the images of earlier steps are not prepared.</param>
    /// <exception cref="ExperimentException">The training set has fewer images than one step takes.</exception>
    public IEnumerable<ImageBatch> TrainingEpoch(int epoch, int batchSize, int step = 0)
    {
        CheckBatch(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var order = Order(_dataset.Train.Count, _options.Seed, RandomPurpose.DataOrder, epoch);
        return RandomRows(Batches(_dataset.Train, order, WholeBatches(order.Length, batchSize), batchSize, RandomPurpose.Augmentation, epoch, start: step * batchSize),
            RandomPurpose.Rows, epoch, step);
    }

    /// <summary>
    /// Some training images for population statistics, varied as in training, but with random streams of their own, so that training is the
    /// same whether or not they are taken.
    /// </summary>
    /// <param name="epoch">The epoch after which they are taken.</param>
    /// <param name="count">How many images; fewer if the training set is smaller, and rounded down to whole batches.</param>
    /// <param name="batchSize">The batch size of the training, for one worker.</param>
    /// <exception cref="ExperimentException">The images do not fill even one batch.</exception>
    public IEnumerable<ImageBatch> Population(int epoch, int count, int batchSize)
    {
        CheckBatch(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var order = Order(_dataset.Train.Count, _options.Seed, RandomPurpose.PopulationOrder, epoch);
        var images = WholeBatches(Math.Min(count, order.Length), batchSize);
        return RandomRows(Batches(_dataset.Train, order, images, batchSize, RandomPurpose.PopulationAugmentation, epoch), RandomPurpose.PopulationRows, epoch, 0);
    }

    /// <summary>All test images in the set's order; the last batch may be incomplete.</summary>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="alteration">What is done to the images before they are normalized; null: they are taken as they are.</param>
    /// <param name="rows">How many rows of each image are kept, those in its middle; null: all.</param>
    public IEnumerable<ImageBatch> Evaluation(int batchSize, Alteration? alteration = null, int? rows = null)
    {
        CheckBatch(batchSize);
        return MiddleRows(Batches(_dataset.Test, order: null, _dataset.Test.Count, batchSize, augmentation: null, epoch: 0, alteration), rows);
    }

    /// <summary>
    /// All test images in a shuffled order that is the same for every run; the last batch may be incomplete. For evaluation by a batch's own
    /// statistics, where it matters which images share a batch.
    /// </summary>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="alteration">What is done to the images before they are normalized; null: they are taken as they are.</param>
    /// <param name="rows">How many rows of each image are kept, those in its middle; null: all.</param>
    public IEnumerable<ImageBatch> ShuffledEvaluation(int batchSize, Alteration? alteration = null, int? rows = null)
    {
        CheckBatch(batchSize);
        var order = Order(_dataset.Test.Count, EvaluationSeed, RandomPurpose.EvaluationOrder, epoch: 0);
        return MiddleRows(Batches(_dataset.Test, order, order.Length, batchSize, augmentation: null, epoch: 0, alteration), rows);
    }

    /// <summary>
    /// One batch of training images as they are, drawn from a random stream of its own, so that training is the same whether or not it is taken.
    /// </summary>
    /// <param name="purpose">What the images are for; it chooses the random stream.</param>
    /// <param name="count">How many images; fewer if the training set is smaller.</param>
    public ImageBatch Sample(RandomPurpose purpose, int count)
    {
        CheckBatch(count);
        var order = Order(_dataset.Train.Count, _options.Seed, purpose, epoch: 0);
        return Batches(_dataset.Train, order, Math.Min(count, order.Length), count, augmentation: null, epoch: 0).First();
    }

    private static int[] Order(int count, ulong seed, RandomPurpose purpose, int epoch)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new RandomStream(seed, purpose, epoch).Shuffle<int>(order);
        return order;
    }

    private static void CheckBatch(int batchSize) => ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);

    private static int WholeBatches(int images, int batchSize) => images >= batchSize
        ? images / batchSize * batchSize
        : throw new ExperimentException(
            $"A step takes {batchSize} images (workers x batch), but the training set has {images}: take a smaller batch or fewer workers.");

    private IEnumerable<ImageBatch> Batches(
        ImageSet images, int[]? order, int count, int batchSize, RandomPurpose? augmentation, int epoch, Alteration? alteration = null, int start = 0)
    {
        var altering = alteration is null ? null : new AlterationKernel(_dataset.Shape, alteration);

        // An altered image gets no style in addition.
        var styles = _options.Domains == Domains.None || alteration is { Kind: not AlterationKind.None } ? [] : DomainStyles.All.Select(style => new AlterationKernel(_dataset.Shape, style)).ToArray();

        // Whitening works on blocks of images of a fixed size, so it prepares more images than the current batch needs.
        var size = _dataset.Shape.Size;
        var (cropped, whitened) = _whitening is null ? ([], []) : (new float[ZcaKernel.BlockSize * size], new float[ZcaKernel.BlockSize * size]);
        for (var first = start; first < count; first += batchSize)
        {
            var batch = Batch(Math.Min(batchSize, count - first));
            for (var i = 0; i < batch.Count; i++)
            {
                var position = first + i;
                if (_whitening is null)
                {
                    Write(position, batch.Image(i));
                }
                else
                {
                    if (position % ZcaKernel.BlockSize == 0 || position == start)
                        WhitenBlock(position / ZcaKernel.BlockSize * ZcaKernel.BlockSize);
                    whitened.AsSpan(position % ZcaKernel.BlockSize * size, size).CopyTo(batch.Image(i));
                }

                batch.Labels[i] = images.Label(Image(position));
            }

            yield return batch;
        }

        int Image(int position) => order is null ? position : order[position];

        void Write(int position, Span<float> values)
        {
            var image = Image(position);
            var crop = augmentation is { } purpose ? Crop.Random(_options.Augmentation, _options.Seed, purpose, epoch, image) : Crop.Identity;
            var pixels = images.Pixels(image);
            if (styles.Length > 0)
                pixels = styles[Style(position, image)].Apply(pixels, images.Records[image]);
            _kernel.Write(altering is null ? pixels : altering.Apply(pixels, images.Records[image]), crop, values);
        }

        // Each test image and each image of a sample has a style of its own, since evaluation knows no training batches. A test image has the
        // same style in every run.
        int Style(int position, int image) => augmentation switch
        {
            null when images == _dataset.Test => DomainStyles.Draw(EvaluationSeed, RandomPurpose.EvaluationDomain, 0, images.Records[image]),
            null => DomainStyles.Draw(_options.Seed, RandomPurpose.SampleDomain, 0, image),
            var purpose => DomainStyles.Draw(_options.Seed, purpose == RandomPurpose.Augmentation ? RandomPurpose.Domain : RandomPurpose.PopulationDomain, epoch,
                _options.Domains == Domains.ByBatch ? position / _options.WorkerBatch : image),
        };

        // Blocks begin at the same images wherever the first batch begins, since the rounding of an image could depend on its place in the block.
        void WhitenBlock(int position)
        {
            var ahead = Math.Min(ZcaKernel.BlockSize, count - position);
            for (var i = 0; i < ahead; i++)
                Write(position + i, cropped.AsSpan(i * size, size));
            _whitening!.Whiten(cropped.AsSpan(0, ahead * size), whitened.AsSpan(0, ahead * size));
        }
    }

    private IEnumerable<ImageBatch> RandomRows(IEnumerable<ImageBatch> batches, RandomPurpose purpose, int epoch, int step) => _options.Rows is not { } range ? batches
        : batches.Select((batch, index) =>
        {
            var random = new RandomStream(_options.Seed, purpose, epoch, step + index);
            var rows = range.Least + random.NextInt32(range.Most - range.Least + 1);
            int[] firsts = [.. Enumerable.Range(0, batch.Count).Select(_ => random.NextInt32(batch.Shape.Height - rows + 1))];
            return Part(batch, rows, image => firsts[image]);
        });

    private IEnumerable<ImageBatch> MiddleRows(IEnumerable<ImageBatch> batches, int? rows) => rows is not { } count ? batches
        : batches.Select(batch => Part(batch, count, _ => (batch.Shape.Height - count) / 2));

    /// <summary>Copies some rows of each image, from its own first row on. The next batch of as many rows overwrites the result.</summary>
    private ImageBatch Part(ImageBatch whole, int rows, Func<int, int> first)
    {
        var shape = whole.Shape with { Height = rows };
        if (!_parts.TryGetValue(rows, out var part) || part.Capacity < whole.Count)
            _parts[rows] = part = new ImageBatch(shape, whole.Count, whole.Layout);
        part.Resize(whole.Count);
        whole.Labels.CopyTo(part.Labels);

        // With the channels last, a row lies in one piece; with the channels first, it lies in one piece for each channel.
        var planes = whole.Layout == ImageLayout.ChannelsFirst ? shape.Channels : 1;
        var row = shape.Channels * shape.Width / planes;
        for (var image = 0; image < whole.Count; image++)
        {
            for (var plane = 0; plane < planes; plane++)
            {
                whole.Image(image).Slice(((plane * whole.Shape.Height) + first(image)) * row, rows * row)
                    .CopyTo(part.Image(image)[(plane * rows * row)..]);
            }
        }

        return part;
    }

    private ImageBatch Batch(int count)
    {
        if (_batch.Capacity < count)
            _batch = new ImageBatch(_dataset.Shape, count, _options.Layout);
        _batch.Resize(count);
        return _batch;
    }
}
