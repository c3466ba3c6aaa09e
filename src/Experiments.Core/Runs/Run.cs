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
        RunCheck.Network(complete, norm);
        RunCheck.Rows(complete, dataset);
        var network = ModelCatalog.Build(
            complete.Model, complete.Width, complete.Shortcut, dataset.Shape, dataset.Classes, norm, new BuildingBlock(complete.Activation!.Value, complete.NormPosition), complete.Rows?.Most);
        RunCheck.Whitening(complete, dataset);
        network.Check(complete.Batch, complete.Workers);
        var run = new Run(complete, dataset, network);
        RunCheck.Images(run);
        RunCheck.Training(run);
        RunCheck.Start(run);
        return run;
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
