using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Training;
using Experiments.Core.Training.Measuring;

namespace Experiments.Core.Sweeps;

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

    /// <summary>Whether a run that is half done begins anew.</summary>
    public bool Again { get; init; }

    /// <summary>Whether a run goes on where its bits may be others than on the machine that it began on.</summary>
    public bool AllowDifferentMachine { get; init; }

    /// <summary>The checksum that the images must have; null: any.</summary>
    public string? ImagesChecksum { get; init; }

    /// <summary>Whether the run's epochs are written for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>
    /// Trains a run, from its last checkpoint where there is one, writing its settings at the beginning, its epochs, measurements and weights
    /// after each epoch and its row at the end.
    /// </summary>
    /// <param name="run">The run.</param>
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
        using var told = new ProgressFile.Writer(folder, run, progress);
        var log = RunLog.Of(folder, run);
        try
        {
            return Train(run, log, told, epochEnded, say, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.Write($"Failed: {e.Message}");
            RecordFailure(run);
            throw;
        }
    }

    // Where not even a row can be written, the run counts as one that has not ended, and what made it fail says why.
    private void RecordFailure(Run run)
    {
        try
        {
            folder.WriteRow(RunRecord.Failed(run, experiment));
        }
        catch (ExperimentException)
        {
        }
    }

    private RunRow Train(Run run, RunLog log, IProgress<TrainingProgress> progress, Action<EpochRow>? epochEnded, Action<string>? say, CancellationToken cancellation)
    {
        var path = folder.RunFolder(run.Id);
        var checkpoints = CheckpointFolder.Of(folder, run);
        if (Again && !checkpoints.Remove())
            throw new ExperimentException($"Cannot remove {checkpoints.Root}, which the run would go on from.", ExperimentException.Unavailable);
        if (!checkpoints.Any)
            log.Clear();
        AtomicFile.WriteText(Path.Combine(path, "run.yaml"), RunFile.Write(run));
        using var dataset = machine.Open(run);
        if (ImagesChecksum is { } expected && expected != dataset.Checksum)
            throw new ExperimentException($"The images of {dataset.Name} here have the checksum {dataset.Checksum}, not {expected}: bring those back that the run is to be trained on.");
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        void Tell(string sentence)
        {
            log.Write(sentence);
            say?.Invoke(sentence);
        }

        log.Write(string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:u} {run.Id}: {run.Network.Model} on {dataset.Name}, {engine.Library}, {run.Settings.Device}"));
        var conditions = Conditions(run, engine);
        var from = checkpoints.Latest(run.Id, Tell);
        if (from is { Checkpoint: var last })
            Check(run, last, conditions, dataset, checkpoints, Tell);

        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout));
        var measurements = MeasurementPlan.Create(run.Settings, batches, engine, run.Network);
        var loop = new TrainingLoop(run.Settings, batches, engine, run.Network) { Measurements = measurements };
        if (from is { } found)
        {
            engine.Write(found.State);
            measurements.Restore(found.Checkpoint.Measured);
            loop.GoOnFrom(found.Checkpoint.Position);
            Tell($"Goes on from {found.File}: {Describe(found.Checkpoint.Position, run.Settings.Epochs, loop.StepsPerEpoch)}.");
        }
        else
        {
            loop.Initialize();
        }

        var started = from?.Checkpoint.Started ?? DateTimeOffset.UtcNow;
        var row = RunRecord.Begin(run, experiment, engine.Library, started) with { ImagesChecksum = dataset.Checksum };
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
            catch (ExperimentException e)
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

    /// <summary>
    /// Finds out how long a run takes, or what is left of one that is half done, by a few steps that nothing remains of. What a training would
    /// be refused for, this is too, but for a folder that cannot be written: it is left alone, and what a training writes goes to a
    /// temporary one, to be timed.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="say">Is told what is wrong with a checkpoint, and where the rest of the run would be another.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    /// <returns>The estimate, and where the run would go on from; null where it would begin.</returns>
    /// <exception cref="ExperimentException">As of <see cref="Execute"/>.</exception>
    public (TrainingEstimate Estimate, TrainingPosition? From) Rehearse(Run run, Action<string> say, CancellationToken cancellation)
    {
        var checkpoints = CheckpointFolder.Of(folder, run);
        using var dataset = machine.Open(run);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var from = Again ? null : checkpoints.Latest(run.Id, say)?.Checkpoint;
        if (from is not null)
            Check(run, from, Conditions(run, engine), dataset, checkpoints, say);
        var scratch = Scratch();
        try
        {
            var rehearsal = new TrainingRehearsal(run.Settings, new BatchSource(dataset, run.BatchOptions(engine.Layout)), engine, run.Network, TimeProvider.System)
            {
                EpochEnds = epoch => WriteEpoch(new ResultsFolder(scratch.FullName), run, dataset, engine, epoch),
                Ends = epoch => WriteEnd(new ResultsFolder(scratch.FullName), run, epoch),
                Memory = () => ProcessInformation.PrivateMemoryMib,
            };
            return (rehearsal.Measure(ProcessInformation.SinceStart, cancellation), from?.Position);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static DirectoryInfo Scratch()
    {
        try
        {
            return Directory.CreateTempSubdirectory("experiments-dry-run-");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot write to the temporary folder {Path.GetTempPath()}, where files are written to be timed: {AtomicFile.Reason(e)}", ExperimentException.Unavailable, e);
        }
    }

    // The files of an epoch, as a training writes them.
    private static void WriteEpoch(ResultsFolder there, Run run, Dataset dataset, IEngine engine, EpochResult epoch)
    {
        there.Write(run.Id, [RunRecord.Of(run, epoch)]);
        WriteWeights(there, run, dataset, engine, epoch.Epoch, epoch.Epoch);
        var position = new TrainingPosition([epoch], 0, default, 0, epoch.Seconds);
        var checkpoint = new TrainingCheckpoint(run.Id, Conditions(run, engine), dataset.Fingerprint, default, position, [], null);
        CheckpointFolder.Of(there, run).Write(checkpoint, epoch.Epoch, engine.Read());
    }

    private static void WriteEnd(ResultsFolder there, Run run, EpochResult epoch)
    {
        there.WriteRow(RunRecord.End(RunRecord.Begin(run, "", "", default), [epoch], null));
        there.Rebuild();
    }

    private static void WriteWeights(ResultsFolder there, Run run, Dataset dataset, IEngine engine, int epoch, long steps) =>
        AtomicFile.WriteBytes(Path.Combine(there.RunFolder(run.Id), "weights.safetensors"),
            Checkpoint.Write(run.Network, engine.Read(), steps, RunFile.Metadata(run, dataset.Statistics, epoch)));

    private static TrainingConditions Conditions(Run run, IEngine engine) => new(
        run.Settings.Engine, RunOptions.Text(run.Settings.Precision), run.Settings.Threads, engine.Library, ProcessInformation.InstructionSet);

    /// <summary>Refuses to go on from a checkpoint where the rest of the run would not be the same as if it had never been stopped.</summary>
    private void Check(Run run, TrainingCheckpoint checkpoint, TrainingConditions now, Dataset dataset, CheckpointFolder checkpoints, Action<string> tell)
    {
        var anew = $"`train --again` begins it anew, and so does removing {checkpoints.Root}.";
        if (checkpoint.Images != dataset.Fingerprint)
            throw new ExperimentException($"{run.Id} is half done, and the images of {dataset.Name} are not those that it was trained on so far: bring those back; {anew}");
        if (checkpoint.Conditions.Differences(now) is not { } differences)
            return;
        if (!AllowDifferentMachine)
        {
            throw new ExperimentException($"{run.Id} is half done, and its rest would not be the same numbers here: {differences}. "
                + $"--allow-different-machine goes on all the same; {anew}");
        }

        tell($"The rest of the run is not what it would have been where it began: {differences}.");
    }

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
        var count = DistributionShift.Count(run.Network);
        var rows = new List<DistributionShiftRow>();
        foreach (var score in DistributionShift.Measure(loop, run.Network, last.Epoch, cancellation))
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
