using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;

namespace Experiments.Core.Runs;

/// <summary>
/// One training that can be started: settings without anything left open, and the name that follows from them. Two runs are equal if they have the same
/// <see cref="Identity"/>.
/// </summary>
public sealed record Run
{
    private Run(RunSettings settings, DatasetDescription dataset, Network network) =>
        (Settings, Dataset, Network, Identity, Id) = (settings, dataset, network, RunIdentity.Of(settings), RunIdentity.NameOf(settings));

    /// <summary>The settings, with nothing left open.</summary>
    public RunSettings Settings { get; }

    /// <summary>The data set.</summary>
    public DatasetDescription Dataset { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Every value that changes the result, as <see cref="RunIdentity"/> writes them.</summary>
    public string Identity { get; }

    /// <summary>
    /// The folder's name under <c>runs/</c>: the name that <see cref="RunIdentity.NameOf"/> gives. In a results folder where an earlier version of the
    /// program has trained the run, it is the name that that version gave.
    /// </summary>
    public string Id { get; private init; }

    /// <summary>The same run, in a folder of another name.</summary>
    internal Run In(string folder) => this with { Id = folder };

    /// <inheritdoc/>
    public bool Equals(Run? other) => other is not null && Identity == other.Identity;

    /// <inheritdoc/>
    public override int GetHashCode() => Identity.GetHashCode(StringComparison.Ordinal);

    /// <summary>The cell of the grid that the run belongs to: its settings with a seed that no run has. Runs of one cell differ only in their seed.</summary>
    public RunSettings Cell => Settings with { Seed = -1, From = Settings.From?.OfAnySeed };

    /// <summary>The values that each of the run's rows begins with, in files of many rows.</summary>
    public RunKey Key => new()
    {
        Run = Id,
        Norm = Settings.Norm.Name,
        Groups = Settings.Norm.Groups,
        ChannelsPerGroup = Settings.Norm.ChannelsPerGroup,
        Batch = Settings.Batch,
        Seed = Settings.Seed,
    };

    /// <summary>The data options that the settings ask for.</summary>
    public DataOptions DataOptions => new()
    {
        TrainLimit = Settings.TrainLimit,
        TestLimit = Settings.TestLimit,
        Validation = Settings.Validation,
    };

    /// <summary>How the run makes batches from its data.</summary>
    /// <param name="layout">The engine's layout.</param>
    /// <param name="statistics">Mean and standard deviation that z-score standardizes inputs with; null: those of the training images.</param>
    public BatchOptions BatchOptions(ImageLayout layout, InputStatistics? statistics = null) => new()
    {
        Seed = (ulong)Settings.Seed,
        Augmentation = Settings.Augmentation,
        Domains = Settings.Domains,
        WorkerBatch = Settings.Batch,
        Input = Settings.Input,
        Layout = layout,
        Rows = Settings.Rows,
        Statistics = statistics,
    };

    /// <summary>The engine that the settings ask for.</summary>
    public EngineSettings EngineSettings => new(Network, Settings.Batch, Settings.Workers, Settings.Device, Settings.Precision, Settings.Threads,
        Settings.Momentum ?? 0, Settings.WeightDecay!.Value, Settings.DecayOn == DecayOn.All, Settings.Seed, Settings.Optimizer, Settings.Beta1 ?? 0, Settings.Beta2 ?? 0, Settings.Freeze);

    /// <summary>The conditions on this machine that the run's bits depend on, besides its settings and images.</summary>
    /// <param name="engine">The engine that computes.</param>
    public TrainingConditions ConditionsOn(IEngine engine) =>
        new(Settings.Engine, EnumText.Of(Settings.Precision), Settings.Threads, engine.Library, ProcessInformation.InstructionSet);

    /// <summary>Checks that a run can be trained, before any work is done.</summary>
    /// <param name="settings">Its settings, with data set, engine and device resolved.</param>
    /// <exception cref="ExperimentException">The run cannot be trained; the message says what to change.</exception>
    public static Run Create(RunSettings settings) => Create(settings, new RunImages());

    /// <summary>The same for one of several runs; each data set is looked at only once for all of them.</summary>
    internal static Run Create(RunSettings settings, RunImages images)
    {
        var dataset = images.Of(settings);
        var complete = Complete(settings);
        var norm = NormCatalog.Create(complete.Norm);
        if (complete.Shortcut == Shortcut.Projection && !ModelCatalog.IsResidual(complete.Model))
            throw new ExperimentException($"--shortcut {EnumText.Of(complete.Shortcut)} is a choice of the models resnet only, and {complete.Model} has {(ModelCatalog.HasNormAfterEachConvolution(complete.Model) ? "no shortcuts" : "shortcuts of its own")}: leave it out, or take --model resnet8.");
        if (complete.NormPosition == NormPosition.After && norm.Pooling is null)
            throw new ExperimentException($"--norm-position after needs a norm that normalizes activations, and --norm {norm.Name} does not (its shift would come after the activation): leave it out.");
        if (complete.NormPosition == NormPosition.After && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--norm-position after does not go with --norm {norm.Name}: its weights are initialised from the convolution's output, so the norm must come directly after the convolution; leave it out.");
        if (!ModelCatalog.HasNormAfterEachConvolution(complete.Model) && ((complete.NormPosition == NormPosition.After && !ModelCatalog.IsTransformer(complete.Model)) || norm.Weights == WeightTransform.Normalization))
        {
            throw new ExperimentException((complete.NormPosition == NormPosition.After ? "--norm-position after" : $"--norm {norm.Name}")
                + $" needs a network with a norm after each convolution, and the norms of {complete.Model} are in other places: leave it out, or take --model resnet8.");
        }

        if (complete.InitScale is not 1 && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--init-scale does not go with --norm {norm.Name}, whose gains are fitted to data, so the scale of the weights has no effect: leave it out.");
        if (!ModelCatalog.IsRecurrent(complete.Model) && (complete.Rows is not null || complete.Measure.HasFlag(MeasurementKinds.SequenceLength)))
            throw new ExperimentException($"{(complete.Rows is null ? "--measure sequence-length" : "--rows")} is for networks that read an image row by row, and {complete.Model} does not: leave it out, or take --model lstm or gru.");
        if (complete.Rows?.Most > dataset.Shape.Height)
            throw new ExperimentException($"--rows {complete.Rows} asks for more rows than the images of {dataset.Name} have: {dataset.Shape.Height}.");
        if (ModelCatalog.IsRecurrent(complete.Model))
        {
            if (complete.Activation is not ActivationKind.Relu)
                throw new ExperimentException($"--activation does not go with --model {complete.Model}, whose gates are sigmoids and tanh: leave it out.");
            if (complete.Measure.HasFlag(MeasurementKinds.CovariateShift))
                throw new ExperimentException($"--measure covariate-shift looks at convolutions, and {complete.Model} has none: leave it out.");
        }

        var network = ModelCatalog.Build(
            complete.Model, complete.Width, complete.Shortcut, dataset.Shape, dataset.Classes, norm, new BuildingBlock(complete.Activation!.Value, complete.NormPosition), complete.Rows?.Most);
        if (complete.Input == InputNormalization.Zca && dataset.Shape.Size > ZcaWhitening.MostValues)
            throw new ExperimentException($"--input zca needs the covariance of all values of an image, {ZcaWhitening.MostValues} at most, and an image of {dataset.Name} has {dataset.Shape.Size} ({dataset.Shape}): take smaller images, or --input pca.");
        network.Check(complete.Batch, complete.Workers);
        var run = new Run(complete, dataset, network);
        Data.Dataset.Check(dataset, run.DataOptions);
        var trained = Math.Min(complete.TrainLimit ?? int.MaxValue, dataset.TrainCount - complete.Validation);
        if ((long)complete.Batch * complete.Workers > trained)
            throw new ExperimentException($"--batch {complete.Batch} with --workers {complete.Workers} takes {(long)complete.Batch * complete.Workers} images a step, "
                + $"but there are only {trained} training images of {dataset.Name}: take a smaller batch.");
        var tested = complete.TestLimit ?? (complete.Validation > 0 ? complete.Validation : dataset.TestCount);
        if (norm.HasRunningStatistics && tested < norm.ImagesTogether(complete.Batch, complete.Workers) && network.SingleValued(tested, workers: 1) is { } single)
            throw new ExperimentException($"The errors are also measured with the test images' own statistics, and with {tested} test images these would be over a single value in layer {single.Slot.Name} of {network.Model}: test on more images.");
        if (complete.Warmup > complete.Epochs)
            throw new ExperimentException($"--warmup {complete.Warmup} is longer than the training of --epochs {complete.Epochs}: take a shorter one.");
        if (complete.MeasureLayer is { } layer && network.NormSlots.All(slot => slot.Name != layer))
            throw new ExperimentException(Suggestion.Unknown("--measure-layer", layer, network.NormSlots.Select(slot => slot.Name)));
        foreach (var option in RunOptions.OfOptimizer.Select(name => RunOptions.Find(name)!).Where(option => option.Get(complete) is not null && !RunOptions.Takes(complete.Optimizer, option)))
            throw new ExperimentException($"--{option.Name} does not belong to --optimizer {EnumText.Of(complete.Optimizer)}: leave it out, or take --optimizer {string.Join(" or ", RunOptions.OptimizersWith(option))}.");
        foreach (var (name, value) in new[] { ("momentum", complete.Momentum), ("beta1", complete.Beta1), ("beta2", complete.Beta2) })
        {
            if (value >= 1)
                throw new ExperimentException(string.Create(CultureInfo.InvariantCulture, $"--{name} {value} would never forget a gradient: take a number from 0 to below 1."));
        }

        CheckFreeze(run);
        return run;
    }

    private static void CheckFreeze(Run run)
    {
        var (settings, norm) = (run.Settings, run.Network.Norm);
        var frozen = EnumText.Of(settings.Freeze);
        if (settings is { From: not null, InitScale: not 1 })
            throw new ExperimentException("--init-scale multiplies the initial random weights, but --from begins with trained ones: leave one of the two out.");
        if (settings.Freeze == Frozen.None)
            return;
        if (settings.From is null)
            throw new ExperimentException($"--freeze {frozen} keeps a part of the weights that --from gives: give --from too, or leave it out.");
        if (settings.Freeze == Frozen.NormStatistics && !norm.HasRunningStatistics)
            throw new ExperimentException($"--freeze {frozen} does not go with --norm {norm.Name}, which keeps no running statistics: leave it out, or take --freeze norms.");
        if (norm.HasRunningStatistics && (norm.Renorm is not null || norm.IsNoisy))
            throw new ExperimentException($"--freeze {frozen} does not go with --norm {norm.Name}, which changes the statistics of a batch, and a frozen norm does not use them: take --norm bn.");
        if ((settings.Measure & (MeasurementKinds.Landscape | MeasurementKinds.CovariateShift)) != 0)
            throw new ExperimentException($"--measure landscape and covariate-shift look at the gradients of all layers, and --freeze {frozen} leaves some layers without one: leave one of the two out.");
    }

    /// <summary>Why a run has another number of groups than the paper's 32 although nobody typed one, in a few words; null where it has 32 or a typed number.</summary>
    /// <param name="asked">The settings before they were completed.</param>
    public string? WhyOtherGroups(RunSettings asked) =>
        !asked.Norm.TakesDefaultGroups || Settings.Norm.Groups is null or NormCatalog.DefaultGroups ? null
        : Network.NormSlots.First(slot => slot.Channels % NormCatalog.DefaultGroups != 0) is var narrow
            ? $"{NormCatalog.DefaultGroups} do not divide the {narrow.Channels} channels of {narrow.Name}" : null;

    /// <summary>The settings with the values that follow from others: a network's own width, a norm's default options.</summary>
    internal static RunSettings Complete(RunSettings settings)
    {
        var slots = ModelCatalog.NormSlots(settings.Model, settings.Width, settings.Shortcut);
        return settings.WithOptimizerDefaults() with
        {
            Activation = settings.Activation ?? ModelCatalog.DefaultActivation(settings.Model),
            Width = settings.Width ?? ModelCatalog.DefaultWidth(settings.Model),
            Norm = settings.Norm.Complete(settings.Norm.TakesDefaultGroups ? [.. slots.Select(slot => slot.Channels)] : null),
            Shortcut = ModelCatalog.IsResidual(settings.Model) || settings.Shortcut == Shortcut.Projection ? settings.Shortcut : Shortcut.IdentityAppended,
            // A setting without effect is cleared, so that it does not make another run. If no layer is named, the network's last one is meant.
            MeasureLayer = (settings.Measure & (MeasurementKinds.Percentiles | MeasurementKinds.Histograms)) == 0 || slots[^1].Name == settings.MeasureLayer
                ? null : settings.MeasureLayer,
            MeasurePoints = MeasuresAlong(settings) ? settings.MeasurePoints : new RunSettings().MeasurePoints,
        };
    }

    /// <summary>Whether anything is measured at points of the training, not only after its end.</summary>
    internal static bool MeasuresAlong(RunSettings settings) => (settings.Measure & ~AfterTraining) != 0;

    /// <summary>What is measured after the last epoch, and not along the training.</summary>
    internal const MeasurementKinds AfterTraining = MeasurementKinds.DistributionShift | MeasurementKinds.SequenceLength;

    /// <summary>The data set that settings ask for.</summary>
    /// <exception cref="ExperimentException">There is no such data set, or it does not take an option that is given.</exception>
    public static DatasetDescription DatasetOf(RunSettings settings) => new RunImages().Of(settings);

    /// <summary>The name that the run with these settings has; it is not checked whether the run can be trained.</summary>
    public static string IdOf(RunSettings settings) => RunIdentity.NameOf(Complete(settings));
}
