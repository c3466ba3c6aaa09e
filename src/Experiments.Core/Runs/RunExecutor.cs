using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>Trains one run in this process and leaves its results in a folder.</summary>
/// <param name="machine">The engines and data sets.</param>
/// <param name="results">The results folder.</param>
/// <param name="experiment">The experiment that the run belongs to.</param>
public sealed class RunExecutor(Machine machine, ResultsFolder results, string experiment)
{
    /// <summary>The default of <see cref="CheckpointEvery"/>.</summary>
    public const double UsualMinutes = 5;

    /// <summary>Minutes between two checkpoints. There is also one at each epoch's end, and one when the run is stopped.</summary>
    public double CheckpointEvery { get; init; } = UsualMinutes;

    /// <summary>Whether a run that has ended, or is half done, is trained again from its beginning.</summary>
    public bool Again { get; init; }

    /// <summary>Whether a run may go on under conditions in which its bits may differ from those of the machine that it began on.</summary>
    public bool AllowDifferentMachine { get; init; }

    /// <summary>The checksum that the images must have; null: any.</summary>
    public string? ImagesChecksum { get; init; }

    /// <summary>Whether the run's epochs are written for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>
    /// Trains a run, from its last checkpoint if there is one. It writes the run's settings at the beginning, its epochs, measurements and weights
    /// after each epoch and its row at the end. A run that has ended is left as it is, unless <see cref="Again"/> is set.
    /// </summary>
    /// <param name="run">The run, under the name of its folder here.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="epochEnded">Told after every epoch.</param>
    /// <param name="say">Called with sentences that say where the run goes on, and what is wrong with a checkpoint; the log has them too.</param>
    /// <param name="cancellation">Ends the training between two steps, with a checkpoint; the files written so far stay.</param>
    /// <returns>The run's row.</returns>
    /// <exception cref="ExperimentException">
    /// Data or engine are missing, or a file cannot be written; or the run is half done, and its rest would not be the same here.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RunRow Execute(Run run, IProgress<TrainingProgress>? progress, Action<EpochRow>? epochEnded, Action<string>? say, CancellationToken cancellation)
    {
        var folder = new RunFolder(results, run);
        using var held = results.Begin(run.Id);

        // Another process may have finished the run while this one waited for the folder.
        if (!Again && folder.Row is { Status: not RunStatus.Failed } ended)
            return ended;
        using var told = new ProgressFile.Writer(results, run, progress);
        try
        {
            return Train(run, folder, told, epochEnded, say, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A run that was refused has not failed, and a run that never began leaves no row: only the reason is logged.
            if (e is ExperimentException { ExitCode: ExperimentException.BadInput })
                folder.Log.Write($"Refused: {e.Message}");
            else
                RecordFailure(folder, e.Message);
            throw;
        }
    }

    // If even the row cannot be written, the run counts as not ended. The exception that made it fail still says why.
    private void RecordFailure(RunFolder folder, string reason)
    {
        try
        {
            folder.WriteFailure(experiment, reason);
        }
        catch (ExperimentException)
        {
        }
    }

    private RunRow Train(Run run, RunFolder folder, IProgress<TrainingProgress> progress, Action<EpochRow>? epochEnded, Action<string>? say, CancellationToken cancellation)
    {
        void Tell(string sentence)
        {
            folder.Log.Write(sentence);
            say?.Invoke(sentence);
        }

        using var dataset = machine.Open(run, ImagesChecksum, cancellation);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var starting = run.Settings.From is null ? null : StartingState.Read(run, results);
        Clear(run, folder, Tell); // now that the run can be trained
        folder.WriteSettings();
        folder.Log.Write(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:u} {run.Id}: {run.Network.Model} on {dataset.Name}, {engine.Library}, {run.Settings.Device}"));

        var from = folder.Checkpoints.GoOnFrom(run.Id, run.ConditionsOn(engine), dataset, AllowDifferentMachine, Tell);
        var training = new RunTraining(run, folder, dataset, engine, from, Tell, starting) { CheckpointEvery = CheckpointEvery, EpochEnded = epochEnded, TensorBoard = TensorBoard };
        return training.Train(experiment, progress, cancellation);
    }

    /// <summary>Removes what an earlier training of the run has left, except checkpoints that the run goes on from and a row that cannot be read.</summary>
    private void Clear(Run run, RunFolder folder, Action<string> tell)
    {
        if (Again && !folder.Checkpoints.Remove())
            throw new ExperimentException($"Cannot remove {folder.Checkpoints.Root}, which the run would go on from.", ExperimentException.Unavailable);
        var damage = results.Discard(run.Id);
        if (!folder.Checkpoints.Any)
            folder.Log.Clear();
        if (damage is not null)
            tell($"{damage} The run is trained {(folder.Checkpoints.Any ? "on from its last checkpoint" : "anew")}.");
    }
}
