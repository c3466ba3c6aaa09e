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
    /// <summary>
    /// Trains a run, writing its settings at the beginning, its epochs, measurements and weights after each epoch and its row at the end.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="epochEnded">Told after every epoch.</param>
    /// <param name="cancellation">Ends it between two steps; what it has written stays.</param>
    /// <returns>Its row.</returns>
    /// <exception cref="ExperimentException">Data or engine are not to be had, or a file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RunRow Execute(Run run, IProgress<TrainingProgress>? progress, Action<EpochRow>? epochEnded, CancellationToken cancellation)
    {
        var path = folder.RunFolder(run.Id);
        var started = DateTimeOffset.UtcNow;
        using var held = folder.Begin(run.Id);
        AtomicFile.WriteText(Path.Combine(path, "run.yaml"), RunFile.Write(run));
        using var dataset = machine.Open(run);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        using var log = new StreamWriter(Path.Combine(path, "log.txt"), append: false) { AutoFlush = true };
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{started:u} {run.Id}: {run.Network.Model} on {dataset.Name}, {engine.Library}, {run.Settings.Device}"));

        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout));
        var measurements = MeasurementPlan.Create(run.Settings, batches, engine, run.Network);
        var loop = new TrainingLoop(run.Settings, batches, engine, run.Network) { Measurements = measurements };
        loop.Initialize();
        var row = RunRecord.Begin(run, experiment, engine.Library, started);
        var epochs = new List<EpochResult>();
        var epochRows = new List<EpochRow>();
        var memory = new PeakMemory(progress);
        foreach (var epoch in loop.Run(memory, cancellation))
        {
            epochs.Add(epoch);
            var epochRow = RunRecord.Of(run, epoch);
            epochRows.Add(epochRow);
            folder.Write(run.Id, epochRows);
            MeasurementRecord.Write(folder, run, measurements);
            memory.Sample();
            log.WriteLine(Describe(epochRow, run.Settings.Epochs));
            epochEnded?.Invoke(epochRow);

            // Of a run that diverged, the last weights that were finite are kept.
            if (epoch.Diverged)
                break;
            AtomicFile.WriteBytes(Path.Combine(path, "weights.safetensors"),
                Checkpoint.Write(run.Network, engine.Read(), (long)epoch.Epoch * loop.StepsPerEpoch, RunFile.Metadata(run, dataset.Statistics, epoch.Epoch)));
        }

        if (epochs[^1] is { Diverged: false } last && run.Settings.Measure.HasFlag(Measurements.DistributionShift))
            folder.Write(run.Id, ShiftedScores(run, loop, last, memory, cancellation));
        row = RunRecord.End(row, epochs, memory.Mib);
        folder.WriteRow(row);
        return row;
    }

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
    private sealed class PeakMemory(IProgress<TrainingProgress>? progress) : IProgress<TrainingProgress>
    {
        private readonly Stopwatch _since = Stopwatch.StartNew();

        public double? Mib { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (_since.Elapsed.TotalSeconds >= 1)
                Sample();
            progress?.Report(value);
        }

        public void Sample()
        {
            _since.Restart();
            if (ProcessInformation.PrivateMemoryMib is { } now)
                Mib = Math.Max(Mib ?? 0, now);
        }
    }
}
