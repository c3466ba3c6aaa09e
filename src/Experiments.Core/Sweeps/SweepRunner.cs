using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps;

/// <summary>Starts runs, each as a process of its own. The program supplies it.</summary>
public interface IRunLauncher
{
    /// <summary>Trains one run and waits for its end.</summary>
    /// <param name="run">The run.</param>
    /// <param name="experiment">The experiment it belongs to.</param>
    /// <param name="folder">The results folder that it leaves its row in.</param>
    /// <param name="cancellation">Asks it to end after the current step.</param>
    /// <returns>Null if the run ended well; otherwise a sentence that says why it did not.</returns>
    Task<string?> LaunchAsync(Run run, string experiment, ResultsFolder folder, CancellationToken cancellation);
}

/// <summary>Watches a sweep. Calls come from several threads, one at a time.</summary>
public interface ISweepObserver
{
    /// <summary>A run began; from now on its folder tells how far it is.</summary>
    void Started(Run run);

    /// <summary>A run ended with a row, or it failed, and then the reason is given.</summary>
    void Ended(Run run, RunRow? row, string? failure);
}

/// <summary>The result of training a sweep's runs.</summary>
/// <param name="Ended">How many runs ended, diverged ones included.</param>
/// <param name="Failures">Runs that failed, and why.</param>
/// <param name="Warnings">A sentence for each file of the folder that could not be read and was left out of its CSVs.</param>
public sealed record SweepOutcome(int Ended, IReadOnlyList<(Run Run, string Reason)> Failures, IReadOnlyList<string> Warnings);

/// <summary>Trains the missing runs of a sweep, several side by side.</summary>
/// <param name="launcher">Starts a run.</param>
/// <param name="folder">Where results go.</param>
/// <param name="observer">Told what happens.</param>
public sealed class SweepRunner(IRunLauncher launcher, SweepFolder folder, ISweepObserver observer)
{
    private readonly Lock _observing = new();

    /// <summary>
    /// The order in which runs are begun: seed by seed, so that a first figure is there early; within a seed small batches first, since they
    /// take longest.
    /// </summary>
    public static IReadOnlyList<Run> InOrder(IEnumerable<Run> runs) => [.. runs.OrderBy(run => run.Settings.Seed).ThenBy(run => run.Settings.Batch)];

    /// <summary>Trains runs. One that fails does not stop the others.</summary>
    /// <param name="name">The experiment's name, for the rows.</param>
    /// <param name="missing">The runs.</param>
    /// <param name="jobs">How many runs at once.</param>
    /// <param name="cancellation">Ends the sweep: runs under way end after the current step, and what is finished is kept.</param>
    /// <exception cref="ExperimentException">
    /// The folder can no longer be written to, or no run can be started: no further run was begun, those under way have come to their end, and what is finished is kept.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<SweepOutcome> RunAsync(string name, IReadOnlyList<Run> missing, int jobs, CancellationToken cancellation)
    {
        var queue = new Queue<Run>(InOrder(missing));
        var failures = new List<(Run, string)>();
        ExperimentException? broken = null;
        async Task Work()
        {
            while (true)
            {
                Run run;
                lock (_observing)
                {
                    if (cancellation.IsCancellationRequested || broken is not null || !queue.TryDequeue(out run!))
                        return;
                    observer.Started(run);
                }

                string? failure;
                try
                {
                    failure = await launcher.LaunchAsync(run, name, folder.Results, cancellation).ConfigureAwait(false);
                    if (cancellation.IsCancellationRequested && !folder.HasEnded(run))
                        return;
                    if (!folder.HasEnded(run))
                        new RunFolder(folder.Results, run).RecordFailure(name, failure ??= "it ended without leaving a row");
                }
                catch (ExperimentException e)
                {
                    // The next run would fail for the same reason.
                    failure = e.Message;
                    lock (_observing)
                        broken ??= e;
                }

                lock (_observing)
                {
                    var row = folder.RowOf(run);
                    if (row is { Status: not RunStatus.Failed })
                        failure = null;
                    if (failure is not null)
                        failures.Add((run, failure));
                    observer.Ended(run, row, failure);
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Math.Min(jobs, missing.Count)).Select(_ => Task.Run(Work, CancellationToken.None))).ConfigureAwait(false);
        if (broken is not null)
            throw new ExperimentException($"{broken.Message} No further run was begun; what is finished is kept, and the same command goes on.", broken.ExitCode, broken);
        var warnings = folder.Rebuild();
        cancellation.ThrowIfCancellationRequested();
        return new SweepOutcome(missing.Count - failures.Count, failures, warnings);
    }
}
