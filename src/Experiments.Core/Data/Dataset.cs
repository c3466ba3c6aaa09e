using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Files;

namespace Experiments.Core.Data;

/// <summary>Which images of a data set are used.</summary>
public sealed record DataOptions
{
    /// <summary>
    /// The data folder, or the folder or archive of the set itself; null for <c>data/</c> at the repository's root.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Train on this many images only, with the classes in the set's own proportions; null for all.</summary>
    public int? TrainLimit { get; init; }

    /// <summary>Test on this many images only, with the classes in the set's own proportions; null for all.</summary>
    public int? TestLimit { get; init; }

    /// <summary>
    /// How many images are held out of the training set, with the classes in the set's own proportions, and tested on instead of the test
    /// set; 0 for none. They are the same images whatever <see cref="TrainLimit"/> is.
    /// </summary>
    public int Validation { get; init; }

    /// <summary>Decodes image files; null if there is no decoder; a set of image files then cannot be opened.</summary>
    public IImageDecoder? Decoder { get; init; }

    /// <summary>Called with a sentence when long, one-time work begins, and during the wait for another process that does it; may be null.</summary>
    public Action<string>? Say { get; init; }

    /// <summary>Number of threads for long work; it does not change the result.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Cancels long work, and the wait for another process.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>
/// A data set opened for training: images as bytes in a cache file that is prepared on first use and mapped into memory. It is
/// immutable, and several threads may read it.
/// </summary>
public sealed class Dataset : IDisposable
{
    private readonly MappedFile _file;
    private readonly Lazy<ZcaWhitening> _whitening;

    private Dataset(DatasetDescription description, MappedFile file, ImageSet train, ImageSet test, Func<ZcaWhitening> whitening)
    {
        (_file, Description, Train, Test) = (file, description, train, test);
        Fingerprint = ImageCache.Fingerprint(file);
        Statistics = InputStatistics.Of(train);
        _whitening = new Lazy<ZcaWhitening>(whitening);
    }

    /// <summary>The description of the set as published.</summary>
    public DatasetDescription Description { get; }

    /// <summary>The name, for example <c>cifar10</c>.</summary>
    public string Name => Description.Name;

    /// <summary>The size of every image.</summary>
    public ImageShape Shape => Description.Shape;

    /// <summary>Number of classes.</summary>
    public int Classes => Description.Classes;

    /// <summary>A checksum of all its prepared images and labels, before limit and validation.</summary>
    public string Fingerprint { get; }

    /// <summary>The length of <see cref="Checksum"/>.</summary>
    public const int ChecksumDigits = 16;

    /// <summary>The beginning of the fingerprint, for people.</summary>
    public string Checksum => Fingerprint[..ChecksumDigits];

    /// <summary>The images to train on, after limit and validation.</summary>
    public ImageSet Train { get; }

    /// <summary>The images to test on: the test set's, or those held out of the training set, after the limit.</summary>
    public ImageSet Test { get; }

    /// <summary>
    /// Mean and standard deviation of each channel over exactly the images of <see cref="Train"/>, so that neither images held out nor
    /// images never trained on have any part in it.
    /// </summary>
    public InputStatistics Statistics { get; }

    /// <summary>The whitening of <see cref="Train"/>, read from the cache, or computed if it is not there.</summary>
    internal ZcaWhitening Whitening => _whitening.Value;

    /// <summary>Opens a data set by name; on first use its images are prepared, which takes some seconds.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ExperimentException">
    /// The name is unknown; files are missing or wrong (the message names each); a limit is not positive or beyond the set; the cache
    /// cannot be written.
    /// </exception>
    public static Dataset Open(string name, DataOptions? options = null) => Open(DatasetCatalog.Find(name), options);

    /// <summary>Opens a data set by its description.</summary>
    /// <exception cref="ExperimentException">As above.</exception>
    public static Dataset Open(DatasetDescription description, DataOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        options ??= new DataOptions();
        Check(description, options);
        var folder = new DataFolder(options.Folder, options.Decoder);
        var whole = description.Whole ?? description;
        var file = ImageCache.Open(whole, folder, options.Say, options.Cancellation);
        try
        {
            var train = ImageCache.Part(file, whole, DatasetPart.Train);
            var test = ImageCache.Part(file, whole, DatasetPart.Test);
            if (description.Whole is not null)
                (train, test) = (train.OfClasses(description.Labels), test.OfClasses(description.Labels));
            var (limit, heldOut) = (options.TrainLimit ?? train.Count, options.Validation);
            if (limit < train.Count || heldOut > 0)
            {
                // Held-out images are taken from the end of the order and training images from its beginning, so they never meet.
                var order = BalancedOrder.Of(train, DatasetPart.Train);
                if (heldOut > 0)
                    test = Sorted(train, order.AsSpan(order.Length - heldOut));
                train = Sorted(train, order.AsSpan(0, Math.Min(limit, order.Length - heldOut)));
            }

            if (options.TestLimit < test.Count)
                test = Sorted(test, BalancedOrder.Of(test, DatasetPart.Test).AsSpan(0, options.TestLimit.Value));
            return new Dataset(description, file, train, test, () => ZcaCache.Open(whole, folder.Require(whole), folder, train, options));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Computes the whitening if the normalization needs it and the cache does not have it yet.</summary>
    public void Prepare(InputNormalization normalization)
    {
        if (normalization == InputNormalization.Zca)
            _ = Whitening;
    }

    /// <summary>Ends the mapping; spans taken from the image sets are void from here on.</summary>
    public void Dispose() => _file.Dispose();

    // Sorts images into the order of the files, so that the disk reads in sequence; training draws its own order anyway.
    private static ImageSet Sorted(ImageSet set, ReadOnlySpan<int> images)
    {
        var sorted = images.ToArray();
        Array.Sort(sorted);
        return set.Only(sorted);
    }

    /// <summary>Checks limits against the size of a set; no file is read.</summary>
    /// <exception cref="ExperimentException">A limit is not positive or beyond the set.</exception>
    public static void Check(DatasetDescription set, DataOptions options)
    {
        var mistakes = new List<string>();
        var heldOut = options.Validation;
        if (heldOut < 0 || heldOut >= set.TrainCount)
        {
            mistakes.Add($"validation {heldOut}: expected 0 (none) to {set.TrainCount - 1}, which leaves something of {set.Name}'s {set.TrainCount} " +
                "training images to train on.");
            heldOut = 0;
        }

        if (heldOut > 0)
        {
            Limit("train-limit", options.TrainLimit, set.TrainCount - heldOut, $"training images less the {heldOut} held out");
            Limit("test-limit", options.TestLimit, heldOut, "images held out for validation");
        }
        else
        {
            Limit("train-limit", options.TrainLimit, set.TrainCount, "training images");
            Limit("test-limit", options.TestLimit, set.TestCount, "test images");
        }

        if (mistakes.Count > 0)
            throw ExperimentException.ForAll(mistakes);

        void Limit(string option, int? limit, int available, string what)
        {
            if (limit is { } value && (value <= 0 || value > available))
                mistakes.Add($"{option} {value}: expected 1 to {available}, the number of {set.Name}'s {what}.");
        }
    }
}
