using Experiments.Core.Data;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;
using Experiments.Core.Training.Measurements;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Runs;

/// <summary>A run's folder in a results folder: writes what the run leaves there, and reads it again.</summary>
/// <param name="results">The results folder.</param>
/// <param name="run">The run.</param>
public sealed class RunFolder(ResultsFolder results, Run run) : IRowSink
{
    /// <summary>The folder.</summary>
    public string Path { get; } = results.PathOf(run.Id);

    /// <summary>The run's log: what happened to it.</summary>
    public RunLog Log { get; } = RunLog.Of(results, run);

    /// <summary>The run's checkpoints; they are removed when it has ended.</summary>
    public CheckpointFolder Checkpoints { get; } = new(results.CheckpointsOf(run.Id));

    /// <summary>Whether the run has ended, well or by diverging.</summary>
    public bool HasEnded => Row is { Status: not RunStatus.Failed };

    /// <summary>The run's row; null if there is none, or if it cannot be read: the run is then trained again.</summary>
    public RunRow? Row => OrNone(() => results.ReadRow(run.Id));

    /// <summary>The last epoch that the run has written; null if there is none that can be read.</summary>
    public EpochRow? LastEpoch => OrNone(() => results.Read<EpochRow>(run.Id) is [.., var last] ? last.Row : null);

    /// <summary>Writes all rows of one kind that there are so far; each begins with the run's key.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void Write<TRow>(IEnumerable<TRow> rows)
        where TRow : class, IRunFile => results.Write(run.Key, rows);

    /// <summary>Writes the run's settings. They are the first thing that a training leaves.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void WriteSettings() => AtomicFile.WriteText(SettingsFile, RunFile.Write(run));

    /// <summary>Writes the weights as they are after an epoch.</summary>
    /// <param name="engine">The engine that has them.</param>
    /// <param name="dataset">The images that they were trained on.</param>
    /// <param name="epoch">Epochs trained.</param>
    /// <param name="steps">Steps trained.</param>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void WriteWeights(IEngine engine, Dataset dataset, int epoch, long steps) =>
        AtomicFile.WriteBytes(System.IO.Path.Combine(Path, Checkpoint.FileName), Checkpoint.Write(run.Network, engine.Read(), steps, RunFile.Metadata(run, dataset.Statistics, epoch)));

    /// <summary>Writes the run's row and removes its checkpoints. From now on the run counts as ended.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void WriteRow(RunRow row)
    {
        results.WriteRow(row);
        Checkpoints.Remove();
    }

    /// <summary>
    /// Writes why the run failed, if the run's own process could not: the reason into its log and, if its training had begun, the row of a failed run.
    /// Nothing is written if the run has ended after all, or another process trains it.
    /// </summary>
    /// <exception cref="ExperimentException">The row cannot be written.</exception>
    public void RecordFailure(string experiment, string reason)
    {
        try
        {
            using var held = results.Begin(run.Id, TimeSpan.Zero);
            WriteFailure(experiment, reason);
        }
        catch (ExperimentException e) when (e.ExitCode == ExperimentException.Busy)
        {
            // The other process leaves a row of its own.
        }
    }

    /// <summary>Does the same in a process that already holds the run's folder.</summary>
    internal void WriteFailure(string experiment, string reason)
    {
        if (HasEnded)
            return;
        var line = $"Failed: {reason}";
        if (Log.LastLine != line)
            Log.Write(line);

        // Without a settings file the training did not begin. A row would only say what was asked, and nothing that happened.
        if (!File.Exists(SettingsFile))
            return;
        if (results.Discard(run.Id) is { } damage)
            Log.Write(damage);
        results.WriteRow(RunRecord.Failed(run, experiment));
    }

    private string SettingsFile => System.IO.Path.Combine(Path, "run.yaml");

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
