using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;
using Experiments.Core.Training.Timing;

namespace Experiments.Core.Runs;

/// <summary>Measures in this process how long one run takes, and leaves no files.</summary>
/// <param name="machine">The engines and data sets.</param>
/// <param name="folder">The results folder, in which the run may be half done.</param>
public sealed class RunEstimator(Machine machine, ResultsFolder folder)
{
    /// <summary>As in <see cref="RunExecutor.Again"/>.</summary>
    public bool Again { get; init; }

    /// <summary>As in <see cref="RunExecutor.AllowDifferentMachine"/>.</summary>
    public bool AllowDifferentMachine { get; init; }

    /// <summary>As in <see cref="RunExecutor.ImagesChecksum"/>.</summary>
    public string? ImagesChecksum { get; init; }

    /// <summary>
    /// Measures how long a run takes, or the rest of a half-done run, by training a few steps and throwing them away. The measurement is refused for the same
    /// reasons as a training, except a results folder that cannot be written: nothing is written there. The files that a training writes go to a temporary
    /// folder, so that writing them is timed.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="say">Called with a sentence if a checkpoint is damaged, or if the rest of the run would differ from what it would be on the machine that
    /// it began on.</param>
    /// <param name="cancellation">Ends the measurement between two steps.</param>
    /// <returns>The estimate, and the position that the run would go on from; null if it would begin.</returns>
    /// <exception cref="ExperimentException">As in <see cref="RunExecutor.Execute"/>.</exception>
    public (TrainingEstimate Estimate, TrainingPosition? From) Measure(Run run, Action<string> say, CancellationToken cancellation)
    {
        using var dataset = machine.Open(run, ImagesChecksum, cancellation);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var from = Again ? null
            : new RunFolder(folder, run).Checkpoints.GoOnFrom(run.Id, run.ConditionsOn(engine), dataset, AllowDifferentMachine, say)?.Checkpoint;
        var scratch = Scratch();
        try
        {
            var estimator = new TrainingEstimator(run.Settings, new BatchSource(dataset, run.BatchOptions(engine.Layout)), engine, run.Network, TimeProvider.System)
            {
                EpochEnds = epoch => WriteEpoch(new ResultsFolder(scratch.FullName), run, dataset, engine, epoch),
                Ends = epoch => WriteEnd(new ResultsFolder(scratch.FullName), run, epoch),
                Memory = () => ProcessInformation.PrivateMemoryMib,
            };
            return (estimator.Measure(ProcessInformation.SinceStart, cancellation), from?.Position);
        }
        finally
        {
            Delete(scratch);
        }
    }

    private static void Delete(DirectoryInfo scratch)
    {
        try
        {
            scratch.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system clears its temporary folder itself.
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

    // Writes the files of an epoch, as a training does.
    private static void WriteEpoch(ResultsFolder there, Run run, Dataset dataset, IEngine engine, EpochResult epoch)
    {
        var left = new RunFolder(there, run);
        left.Write([RunRecord.Of(epoch)]);
        left.WriteWeights(engine, dataset, epoch.Epoch, epoch.Epoch);
        var position = new TrainingPosition([epoch], 0, default, 0, epoch.Seconds);
        var checkpoint = new TrainingCheckpoint(run.Id, run.ConditionsOn(engine), dataset.Fingerprint, default, position, [], null);
        left.Checkpoints.Write(checkpoint, epoch.Epoch, engine.Read());
    }

    private static void WriteEnd(ResultsFolder there, Run run, EpochResult epoch)
    {
        there.WriteRow(RunRecord.End(RunRecord.Begin(run, "", "", default), [epoch], null));
        there.Rebuild();
    }
}
