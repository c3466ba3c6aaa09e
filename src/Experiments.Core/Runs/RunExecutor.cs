using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;
using Experiments.Core.Training.Measuring;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Runs;

/// <summary>Trains one run in this process and leaves its results in a folder.</summary>
/// <param name="machine">The engines and data sets.</param>
/// <param name="folder">The results folder.</param>
/// <param name="experiment">The experiment that the run belongs to.</param>
public sealed class RunExecutor(Machine machine, ResultsFolder folder, string experiment)
{
    /// <summary>The usual <see cref="CheckpointEvery"/>.</summary>
    public const double UsualMinutes = 5;

    /// <summary>Minutes between two checkpoints, beside those at each epoch's end and where the run is stopped.</summary>
    public double CheckpointEvery { get; init; } = UsualMinutes;

    /// <summary>Whether a run that has ended, or is half done, begins anew.</summary>
    public bool Again { get; init; }

    /// <summary>Whether a run goes on where its bits may be others than on the machine that it began on.</summary>
    public bool AllowDifferentMachine { get; init; }

    /// <summary>The checksum that the images must have; null: any.</summary>
    public string? ImagesChecksum { get; init; }

    /// <summary>Whether the run's epochs are written for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>
    /// Trains a run, from its last checkpoint where there is one, writing its settings at the beginning, its epochs, measurements and weights
    /// after each epoch and its row at the end. One that has ended is left as it is, unless it is to begin anew.
    /// </summary>
    /// <param name="run">The run, under the name of its folder here.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="epochEnded">Told after every epoch.</param>
    /// <param name="say">Is told, in sentences that the log has too, where the run goes on, and what is wrong with a checkpoint.</param>
    /// <param name="cancellation">Ends it between two steps, with a checkpoint; what it has written stays.</param>
    /// <returns>Its row.</returns>
    /// <exception cref="ExperimentException">
    /// Data or engine are not to be had, or a file cannot be written; or the run is half done, and its rest would not be the same here.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RunRow Execute(Run run, IProgress<TrainingProgress>? progress, Action<EpochRow>? epochEnded, Action<string>? say, CancellationToken cancellation)
    {
        using var held = folder.Begin(run.Id);

        // Another process may have ended it while this one waited for it.
        if (!Again && new RunFolder(folder, run).Row is { Status: not RunStatus.Failed } ended)
            return ended;
        using var told = new ProgressFile.Writer(folder, run, progress);
        var log = RunLog.Of(folder, run);
        try
        {
            return Train(run, log, told, epochEnded, say, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What was refused has not failed, and of what never began there is nothing to tell but why.
            if (e is ExperimentException { ExitCode: ExperimentException.BadInput })
                log.Write($"Refused: {e.Message}");
            else
                RecordFailure(run, e.Message);
            throw;
        }
    }

    // Where not even a row can be written, the run counts as one that has not ended, and what made it fail says why.
    private void RecordFailure(Run run, string reason)
    {
        try
        {
            new RunFolder(folder, run).WriteFailure(experiment, reason);
        }
        catch (ExperimentException)
        {
        }
    }

    private RunRow Train(Run run, RunLog log, IProgress<TrainingProgress> progress, Action<EpochRow>? epochEnded, Action<string>? say, CancellationToken cancellation)
    {
        var path = folder.PathOf(run.Id);
        var checkpoints = new RunFolder(folder, run).Checkpoints;
        using var dataset = machine.Open(run, ImagesChecksum, cancellation);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var starting = run.Settings.From is null ? null : StartingState.Read(run, folder);

        // Now that it can be trained, what an earlier training left may go.
        if (Again && !checkpoints.Remove())
            throw new ExperimentException($"Cannot remove {checkpoints.Root}, which the run would go on from.", ExperimentException.Unavailable);
        var damage = folder.Discard(run.Id);
        if (!checkpoints.Any)
            log.Clear();
        if (damage is not null)
            Tell($"{damage} The run is trained {(checkpoints.Any ? "on from its last checkpoint" : "anew")}.");
        AtomicFile.WriteText(Path.Combine(path, "run.yaml"), RunFile.Write(run));
        void Tell(string sentence)
        {
            log.Write(sentence);
            say?.Invoke(sentence);
        }

        log.Write(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:u} {run.Id}: {run.Network.Model} on {dataset.Name}, {engine.Library}, {run.Settings.Device}"));
        var conditions = run.ConditionsOn(engine);
        var from = checkpoints.GoOnFrom(run.Id, conditions, dataset, AllowDifferentMachine, Tell);
        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout));
        var measurements = MeasurementPlan.Create(run.Settings, batches, engine, run.Network);
        var loop = new TrainingLoop(run.Settings, batches, engine, run.Network) { Observer = measurements };
        if (from is { } found)
        {
            engine.Write(found.State);
            measurements.Restore(found.Checkpoint.Measured);
            loop.GoOnFrom(found.Checkpoint.Position);
            Tell($"Goes on from {found.File}: {Describe(found.Checkpoint.Position, run.Settings.Epochs, loop.StepsPerEpoch)}.");
        }
        else if (starting is not null)
        {
            engine.Write(starting.State);
            Tell(starting.Sentence);
        }
        else
        {
            loop.Initialize();
        }

