using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training.Checkpoints;

namespace Experiments.Core.Runs;

/// <summary>A run's folder in a results folder: what the run has left there.</summary>
/// <param name="results">The results folder.</param>
/// <param name="run">The run.</param>
public sealed class RunFolder(ResultsFolder results, Run run)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = results.PathOf(run.Id);

    /// <summary>What happened to the run.</summary>
    public RunLog Log { get; } = RunLog.Of(results, run);

    /// <summary>Its checkpoints, until it has ended.</summary>
    public CheckpointFolder Checkpoints { get; } = new(results.CheckpointsOf(run.Id));

    /// <summary>Whether the run has ended, well or by diverging.</summary>
    public bool HasEnded => Row is { Status: not RunStatus.Failed };

    /// <summary>Its row; null where there is none, or none that can be read: the run is then trained again.</summary>
    public RunRow? Row => OrNone(() => results.ReadRow(run.Id));

    /// <summary>The last epoch that it has written; null where there is none that can be read.</summary>
    public EpochRow? LastEpoch => OrNone(() => results.Read<EpochRow>(run.Id) is [.., var last] ? last : null);

    /// <summary>
    /// Leaves the reason why the run failed in its log and, where its training had begun, the row of a failed run, where the run itself could not;
    /// not where it has ended all the same, or another process trains it.
    /// </summary>
    /// <exception cref="ExperimentException">It cannot be written.</exception>
    public void RecordFailure(string experiment, string reason)
    {
        try
        {
            using var held = results.Begin(run.Id, TimeSpan.Zero);
            WriteFailure(experiment, reason);
        }
        catch (ExperimentException e) when (e.ExitCode == ExperimentException.Busy)
        {
            // It leaves a row of its own.
        }
    }

    /// <summary>Likewise, for whoever holds the run's folder.</summary>
    internal void WriteFailure(string experiment, string reason)
    {
        if (HasEnded)
            return;
        var line = $"Failed: {reason}";
        if (Log.LastLine != line)
            Log.Write(line);

        // A training begins by writing this. A row of one that did not would say what was asked, and nothing that happened.
        if (!File.Exists(System.IO.Path.Combine(Path, "run.yaml")))
            return;
        if (results.Discard(run.Id) is { } damage)
            Log.Write(damage);
        results.WriteRow(RunRecord.Failed(run, experiment));
    }

    private static T? OrNone<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (ExperimentException)
        {
            return null;
        }
    }
}
