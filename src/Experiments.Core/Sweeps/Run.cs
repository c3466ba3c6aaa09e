using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Experiments.Core.Data;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>One training that can be started: settings without anything left open, and the name that follows from them.</summary>
public sealed record Run
{
    private Run(RunSettings settings, DatasetDescription dataset, Network network) =>
        (Settings, Dataset, Network, Id) = (settings, dataset, network, Identify(settings));

    /// <summary>Every value.</summary>
    public RunSettings Settings { get; }

    /// <summary>The data set.</summary>
    public DatasetDescription Dataset { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>
    /// The folder's name under <c>runs/</c>: norm, batch size and seed to be read, and a hash of every value that changes the result, so that
    /// two runs share a name when, and only when, they are the same run.
    /// </summary>
    public string Id { get; }

    /// <summary>The point of the grid that it lies in, in which runs differ by their seed alone: its settings with a seed that is none's.</summary>
    public RunSettings Cell => Settings with { Seed = -1 };

    /// <summary>The data options that the settings ask for.</summary>
    public DataOptions DataOptions => new()
    {
        TrainLimit = Settings.TrainLimit,
        TestLimit = Settings.TestLimit,
        Validation = Settings.Validation,
    };

    /// <summary>How the settings make batches of the data.</summary>
    /// <param name="layout">The engine's layout.</param>
    /// <param name="statistics">What inputs are standardized with, under z-score; null: the training images' own.</param>
    public BatchOptions BatchOptions(ImageLayout layout, InputStatistics? statistics = null) => new()
    {
        Seed = (ulong)Settings.Seed,
        Augmentation = Settings.Augmentation,
        Input = Settings.Input,
        Layout = layout,
        Statistics = statistics,
    };

    /// <summary>The engine that the settings ask for.</summary>
    public EngineSettings EngineSettings => new(Network, Settings.Batch, Settings.Workers, Settings.Device, Settings.Precision, Settings.Threads,
        Settings.Momentum, Settings.WeightDecay, Settings.DecayOn == DecayOn.All, Settings.Seed);

    /// <summary>Checks that a run can be trained, before any work is done.</summary>
    /// <param name="settings">Its settings, with data set, engine and device resolved.</param>
    /// <exception cref="ExperimentException">It cannot; the message says what would do.</exception>
    public static Run Create(RunSettings settings) => Create(settings, new RunImages());

    /// <summary>The same for one of several runs, whose data sets are looked at once.</summary>
    internal static Run Create(RunSettings settings, RunImages images)
    {
        var dataset = images.Of(settings);
        var norm = NormCatalog.Create(settings.Norm);
        var complete = Complete(settings);
        if (complete.Shortcut != Shortcut.Identity && !ModelCatalog.IsResidual(complete.Model))
            throw new ExperimentException($"--shortcut {RunOptions.Text(complete.Shortcut)} belongs to residual networks, and {complete.Model} has no shortcuts: leave it out, or take --model resnet8.");
        if (complete.NormPosition == NormPosition.After && norm.Pooling is null)
            throw new ExperimentException($"--norm-position after goes with a norm of activations, and --norm {norm.Name} is none: its shift would come after the activation; leave it out.");
        if (complete.NormPosition == NormPosition.After && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--norm-position after does not go with --norm {norm.Name}: normalized weights are initialised on what enters the norm, which is a convolution's output before the activation alone; leave it out.");
        if (complete.InitScale is not 1 && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--init-scale does not go with --norm {norm.Name}, whose gains are fitted to data whatever the weights begin with: leave it out.");
        var network = ModelCatalog.Build(
            complete.Model, complete.Width, complete.Shortcut == Shortcut.Projection, dataset.Shape, dataset.Classes, norm, new BuildingBlock(complete.Activation, complete.NormPosition));
        if (complete.Input == InputNormalization.Zca && dataset.Shape.Size > ZcaWhitening.MostValues)
            throw new ExperimentException($"--input zca takes a matrix of all values of an image with all others, and {dataset.Name} has {dataset.Shape.Size} an image ({dataset.Shape}), more than {ZcaWhitening.MostValues}: take smaller images, or --input pca.");
        network.Check(complete.Batch, complete.Workers);
        var run = new Run(complete, dataset, network);
        Data.Dataset.Check(dataset, run.DataOptions);
        var trained = Math.Min(complete.TrainLimit ?? int.MaxValue, dataset.TrainCount - complete.Validation);
        if ((long)complete.Batch * complete.Workers > trained)
            throw new ExperimentException($"--batch {complete.Batch} with --workers {complete.Workers} takes {(long)complete.Batch * complete.Workers} images a step, "
                + $"and there are {trained} training images of {dataset.Name}: take a smaller batch.");
        var tested = complete.TestLimit ?? (complete.Validation > 0 ? complete.Validation : dataset.TestCount);
        if (norm.HasRunningStatistics && tested < norm.ImagesTogether(complete.Batch, complete.Workers) && network.SingleValued(tested, workers: 1) is { } single)
            throw new ExperimentException($"By their own statistics, {tested} test images would leave layer {single.Slot.Name} of {network.Model} a single value: test on more images.");
        if (complete.Warmup > complete.Epochs)
            throw new ExperimentException($"--warmup {complete.Warmup} is longer than the training: --epochs {complete.Epochs}.");
        if (complete.MeasureLayer is { } layer && network.NormSlots.All(slot => slot.Name != layer))
            throw new ExperimentException(Suggestion.Unknown("--measure-layer", layer, network.NormSlots.Select(slot => slot.Name)));
        if (complete.Momentum >= 1)
            throw new ExperimentException($"--momentum {complete.Momentum.ToString(CultureInfo.InvariantCulture)} would never forget a gradient: take a number from 0 to below 1.");
        return run;
    }

    /// <summary>The settings with the values that follow from others: a network's own width, a norm's default options.</summary>
    internal static RunSettings Complete(RunSettings settings) => settings with
    {
        Width = settings.Width ?? ModelCatalog.DefaultWidth(settings.Model),
        Norm = settings.Norm.Complete(),
        // What has no effect makes no other run.
        MeasureLayer = (settings.Measure & (Measurements.Percentiles | Measurements.Histograms)) == 0 ? null : settings.MeasureLayer,
        MeasurePoints = (settings.Measure & ~Measurements.DistributionShift) == 0 ? new RunSettings().MeasurePoints : settings.MeasurePoints,
    };

    /// <summary>The <see cref="Id"/> of the run with these settings; whether it can be trained is not looked at.</summary>
    public static string IdOf(RunSettings settings) => Identify(Complete(settings));

    private static string Identify(RunSettings settings)
    {
        // Options that only images of one's own have are no part of the other runs' names.
        var identity = string.Join('\n', RunOptions.All.Where(option => !RunOptions.OfImages.Contains(option.Name) || option.Get(settings) is not null)
            .Select(option => $"{option.Name}={option.Identity(settings)}"));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..8];
        var norm = settings.Norm;
        var groups = norm.Groups is { } g ? $"-g{g}" : norm.ChannelsPerGroup is { } c ? $"-c{c}" : "";
        var images = norm.VirtualBatch is { } v ? $"-v{v}" : "";
        var standardized = norm.WeightStandardization == true ? "-ws" : "";
        var workers = settings.Workers > 1 ? $"-w{settings.Workers}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{norm.Name}{groups}{images}{standardized}-b{settings.Batch}{workers}-s{settings.Seed}-{hash}");
    }
}
