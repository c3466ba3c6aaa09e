using System.Globalization;
using System.Reflection;
using Experiments.Core.Data;
using Experiments.Core.Files;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>Turns a run and its results into rows of the result files.</summary>
public static class RunRecord
{
    /// <summary>The row of a run as it is when the run begins.</summary>
    /// <param name="run">The run.</param>
    /// <param name="experiment">The experiment it belongs to.</param>
    /// <param name="library">The engine's library and version.</param>
    /// <param name="started">When it began.</param>
    public static RunRow Begin(Run run, string experiment, string library, DateTimeOffset started)
    {
        var s = run.Settings;
        return new RunRow
        {
            Run = run.Id,
            Experiment = experiment,
            Status = RunStatus.Failed,
            Dataset = run.Dataset.Name,
            Classes = s.Classes,
            ImageSize = OwnImages.IsPath(s.Dataset) ? run.Dataset.Shape.Height : null,
            TestPart = s.TestPart,
            SplitSeed = s.TestPart is null ? null : s.SplitSeed ?? 0,
            Model = s.Model,
            Width = s.Width!.Value,
            Shortcut = EnumText.Of(s.Shortcut),
            Activation = EnumText.Of(s.Activation!.Value),
            NormPosition = EnumText.Of(s.NormPosition),
            Norm = s.Norm.Name,
            Groups = s.Norm.Groups,
            ChannelsPerGroup = s.Norm.ChannelsPerGroup,
            VirtualBatch = s.Norm.VirtualBatch,
            Places = s.Norm.Places is { } places ? EnumText.Of(places) : null,
            RMax = s.Norm.RMax,
            DMax = s.Norm.DMax,
            RenormRamp = s.Norm.RenormRamp,
            WeightStandardization = s.Norm.WeightStandardization == true ? "on" : "off",
            Affine = s.Norm.Affine is { } affine ? EnumText.Of(affine) : null,
            Batch = s.Batch,
            Workers = s.Workers,
            Epochs = s.Epochs,
            Seed = s.Seed,
            Optimizer = EnumText.Of(s.Optimizer),
            Lr = s.Lr!.Value,
            LrScaling = EnumText.Of(s.LrScaling!.Value),
            LearningRate = s.ScaledLearningRate,
            Schedule = EnumText.Of(s.Schedule),
            Warmup = s.Warmup,
            Momentum = s.Momentum,
            Beta1 = s.Beta1,
            Beta2 = s.Beta2,
            WeightDecay = s.WeightDecay!.Value,
            DecayOn = EnumText.Of(s.DecayOn),
            From = s.From?.ToString(),
            StartsFrom = s.From is not { } weights ? null : weights.Run is null ? weights.Checksum : StartingState.PretrainFolder,
            Freeze = EnumText.Of(s.Freeze),
            InitScale = s.InitScale,
            Input = EnumText.Of(s.Input),
            Augmentation = EnumText.Of(s.Augmentation),
            Domains = EnumText.Of(s.Domains),
            Rows = s.Rows?.ToString(),
            TrainLimit = s.TrainLimit,
            TestLimit = s.TestLimit,
            Validation = s.Validation,
            Engine = s.Engine,
            EngineVersion = library,
            Device = s.Device,
            Precision = EnumText.Of(s.Precision),
            Threads = s.Threads,
            Parameters = run.Network.ParameterCount,
            Host = Environment.MachineName,
            Cpu = ProcessInformation.CpuName,
            Version = Version,
            Commit = Commit,
            Started = started.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The settings that a row holds: all except what the run measured.</summary>
    /// <exception cref="ExperimentException">A value is not one that its option takes.</exception>
    internal static RunSettings SettingsOf(RunRow row)
    {
        var columns = Column.Of(typeof(RunRow)).ToDictionary(column => column.Name);
        var settings = RunOptions.All.Aggregate(RunIdentity.Unsaid, (settings, option) =>
            columns.TryGetValue(option.Name.Replace('-', '_'), out var column) && column.Text(row) is { Length: > 0 } text ? option.Set(settings, text) : settings);
        return settings with { Momentum = settings.Optimizer == OptimizerKind.Sgd ? settings.Momentum : null };
    }

    /// <summary>The row of a run that ended with an error.</summary>
    public static RunRow Failed(Run run, string experiment) => Begin(run, experiment, "unknown", DateTimeOffset.UtcNow);

    /// <summary>The row of a run that has ended, with its results.</summary>
    /// <param name="row">The row it began with.</param>
    /// <param name="epochs">All epochs it trained.</param>
    /// <param name="memory">Peak private memory in MiB; null if it is not known.</param>
    public static RunRow End(RunRow row, IReadOnlyList<EpochResult> epochs, double? memory)
    {
        var last = epochs[^1];
        row = row with
        {
            Status = last.Diverged ? RunStatus.Diverged : RunStatus.Finished,
            DivergedEpoch = last.Diverged ? last.Epoch : null,
            Seconds = last.Seconds,
            ImagesPerSecond = epochs.Sum(epoch => (double)epoch.Train.Images) / epochs.Sum(epoch => epoch.TrainSeconds),
            PeakMemoryMib = memory,
        };
        if (last.Diverged)
            return row;
        var reported = epochs.TakeLast(ReportedError.Epochs(row.Epochs)).ToList();
        var error = Statistics.Median(reported.Select(epoch => epoch.Test!.Value.ErrorPercent));
        return row with
        {
            Error = error,
            ErrorMeasure = ReportedError.Name(row.Epochs),
            ErrorMovingAverage = error,
            ErrorPopulation = Statistics.Median(reported.Select(epoch => epoch.TestPopulation!.Value.ErrorPercent)),
            ErrorBatch = Statistics.Median(reported.Select(epoch => epoch.TestBatch!.Value.ErrorPercent)),
            ErrorLast = last.Test!.Value.ErrorPercent,
            ErrorBest = epochs.Min(epoch => epoch.Test!.Value.ErrorPercent),
            TrainError = last.Train.ErrorPercent,
            TrainLoss = last.Train.MeanLoss,
            TestLoss = last.Test.Value.MeanLoss,
        };
    }

    /// <summary>The row of one epoch.</summary>
    public static EpochRow Of(EpochResult epoch) => new()
    {
        Epoch = epoch.Epoch,
        LearningRate = epoch.LearningRate,
        TrainLoss = epoch.Train.MeanLoss,
        TrainError = epoch.Train.ErrorPercent,
        TestLoss = epoch.Test?.MeanLoss,
        TestError = epoch.Test?.ErrorPercent,
        TestErrorPopulation = epoch.TestPopulation?.ErrorPercent,
        TestErrorBatch = epoch.TestBatch?.ErrorPercent,
        Seconds = epoch.Seconds,
        ImagesPerSecond = epoch.ImagesPerSecond,
    };

    /// <summary>The program's version.</summary>
    public static string Version { get; } = InformationalVersion.Split('+')[0];

    /// <summary>The commit it was built from; null where it was not built in a repository.</summary>
    public static string? Commit { get; } = InformationalVersion.Split('+') is [_, var commit] ? commit : null;

    private static string InformationalVersion =>
        typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
