using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;

namespace Experiments.Reports;

/// <summary>A run as a report shows it.</summary>
/// <param name="Row">What was asked of it and, where it has ended, what came out.</param>
/// <param name="Stage">How far it is.</param>
internal sealed record ReportedRun(RunRow Row, RunStage Stage)
{
    /// <summary>How far its training is, while it is under way.</summary>
    public RunProgress? Progress { get; init; }

    /// <summary>Its epochs so far.</summary>
    public IReadOnlyList<EpochRow> Epochs { get; init; } = [];

    /// <summary>Its last epoch; null if it has none yet.</summary>
    public EpochRow? LastEpoch => Epochs.Count > 0 ? Epochs[^1] : null;

    /// <summary>Its log, a sentence a line; empty where the folder keeps none.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>Why it has no error; null if it has one, or has not ended.</summary>
    public string? Reason => Stage switch
    {
        RunStage.Failed => Log.LastOrDefault(line => !string.IsNullOrWhiteSpace(line)) ?? "It failed and left no message.",
        RunStage.Diverged => $"The loss stopped being a finite number in epoch {Row.DivergedEpoch} of {Row.Epochs}.",
        _ => null,
    };

    /// <summary>A run of a sweep, with its files.</summary>
    public static ReportedRun Of(RunState state, ResultsFolder results) =>
        new ReportedRun(state.Row ?? RunRecord.Failed(state.Run, results.Name), state.Stage) { Progress = state.Progress }.WithFiles(results);

    /// <summary>A run of which there is a row in runs.csv.</summary>
    public static ReportedRun Of(RunRow row, ResultsFolder results) => new ReportedRun(row, row.Status switch
    {
        RunStatus.Finished => RunStage.Finished,
        RunStatus.Diverged => RunStage.Diverged,
        _ => RunStage.Failed,
    }).WithFiles(results);

    private ReportedRun WithFiles(ResultsFolder results) => this with { Epochs = EpochsIn(results), Log = LogIn(results) };

    private IReadOnlyList<EpochRow> EpochsIn(ResultsFolder results)
    {
        try
        {
            return [.. results.Read<EpochRow>(Row.Run).Select(epoch => epoch.Row)];
        }
        catch (ExperimentException)
        {
            // A damaged file costs the report a curve; `collect` says what is wrong with it.
            return [];
        }
    }

    private string[] LogIn(ResultsFolder results)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(results.PathOf(Row.Run), RunLog.FileName));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
