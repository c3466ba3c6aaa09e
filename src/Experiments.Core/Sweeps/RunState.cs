using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps;

/// <summary>How far a run is, in one word.</summary>
public enum RunStage
{
    /// <summary>It has left neither a row nor a checkpoint.</summary>
    ToDo,

    /// <summary>It waits in Slurm.</summary>
    Queued,

    /// <summary>A process trains it now.</summary>
    UnderWay,

    /// <summary>It was stopped and goes on from its last checkpoint.</summary>
    HalfDone,

    /// <summary>It ended with an error and will be run again.</summary>
    Failed,

    /// <summary>Its loss stopped being finite: it has ended.</summary>
    Diverged,

    /// <summary>It has ended.</summary>
    Finished,
}

/// <summary>How far a run of a sweep is.</summary>
/// <param name="Run">The run.</param>
/// <param name="Stage">The run's stage.</param>
/// <param name="Row">The row that the run left, if it has ended or failed; otherwise null.</param>
/// <param name="Progress">The last report of the run's process, while the run is under way; null if there is none yet.</param>
public sealed record RunState(Run Run, RunStage Stage, RunRow? Row, RunProgress? Progress)
{
    /// <summary>The last whole epoch of a run that was stopped, failed or is queued; null if there is none.</summary>
    public EpochRow? LastEpoch { get; init; }

    /// <summary>Whether nothing of the run is left to do.</summary>
    public bool HasEnded => Stage is RunStage.Finished or RunStage.Diverged;

    /// <summary>How far runs are, read from their folders.</summary>
    /// <param name="folder">The sweep's folder.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="queue">The queue of the cluster that the runs were given to, asked before this call, since a run may end in between; null: there is
    /// none.</param>
    public static IReadOnlyList<RunState> Read(SweepFolder folder, IEnumerable<Run> runs, IRunQueue? queue = null) =>
        [.. runs.Select(run => Read(folder, run, queue?.PlaceOf(run) ?? QueuePlace.None))];

    private static RunState Read(SweepFolder folder, Run run, QueuePlace place)
    {
        var state = StateOf(folder, run, place);
        return state.Stage is RunStage.HalfDone or RunStage.Failed or RunStage.Queued ? state with { LastEpoch = new RunFolder(folder.Results, run).LastEpoch } : state;
    }

    private static RunState StateOf(SweepFolder folder, Run run, QueuePlace place)
    {
        // The lock is looked at before the row, so that a run that ends in between is seen as under way or as ended, not as one that nobody trains. Not every
        // file system shows a lock that another machine holds, but Slurm knows of the run.
        var underWay = folder.Results.IsUnderWay(run.Id) || place == QueuePlace.Running;
        var row = folder.RowOf(run);
        return row?.Status switch
        {
            RunStatus.Finished => new RunState(run, RunStage.Finished, row, null),
            RunStatus.Diverged => new RunState(run, RunStage.Diverged, row, null),
            _ when underWay => new RunState(run, RunStage.UnderWay, null, ProgressFile.Read(folder.Results, run)),
            _ when place == QueuePlace.Waiting => new RunState(run, RunStage.Queued, null, null),
            RunStatus.Failed => new RunState(run, RunStage.Failed, row, null),
            _ => new RunState(run, new RunFolder(folder.Results, run).Checkpoints.Any ? RunStage.HalfDone : RunStage.ToDo, null, null),
        };
    }
}
