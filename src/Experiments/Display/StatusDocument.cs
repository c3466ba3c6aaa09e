using Experiments.Core.Results.Rows;
using Experiments.Core.Sweeps;

namespace Experiments.Display;

/// <summary>What <c>sweep --status --json</c> prints.</summary>
internal sealed record StatusDocument
{
    /// <summary>The sweep; before it the one whose runs its own begin from, if there is one.</summary>
    public required IReadOnlyList<StatusOfSweep> Sweeps { get; init; }
}

/// <summary>How far a sweep is.</summary>
internal sealed record StatusOfSweep
{
    /// <summary>The results folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder's own name.</summary>
    public required string Name { get; init; }

    /// <summary>Who works on the sweep now, in words; null where nobody does.</summary>
    public required string? Holder { get; init; }

    /// <summary>The number of runs at each stage: <c>finished</c>, <c>diverged</c>, <c>under_way</c>, <c>half_done</c>, <c>failed</c>, <c>queued</c>, <c>to_do</c>.</summary>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>About how many seconds all of it still takes; null where that cannot be told yet.</summary>
    public required double? SecondsLeft { get; init; }

    /// <summary>Why runs failed, which Slurm lost, who works on the sweep: a sentence each.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>The runs, in grid order.</summary>
    public required IReadOnlyList<StatusOfRun> Runs { get; init; }
}

/// <summary>How far a run is, in numbers.</summary>
internal sealed record StatusOfRun
{
    // The images of an epoch below which its error and its speed say nothing.
    private const int FewImages = 100;

    /// <summary>The folder of the run under <c>runs/</c>.</summary>
    public required string Run { get; init; }

    /// <summary>The normalization.</summary>
    public required string Norm { get; init; }

    /// <summary>GN's number of groups.</summary>
    public required int? Groups { get; init; }

    /// <summary>GN's channels per group.</summary>
    public required int? ChannelsPerGroup { get; init; }

    /// <summary>Images per worker in a step.</summary>
    public required int Batch { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>How far it is, in a word: one of the names under <c>counts</c>.</summary>
    public required RunStage Stage { get; init; }

    /// <summary>The machine that trains it, or trained it.</summary>
    public string? Host { get; init; }

    /// <summary>The part of it that is done, from 0 to 1.</summary>
    public double? Progress { get; init; }

    /// <summary>The epoch that it is in, or that it ended or was stopped with, from 1.</summary>
    public int? Epoch { get; init; }

    /// <summary>Epochs asked for.</summary>
    public required int Epochs { get; init; }

    /// <summary>Training error of that epoch so far, in percent.</summary>
    public double? TrainError { get; init; }

    /// <summary>The reported test error of a run that has ended, in percent; else that of the last whole epoch.</summary>
    public double? TestError { get; init; }

    /// <summary>Training images per second.</summary>
    public double? ImagesPerSecond { get; init; }

    /// <summary>The seconds that it took, where it has ended.</summary>
    public double? Seconds { get; init; }

    /// <summary>About the seconds that it still takes, by its own process.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>A run's state in numbers.</summary>
    public static StatusOfRun Of(RunState state)
    {
        var settings = state.Run.Settings;
        var bare = new StatusOfRun
        {
            Run = state.Run.Id,
            Norm = settings.Norm.Name,
            Groups = settings.Norm.Groups,
            ChannelsPerGroup = settings.Norm.ChannelsPerGroup,
            Batch = settings.Batch,
            Seed = settings.Seed,
            Stage = state.Stage,
            Epochs = settings.Epochs,
        };
        return state switch
        {
            { Progress: { Training: var p } progress } => bare with
            {
                Host = progress.Host,
                Progress = p.Fraction,
                Epoch = p.Epoch,
                TrainError = p.Train.Images < FewImages ? null : p.Train.ErrorPercent,
                TestError = p.TestError,
                ImagesPerSecond = p.Train.Images < FewImages ? null : p.ImagesPerSecond,
                SecondsLeft = p.Fraction > Forecast.Settled ? p.Left.TotalSeconds : null,
            },
            { Row: { Status: RunStatus.Finished or RunStatus.Diverged } row } => bare with
            {
                Host = row.Host,
                Progress = (double)(row.DivergedEpoch ?? row.Epochs) / row.Epochs,
                Epoch = row.DivergedEpoch ?? row.Epochs,
                TrainError = row.TrainError,
                TestError = row.Error,
                ImagesPerSecond = row.ImagesPerSecond,
                Seconds = row.Seconds,
            },
            { LastEpoch: { } last } => bare with
            {
                Progress = (double)last.Epoch / settings.Epochs,
                Epoch = last.Epoch,
                TrainError = last.TrainError,
                TestError = last.TestError,
                ImagesPerSecond = last.ImagesPerSecond,
            },
            _ => bare,
        };
    }
}
