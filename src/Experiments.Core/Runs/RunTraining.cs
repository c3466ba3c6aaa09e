using System.Diagnostics;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;
using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Runs;

/// <summary>
/// The training of one run. It writes into the run's folder: rows, weights and a checkpoint at the end of each epoch, checkpoints in between, and the run's
/// row at the end.
/// </summary>
internal sealed class RunTraining
{
    private readonly Run _run;
    private readonly RunFolder _folder;
    private readonly Dataset _dataset;
    private readonly IEngine _engine;
    private readonly Action<string> _tell;
    private readonly MeasurementPlan _measurements;
    private readonly TrainingLoop _loop;
    private readonly List<EpochResult> _epochs;
    private readonly TrainingCheckpoint? _from;
    private readonly DateTimeOffset _started;
    private readonly string? _weightsChecksum;

    /// <summary>Makes the engine's state, the loop and the measurements: new ones, or those of a checkpoint that the training goes on from.</summary>
    /// <param name="run">The run.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="dataset">Its images.</param>
    /// <param name="engine">The engine that computes.</param>
    /// <param name="from">The checkpoint that the training goes on from; null if it begins.</param>
    /// <param name="tell">Called with sentences that say what happens.</param>
    /// <param name="starting">The weights that it begins with; null: random ones.</param>
    public RunTraining(
        Run run, RunFolder folder, Dataset dataset, IEngine engine, (string File, TrainingCheckpoint Checkpoint, EngineState State)? from, Action<string> tell, StartingState? starting = null)
    {
        _weightsChecksum = starting?.Checksum;
        (_run, _folder, _dataset, _engine, _tell) = (run, folder, dataset, engine, tell);
        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout));
        _measurements = MeasurementPlan.Create(run.Settings, batches, engine, run.Network);
        _loop = new TrainingLoop(run.Settings, batches, engine, run.Network) { Observer = _measurements };
        if (from is var (file, checkpoint, state))
        {
            engine.Write(state);
            _measurements.Restore(checkpoint.Measured);
            _loop.GoOnFrom(checkpoint.Position);
            _from = checkpoint;
            tell($"Goes on from {file}: {Where(checkpoint.Position)}.");
        }
        else if (starting is not null)
        {
            engine.Write(starting.State);
            tell(starting.Sentence);
        }
        else
        {
            _loop.Initialize();
        }

        if (run.Network.StatisticsSteps is { } kept && kept < run.Network.Input.Height)
            folder.Log.Write($"Norms keep statistics for {kept} steps of a sequence; on test images of {run.Network.Input.Height} rows the last one's are used beyond.");
        _started = _from?.Started ?? DateTimeOffset.UtcNow;
        _epochs = [.. _loop.Position.Epochs];
    }

    /// <summary>Minutes between two checkpoints within an epoch.</summary>
    public required double CheckpointEvery { get; init; }

    /// <summary>Told after every epoch.</summary>
    public Action<EpochRow>? EpochEnded { get; init; }

    /// <summary>Whether epochs are written for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    private bool MeasuresAfterwards => (_run.Settings.Measure & Run.AfterTraining) != 0;

    private IEnumerable<EpochRow> EpochRows => _epochs.Select(RunRecord.Of);

    /// <summary>Trains to the end.</summary>
    /// <param name="experiment">The experiment that the run belongs to.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Ends the training between two steps, with a checkpoint.</param>
    /// <returns>The run's row.</returns>
    public RunRow Train(string experiment, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var row = RunRecord.Begin(_run, experiment, _engine.Library, _started) with { ImagesChecksum = _dataset.Checksum, FromChecksum = _weightsChecksum };
        var memory = new PeakMemory(progress, _from?.PeakMemoryMib);
        var events = TensorBoard ? new EventsFile(_folder.Path, _started) : null;
        void Keep() => KeepCheckpoint(memory.Mib);
        try
        {
            // The files may hold an epoch later than the checkpoint, which is now trained again.
            if (_from is not null)
                WriteRows();
            events?.Write(EpochRows, _tell);
            foreach (var epoch in _loop.Run(new RegularAction(CheckpointEvery, Keep, memory), cancellation))
            {
                _epochs.Add(epoch);
                WriteRows();
                events?.Write(EpochRows, _tell);
                memory.Sample();
                Announce(RunRecord.Of(epoch));
                KeepEpoch(epoch, Keep);
            }

            if (_epochs[^1] is { Diverged: false } last)
                MeasureAfterwards(last, memory, cancellation);
        }
        catch (OperationCanceledException)
        {
            if (_loop.Position is { Epochs.Count: > 0 } or { Step: > 0 })
                Keep();
            _folder.Log.Write($"Stopped: {Where(_loop.Position)}.");
            throw;
        }

        row = RunRecord.End(row, _epochs, memory.Mib);
        _folder.WriteRow(row);
        return row;
    }

    private string Where(TrainingPosition position) => RunLog.Describe(position, _run.Settings.Epochs, _loop.StepsPerEpoch);

    private void Announce(EpochRow epoch)
    {
        _folder.Log.Write(RunLog.Describe(epoch, _run.Settings.Epochs));
        EpochEnded?.Invoke(epoch);
    }

    private void WriteRows()
    {
        _folder.Write(EpochRows);
        _measurements.WriteTo(_folder);
    }

    // If the run diverged, the last finite weights are kept. After the last epoch a checkpoint is needed only if something is measured then.
    private void KeepEpoch(EpochResult epoch, Action keep)
    {
        if (epoch.Diverged)
            return;
        _folder.WriteWeights(_engine, _dataset, epoch.Epoch, (long)epoch.Epoch * _loop.StepsPerEpoch);
        if (epoch.Epoch < _run.Settings.Epochs || MeasuresAfterwards)
            keep();
    }

    private void KeepCheckpoint(double? peakMemory)
    {
        var position = _loop.Position;
        var steps = position.Steps(_loop.StepsPerEpoch);
        try
        {
            _folder.Checkpoints.Write(
                new TrainingCheckpoint(_run.Id, _run.ConditionsOn(_engine), _dataset.Fingerprint, _started, position, _measurements.Save(steps), peakMemory), steps, _engine.Read());
        }
        catch (Exception e) when (e is ExperimentException or IOException or UnauthorizedAccessException)
        {
            _tell($"There is no checkpoint after step {steps}. {e.Message}");
        }
    }

    private void MeasureAfterwards(EpochResult last, PeakMemory progress, CancellationToken cancellation)
    {
        if (_run.Settings.Measure.HasFlag(MeasurementKinds.DistributionShift))
            WriteScores("Distribution shift", DistributionShiftScores.Measure(_loop, _run.Network, _run.Settings.Domains, last.Epoch, cancellation), DistributionShiftScores.Count(_run.Network, _run.Settings.Domains), row => row.Error, last, progress);
        if (_run.Settings.Measure.HasFlag(MeasurementKinds.SequenceLength))
            WriteScores("Sequence length", SequenceLengthScores.Measure(_loop, _run.Network, last.Epoch, cancellation), SequenceLengthScores.Count(_run.Network), row => row.Error, last, progress);
    }

    // Measuring takes minutes if test images are many and batches small. Meanwhile the last epoch and the time left are shown.
    private void WriteScores<TRow>(string what, IEnumerable<TRow> scores, int count, Func<TRow, double?> errorOf, EpochResult last, PeakMemory progress)
        where TRow : class, IRunFile
    {
        var clock = Stopwatch.StartNew();
        var rows = new List<TRow>();
        foreach (var row in scores)
        {
            rows.Add(row);
            progress.Report(new TrainingProgress(
                last.Epoch, _run.Settings.Epochs, 1, last.Train, last.Test!.Value.ErrorPercent, last.ImagesPerSecond, clock.Elapsed * (count - rows.Count) / rows.Count));
        }

        if (rows.Count(row => errorOf(row) is null) is > 0 and var wrong)
            _folder.Log.Write($"{what}: at {wrong} of {rows.Count} measurements, some scores of the network are NaN or infinite; {TRow.FileName} has no error there.");
        _folder.Write(rows);
    }
}
