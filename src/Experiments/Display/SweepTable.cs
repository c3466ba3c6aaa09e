using System.Globalization;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Display;

/// <summary>How far a sweep is, in words and in a table: the same on a live terminal and by <c>sweep --status</c>.</summary>
internal static class SweepTable
{
    private const int Labels = 3;
    private const string WideGap = "   ";
    private const string NarrowGap = " ";

    // The fewest characters that a run's name is shortened to.
    private const int ShortName = 12;

    private static readonly string[] Header = ["run", "state", "on", "progress", "epoch", "train error", "test error", "images/s", "time"];

    // The columns that are left out if there is no room, the first one first. A run's name, its state, test error and time stay.
    private static readonly string[] Dispensable = ["images/s", "on", "train error", "epoch", "progress"];

    /// <summary>The table as lines, the header first.</summary>
    /// <param name="states">The runs, a line each.</param>
    /// <param name="width">The most characters of a line: columns are left out until it fits, then names are shortened, then lines are cut.</param>
    public static IReadOnlyList<string> Lines(IEnumerable<RunState> states, int width = int.MaxValue)
    {
        IReadOnlyList<IReadOnlyList<string>> rows = [.. states.Select(Row)];
        var widths = Header.Select((title, column) => Math.Max(title.Length, rows.Select(row => row[column].Length).DefaultIfEmpty().Max())).ToArray();
        bool IsEmpty(int column) => rows.All(row => row[column].Length == 0);

        // The machine is shown only if a run is on another one.
        var columns = Enumerable.Range(0, Header.Length).Where(column => Header[column] != "on" || !IsEmpty(column)).ToList();
        var gap = WideGap;
        int Total() => columns.Sum(column => widths[column]) + (gap.Length * (columns.Count - 1));
        foreach (var column in Dispensable.Select(title => Array.IndexOf(Header, title)).OrderByDescending(IsEmpty).ToList())
        {
            if (Total() <= width)
                break;
            columns.Remove(column);
        }

        if (Total() - widths[0] + Math.Min(widths[0], ShortName) > width)
            gap = NarrowGap;
        widths[0] = Math.Max(Math.Min(widths[0], ShortName), widths[0] - Math.Max(0, Total() - width));
        string Cell(IReadOnlyList<string> row, int column) => column == 0 ? Shorten(row[0], widths[0]).PadRight(widths[0])
            : column < Labels ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column]);
        return [.. rows.Prepend(Header).Select(row => string.Join(gap, columns.Select(column => Cell(row, column))).TrimEnd()).Select(line => line.Length > width ? line[..width] : line)];
    }

    /// <summary>The number of runs in each stage, and the time left.</summary>
    /// <param name="name">The sweep's name.</param>
    /// <param name="states">All its runs.</param>
    /// <param name="sideBySide">How many are trained at once; the time left is shown if this is above 0.</param>
    public static string Summary(string name, IReadOnlyList<RunState> states, int sideBySide)
    {
        var left = sideBySide > 0 && !states.All(state => state.HasEnded) && Forecast.Left(states, sideBySide) is { } time ? $"; about {TrainingDisplay.Describe(time)} left" : "";
        return $"{name}: {Counts([.. states.Select(state => state.Stage)])}{left}";
    }

    /// <summary>The number of runs in each stage.</summary>
    public static string Counts(IReadOnlyList<RunStage> stages)
    {
        var parts = new[] { RunStage.Diverged, RunStage.UnderWay, RunStage.HalfDone, RunStage.Failed, RunStage.Queued, RunStage.ToDo }
            .Select(stage => (Stage: stage, Count: stages.Count(other => other == stage))).Where(part => part.Count > 0)
            .Select(part => $", {part.Count} {Describe(part.Stage)}");
        return $"{stages.Count(stage => stage == RunStage.Finished)} of {stages.Count} {(stages.Count == 1 ? "run" : "runs")} finished{string.Concat(parts)}";
    }

    /// <summary>What there is to say beside the table: why runs failed, which Slurm lost, and who works on the sweep.</summary>
    /// <param name="folder">The sweep's folder.</param>
    /// <param name="states">Its runs.</param>
    /// <param name="queue">What Slurm knows of them.</param>
    public static IEnumerable<string> Remarks(SweepFolder folder, IReadOnlyList<RunState> states, SlurmQueue queue)
    {
        foreach (var state in states)
        {
            var log = RunLog.Of(folder.Results, state.Run);
            if (state.Stage == RunStage.Failed)
                yield return $"{state.Run.Id}: {log.LastLine ?? "failed, and left no message"} ({log.Path})";
            else if (state.Stage is RunStage.ToDo or RunStage.HalfDone && queue.Gone.TryGetValue(state.Run.Id, out var task))
                yield return $"{state.Run.Id}: ended in Slurm without a result; {(File.Exists(task.Log) ? $"see {task.Log}" : $"task {task.Task} of job {task.Job} did not begin")}";
        }

        if (queue.Problem is { } problem)
            yield return $"Slurm could not say which runs wait there. {problem}";
        if (folder.Holder is { } holder)
            yield return $"Another process is training this sweep: {holder}.";
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

    private static string Shorten(string name, int width) => name.Length <= width ? name : $"{name[..(width - 1)]}…";

    private static IReadOnlyList<string> Row(RunState state)
    {
        var run = StatusOfRun.Of(state);
        return
        [
            run.Run,
            run is { Stage: RunStage.UnderWay, Progress: null } ? "starting" : Describe(run.Stage),
            run.Stage == RunStage.UnderWay && run.Host is { } host && host != Environment.MachineName ? host : "",
            run.Progress is { } part ? Part(part) : "",
            run.Epoch is { } epoch ? string.Create(CultureInfo.InvariantCulture, $"{epoch}/{run.Epochs}") : "",
            Percent(run.TrainError), Percent(run.TestError), Rate(run.ImagesPerSecond),
            run.Seconds is { } seconds ? TrainingDisplay.Describe(TimeSpan.FromSeconds(seconds))
                : run.SecondsLeft is { } left ? $"{TrainingDisplay.Describe(TimeSpan.FromSeconds(left))} left" : "",
        ];
    }

    private static string Part(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{fraction:0%}");

    private static string Percent(double? error) => error is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent:0.00}%") : "";

    private static string Rate(double? rate) => rate is { } images ? string.Create(CultureInfo.InvariantCulture, $"{images:0}") : "";
}
