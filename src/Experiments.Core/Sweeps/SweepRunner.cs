using Experiments.Core.Results;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>Starts runs, each as a process of its own. The program supplies it.</summary>
public interface IRunLauncher
{
    /// <summary>Trains one run and waits for its end.</summary>
    /// <param name="run">The run.</param>
    /// <param name="experiment">The experiment it belongs to.</param>
    /// <param name="folder">The results folder that it leaves its row in.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Asks it to end after the current step.</param>
    /// <returns>Null where it ended well; otherwise why it did not, in a sentence.</returns>
    Task<string?> LaunchAsync(Run run, string experiment, ResultsFolder folder, IProgress<TrainingProgress> progress, CancellationToken cancellation);
}

/// <summary>Watches a sweep. Calls come from several threads, one at a time.</summary>
public interface ISweepObserver
{
    /// <summary>A run began.</summary>
    void Started(Run run);

    /// <summary>A run is so far.</summary>
    void Progressed(Run run, TrainingProgress progress);

    /// <summary>A run ended, with a row, or failed, with the reason.</summary>
    void Ended(Run run, RunRow? row, string? failure);
}

/// <summary>What became of a sweep's runs.</summary>
/// <param name="Ended">Runs that ended, diverged ones included.</param>
/// <param name="Failures">Runs that failed, and why.</param>
/// <param name="Warnings">What could not be read in the folder and was left out of its CSVs.</param>
public sealed record SweepOutcome(int Ended, IReadOnlyList<(Run Run, string Reason)> Failures, IReadOnlyList<string> Warnings);

/// <summary>Runs what is missing of a sweep, several runs side by side.</summary>
/// <param name="launcher">Starts a run.</param>
/// <param name="folder">Where results go.</param>
/// <param name="observer">Told what happens.</param>
public sealed class SweepRunner(IRunLauncher launcher, SweepFolder folder, ISweepObserver observer)
{
    private readonly Lock _observing = new();

    /// <summary>Trains runs. One that fails does not stop the others.</summary>
    /// <param name="name">The experiment's name, for the rows.</param>
    /// <param name="missing">The runs.</param>
    /// <param name="jobs">How many at once.</param>
    /// <param name="machine">Where data sets lie; they are opened once before the first run begins, so that none of the runs has to prepare one.</param>
    /// <param name="cancellation">Ends the sweep: runs under way end after the current step, and what is finished is kept.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<SweepOutcome> RunAsync(string name, IReadOnlyList<Run> missing, int jobs, Machine machine, CancellationToken cancellation)
    {
        PrepareData(missing, machine);
        var queue = new Queue<Run>(InOrder(missing));
        var failures = new List<(Run, string)>();
        async Task Work()
        {
            while (true)
            {
                Run run;
                lock (_observing)
                {
                    if (cancellation.IsCancellationRequested || !queue.TryDequeue(out run!))
                        return;
                    observer.Started(run);
                }

                var watch = new DirectProgress<TrainingProgress>(progress => Watch(() => observer.Progressed(run, progress)));
                var failure = await launcher.LaunchAsync(run, name, folder.Results, watch, cancellation).ConfigureAwait(false);
                if (cancellation.IsCancellationRequested && !folder.HasEnded(run))
                    return;
                if (failure is null && !folder.HasEnded(run))
                    failure = "it ended without leaving a row";
                if (failure is not null)
                    folder.Results.WriteRow(RunRecord.Begin(run, name, "unknown", DateTimeOffset.UtcNow));
                lock (_observing)
                {
                    if (failure is not null)
                        failures.Add((run, failure));
                    observer.Ended(run, folder.Results.ReadRow(run.Id), failure);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, jobs).Select(_ => Task.Run(Work, CancellationToken.None))).ConfigureAwait(false);
        var warnings = folder.Rebuild();
        cancellation.ThrowIfCancellationRequested();
        return new SweepOutcome(missing.Count - failures.Count, failures, warnings);
    }

    /// <summary>
    /// The order in which runs begin: seed by seed, so that a first figure is there early; within a seed small batches first, since they
    /// take longest.
    /// </summary>
    public static IReadOnlyList<Run> InOrder(IEnumerable<Run> runs) => [.. runs.OrderBy(run => run.Settings.Seed).ThenBy(run => run.Settings.Batch)];

    /// <summary>Makes the data sets of runs ready, so that none of the runs has to while others wait for it.</summary>
    /// <exception cref="ExperimentException">One is not there, or its files are wrong.</exception>
    public static void PrepareData(IEnumerable<Run> runs, Machine machine)
    {
        foreach (var run in runs.DistinctBy(run => (run.Dataset, run.DataOptions, run.Settings.Input)))
        {
            using var opened = machine.Open(run);
            opened.Prepare(run.Settings.Input);
        }
    }

    private void Watch(Action action)
    {
        lock (_observing)
            action();
    }
}
