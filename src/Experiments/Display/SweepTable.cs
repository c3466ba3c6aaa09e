using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Display;

/// <summary>How far a sweep is, in words and in the rows of a table: the same on a live terminal and by <c>sweep --status</c>.</summary>
internal static class SweepTable
{
    /// <summary>The names of the columns; the first two hold words.</summary>
    public static IReadOnlyList<string> Header { get; } = ["run", "state", "progress", "epoch", "train error", "test error", "images/s", "time"];

    /// <summary>Columns that hold words.</summary>
    public const int Labels = 2;

    /// <summary>The cells of a run.</summary>
    public static IReadOnlyList<string> Row(RunState state) => [state.Run.Id, .. state switch
    {
        { Stage: RunStage.UnderWay, Progress: null } => ["starting", "", "", "", "", "", ""],
        { Progress: { Training: var p } progress } =>
        [
            progress.Host == Environment.MachineName ? "under way" : $"under way on {progress.Host}",
            string.Create(CultureInfo.InvariantCulture, $"{p.Fraction:0%}"),
            string.Create(CultureInfo.InvariantCulture, $"{p.Epoch}/{p.Epochs}"),
            Percent(p.Train.ErrorPercent), Percent(p.TestError), Rate(p.ImagesPerSecond), p.Fraction > Forecast.Settled ? $"{TrainingDisplay.Describe(p.Left)} left" : "",
        ],
        { Row: { Status: RunStatus.Finished or RunStatus.Diverged } row } =>
        [
            row.Status == RunStatus.Finished ? "finished" : "diverged", "", string.Create(CultureInfo.InvariantCulture, $"{row.DivergedEpoch ?? row.Epochs}/{row.Epochs}"),
            Percent(row.TrainError), Percent(row.Error), Rate(row.ImagesPerSecond), row.Seconds is { } seconds ? TrainingDisplay.Describe(TimeSpan.FromSeconds(seconds)) : "",
        ],
        _ => new[] { Describe(state.Stage), "", "", "", "", "", "" },
    }];

    /// <summary>How many runs are how far, and the time left.</summary>
    /// <param name="name">The sweep's name.</param>
    /// <param name="states">All its runs.</param>
    /// <param name="sideBySide">How many are trained at once; the time left is told where there are any.</param>
    public static string Summary(string name, IReadOnlyList<RunState> states, int sideBySide)
    {
        var parts = new[] { RunStage.Diverged, RunStage.UnderWay, RunStage.HalfDone, RunStage.Failed, RunStage.Queued, RunStage.ToDo }
            .Select(stage => (Stage: stage, Count: states.Count(state => state.Stage == stage))).Where(part => part.Count > 0)
            .Select(part => $", {part.Count} {Describe(part.Stage)}");
        var left = sideBySide > 0 && !states.All(state => state.HasEnded) && Forecast.Left(states, sideBySide) is { } time ? $"; about {TrainingDisplay.Describe(time)} left" : "";
        return $"{name}: {states.Count(state => state.Stage == RunStage.Finished)} of {states.Count} {(states.Count == 1 ? "run" : "runs")} finished{string.Concat(parts)}{left}";
    }

    /// <summary>What there is to say beside the table: why runs failed, which Slurm lost, and who works on the sweep.</summary>
    /// <param name="folder">The sweep's folder.</param>
    /// <param name="states">Its runs.</param>
    /// <param name="queue">What Slurm has of them.</param>
    public static IEnumerable<string> Remarks(SweepFolder folder, IReadOnlyList<RunState> states, SlurmQueue queue)
    {
        foreach (var state in states)
        {
            if (state.Stage == RunStage.Failed)
                yield return $"{state.Run.Id}: {RunLog.Of(folder.Results, state.Run).LastLine ?? "failed without a word"}";
            else if (state.Stage is RunStage.ToDo or RunStage.HalfDone && queue.Gone.TryGetValue(state.Run.Id, out var task))
                yield return $"{state.Run.Id}: ended in Slurm without a result; {(File.Exists(task.Log) ? $"see {task.Log}" : $"task {task.Task} of job {task.Job} did not begin")}";
        }

        if (queue.Problem is { } problem)
            yield return $"What waits in Slurm is not known here. {problem}";
        if (folder.Holder is { } holder)
            yield return $"A sweep works on it: {holder}.";
    }

    /// <summary>A stage in words.</summary>
    public static string Describe(RunStage stage) => stage switch
    {
        RunStage.ToDo => "to do",
        RunStage.Queued => "queued",
        RunStage.UnderWay => "under way",
        RunStage.HalfDone => "half done",
        RunStage.Failed => "failed",
        RunStage.Diverged => "diverged",
        RunStage.Finished => "finished",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };

    private static string Percent(double? error) => error is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent:0.00}%") : "";

    private static string Rate(double? rate) => rate is { } images ? string.Create(CultureInfo.InvariantCulture, $"{images:0}") : "";
}