        var started = from?.Checkpoint.Started ?? DateTimeOffset.UtcNow;
        var row = RunRecord.Begin(run, experiment, engine.Library, started) with { ImagesChecksum = dataset.Checksum, FromChecksum = starting?.Checksum };
        var epochs = loop.Position.Epochs.ToList();
        var shifts = run.Settings.Measure.HasFlag(Measurements.DistributionShift);
        var events = TensorBoard ? new EventsFile(path, started) : null;
        var memory = new PeakMemory(progress, from?.Checkpoint.PeakMemoryMib);
        void Keep()
        {
            var position = loop.Position;
            var steps = position.Steps(loop.StepsPerEpoch);
            var checkpoint = new TrainingCheckpoint(run.Id, conditions, dataset.Fingerprint, started, position, measurements.Save(steps), memory.Mib);
            try
            {
                checkpoints.Write(checkpoint, steps, engine.Read());
            }
            catch (Exception e) when (e is ExperimentException or IOException or UnauthorizedAccessException)
            {
                Tell($"There is no checkpoint after step {steps}. {e.Message}");
            }
        }

        void WriteRows()
        {
            folder.Write(run.Id, epochs.Select(epoch => RunRecord.Of(run, epoch)));
            MeasurementRecord.Write(folder, run, measurements);
            WriteEvents();
        }

        void WriteEvents() => events?.Write(epochs.Select(epoch => RunRecord.Of(run, epoch)), Tell);

        try
        {
            // The files may be those of an epoch that is made once more.
            if (from is not null)
                WriteRows();
            else
                WriteEvents();
            foreach (var epoch in loop.Run(new Regularly(CheckpointEvery, Keep, memory), cancellation))
            {
                epochs.Add(epoch);
                WriteRows();
                memory.Sample();
                var epochRow = RunRecord.Of(run, epoch);
                log.Write(Describe(epochRow, run.Settings.Epochs));
                epochEnded?.Invoke(epochRow);

                // Of a run that diverged, the last weights that were finite are kept.
                if (epoch.Diverged)
                    break;
                WriteWeights(folder, run, dataset, engine, epoch.Epoch, (long)epoch.Epoch * loop.StepsPerEpoch);
                if (epoch.Epoch < run.Settings.Epochs || shifts)
                    Keep();
            }

            if (epochs[^1] is { Diverged: false } end && shifts)
                folder.Write(run.Id, ShiftedScores(run, loop, end, memory, cancellation));
        }
        catch (OperationCanceledException)
        {
            if (loop.Position is { Epochs.Count: > 0 } or { Step: > 0 })
                Keep();
            log.Write($"Stopped: {Describe(loop.Position, run.Settings.Epochs, loop.StepsPerEpoch)}.");
            throw;
        }

        row = RunRecord.End(row, epochs, memory.Mib);
        folder.WriteRow(row);
        checkpoints.Remove();
        return row;
    }

    /// <summary>Writes the weights as they are after an epoch.</summary>
    internal static void WriteWeights(ResultsFolder there, Run run, Dataset dataset, IEngine engine, int epoch, long steps) =>
        AtomicFile.WriteBytes(Path.Combine(there.PathOf(run.Id), Checkpoint.FileName),
            Checkpoint.Write(run.Network, engine.Read(), steps, RunFile.Metadata(run, dataset.Statistics, epoch)));

    /// <summary>A position in a few words.</summary>
    public static string Describe(TrainingPosition position, int epochs, int stepsPerEpoch) => position.Step == 0
        ? $"{position.Epochs.Count} of {epochs} epochs are done"
        : $"{position.Step} of {stepsPerEpoch} steps of epoch {position.Epochs.Count + 1}/{epochs} are done";

    /// <summary>An epoch in a line.</summary>
    public static string Describe(EpochRow epoch, int epochs) => string.Create(CultureInfo.InvariantCulture,
        $"epoch {epoch.Epoch}/{epochs}  train loss {epoch.TrainLoss:0.0000}  train error {epoch.TrainError:0.00}%  ")
        + (epoch.TestError is { } error
            ? string.Create(CultureInfo.InvariantCulture, $"test error {error:0.00}%  {epoch.ImagesPerSecond:0} images/s")
            : "diverged: the loss is no longer finite");

    // It takes minutes where test images are many and batches small: what is shown of it is the last epoch and the time left.
    private static List<DistributionShiftRow> ShiftedScores(
        Run run, TrainingLoop loop, EpochResult last, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var count = DistributionShift.Count(run.Network, run.Settings.Domains);
        var rows = new List<DistributionShiftRow>();
        foreach (var score in DistributionShift.Measure(loop, run.Network, run.Settings.Domains, last.Epoch, cancellation))
        {
            rows.Add(MeasurementRecord.Of(run, score));
            progress.Report(new TrainingProgress(
                last.Epoch, run.Settings.Epochs, 1, last.Train, last.Test!.Value.ErrorPercent, last.ImagesPerSecond, clock.Elapsed * (count - rows.Count) / rows.Count));
        }

        return rows;
    }

    // Private memory has no peak that the system keeps, so it is looked at once a second, and after each epoch.
    private sealed class PeakMemory(IProgress<TrainingProgress> progress, double? before) : IProgress<TrainingProgress>
    {
        private readonly Stopwatch _since = Stopwatch.StartNew();

        public double? Mib { get; private set; } = before;

        public void Report(TrainingProgress value)
        {
            if (_since.Elapsed.TotalSeconds >= 1)
                Sample();
            progress.Report(value);
        }

        public void Sample()
        {
            _since.Restart();
            if (ProcessInformation.PrivateMemoryMib is { } now)
                Mib = Math.Max(Mib ?? 0, now);
        }
    }

    // Does something between two steps whenever so many minutes have passed.
    private sealed class Regularly(double minutes, Action action, IProgress<TrainingProgress> progress) : IProgress<TrainingProgress>
    {
        private readonly Stopwatch _since = Stopwatch.StartNew();

        public void Report(TrainingProgress value)
        {
            progress.Report(value);
            if (_since.Elapsed.TotalMinutes < minutes)
                return;
            action();
            _since.Restart();
        }
    }
}
