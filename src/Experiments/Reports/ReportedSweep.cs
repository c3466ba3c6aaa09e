using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;
using Experiments.Display;

namespace Experiments.Reports;

/// <summary>All that a report says of a results folder, read once.</summary>
internal sealed class ReportedSweep
{
    private ReportedSweep(ResultsFolder results) => Results = results;

    /// <summary>The folder.</summary>
    public ResultsFolder Results { get; }

    /// <summary>The sweep that it belongs to; null for runs that were started by hand.</summary>
    public Sweep? Sweep { get; private init; }

    /// <summary>All its runs, those to do among them.</summary>
    public required IReadOnlyList<ReportedRun> Runs { get; init; }

    /// <summary>The rows of runs.csv, from which tables and figures are made.</summary>
    public required IReadOnlyList<RunRow> Rows { get; init; }

    /// <summary>The time left for the runs that are not done; null where nothing trains them, or it cannot be told.</summary>
    public TimeSpan? Left { get; private init; }

    /// <summary>Who trains its runs now, in words; null where nobody does.</summary>
    public string? Holder { get; private init; }

    /// <summary>What the reader should know of how the folder was read.</summary>
    public IReadOnlyList<string> Remarks { get; private init; } = [];

    /// <summary>What the sweep shows, or the folder's name.</summary>
    public string Title => Sweep?.Title ?? Results.Name;

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsDone => Runs.All(run => run.Stage is RunStage.Finished or RunStage.Diverged);

    /// <summary>Reads a folder.</summary>
    /// <exception cref="ExperimentException">It is no results folder, or its CSVs cannot be read.</exception>
    public static ReportedSweep Read(ResultsFolder results)
    {
        var folder = new SweepFolder(results);
        if (!Directory.Exists(results.Root))
            throw new ExperimentException($"There is no results folder {results.Root}.");
        var hasRuns = results.RunNames.Any();
        var hasRows = File.Exists(Path.Combine(results.Root, "runs.csv"));
        var sweep = folder.Read();
        if (sweep is null && !hasRuns && !hasRows)
            throw new ExperimentException($"{results.Root} is no results folder: it has neither sweep.yaml nor runs.csv nor runs/.");

        // The queue is read before the rows, so that a run that ends in between has a row.
        var queue = SlurmQueue.Read(results);
        var remarks = new List<string>();
        // A published folder keeps the rows of its runs, and not their folders; a sweep that was stopped before its first run has neither.
        var published = !hasRuns && hasRows ? ResultsFolder.ReadRuns(results.Root) : [];
        var states = published.Count > 0 ? [] : StatesOf(folder, sweep, queue, remarks);
        var rows = hasRuns && hasRows ? ResultsFolder.ReadRuns(results.Root) : published;
        var known = states.Select(state => state.Run.Id).ToHashSet();
        var others = rows.Where(row => !known.Contains(row.Run)).ToList();
        if (others.Count > 0 && states.Count > 0)
            remarks.Add($"{others.Count} {(others.Count == 1 ? "run" : "runs")} of the folder, such as {others[0].Run}, {(others.Count == 1 ? "is" : "are")} no part of the sweep as sweep.yaml has it.");
        var atWork = states.Count(state => state.Stage == RunStage.UnderWay);
        return new ReportedSweep(results)
        {
            Sweep = sweep,
            Rows = rows,
            Runs = WithEpochs([.. states.Select(state => ReportedRun.Of(state, results)), .. others.Select(row => ReportedRun.Of(row, results))], results),
            Left = atWork > 0 ? Forecast.Left(states, atWork) : null,
            Holder = folder.Holder,
            Remarks = [.. remarks, .. queue.Problem is { } problem ? [problem] : Array.Empty<string>()],
        };
    }

    /// <summary>How many runs are how far, and the time left.</summary>
    public string Summary =>
        $"{SweepTable.Counts([.. Runs.Select(run => run.Stage)])}{(Left is { } time && !IsDone ? $"; about {TrainingDisplay.Describe(time)} left" : "")}";

    // A published folder may hold a sweep that this version of the program cannot expand: its rows are there nevertheless.
    private static IReadOnlyList<RunState> StatesOf(SweepFolder folder, Sweep? sweep, SlurmQueue queue, List<string> remarks)
    {
        try
        {
            return RunState.Read(folder, sweep is null ? folder.RunsByHand() : folder.RunsOf(sweep), queue);
        }
        catch (ExperimentException error)
        {
            remarks.Add($"The runs of sweep.yaml could not be listed here, so this report shows those of runs.csv alone: {error.Message}");
            return [];
        }
    }

    // Published folders keep one epochs.csv, and no folders of runs.
    private static IReadOnlyList<ReportedRun> WithEpochs(IReadOnlyList<ReportedRun> runs, ResultsFolder results)
    {
        if (runs.All(run => run.Epochs.Count > 0))
            return runs;
        var epochs = ResultsFolder.ReadRows<EpochRow>(results.Root).ToLookup(epoch => epoch.Key.Run, epoch => epoch.Row);
        return [.. runs.Select(run => run.Epochs.Count > 0 ? run : run with { Epochs = [.. epochs[run.Row.Run]] })];
    }
}
