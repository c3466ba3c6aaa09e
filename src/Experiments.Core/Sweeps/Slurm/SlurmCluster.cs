using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps.Slurm;

/// <summary>The result of submitting a sweep.</summary>
/// <param name="Jobs">The arrays that were submitted, in order.</param>
/// <param name="Queued">How many runs waited or ran in Slurm already.</param>
public sealed record SlurmSubmission(IReadOnlyList<SlurmJob> Jobs, int Queued);

/// <summary>Submits the runs of a sweep to a Slurm cluster whose machines share the results folder.</summary>
/// <param name="folder">The sweep's folder.</param>
/// <param name="request">What is asked for each run.</param>
public sealed class SlurmCluster(SweepFolder folder, SlurmRequest request)
{
    /// <summary>Checks that there is a cluster to submit to, before the sweep claims its folder.</summary>
    /// <param name="asked">The sweep as it was asked for.</param>
    /// <param name="machine">The machine that chooses the values that the sweep leaves open.</param>
    /// <returns>The most tasks that an array may have.</returns>
    /// <exception cref="ExperimentException">
    /// There is no cluster, it does not answer, a batch script cannot hold the folder's name, or runs of another sweep are on their way into it.
    /// </exception>
    public int Check(Sweep asked, Machine machine)
    {
        ArgumentNullException.ThrowIfNull(asked);
        // Slurm replaces %a and the like in the folder's name as it does in a log's.
        if (SlurmJob.Root(folder.Results).IndexOfAny(['%', '\\', '\n']) >= 0)
            throw new ExperimentException($"Slurm cannot use a results folder whose name holds %, \\ or a line break, and {folder.Results.Root} does: give another with --out.");
        SlurmProgram.Run("sbatch", ["--version"]);
        var longestArray = SlurmProgram.LongestArray();

        // A folder without results of a run may be taken by another sweep, but not while runs are submitted for it.
        if (folder.Results.StartedRuns.Count == 0)
        {
            var others = Queue().Tasks.Keys.Except(asked.Resolve(machine).Runs().Select(run => run.Id)).ToList();
            if (others.Count > 0)
                throw new ExperimentException($"{others.Count} runs of another sweep wait or run in Slurm for {folder.Results.Root}, such as {others[0]}: give --out a folder of its own.");
        }

        return longestArray;
    }

    /// <summary>
    /// Submits missing runs, except those that wait or run in Slurm already. An array that Slurm refuses leaves nothing behind; the arrays before it stay
    /// submitted.
    /// </summary>
    /// <param name="name">The sweep's name.</param>
    /// <param name="missing">The runs.</param>
    /// <param name="commandOf">The command that trains a run.</param>
    /// <param name="longestArray">The most tasks that an array may have.</param>
    /// <exception cref="ExperimentException">The request does not fit the runs, or Slurm refuses; the message says how many runs were submitted
    /// before.</exception>
    public SlurmSubmission Submit(string name, IReadOnlyList<Run> missing, Func<Run, string> commandOf, int longestArray)
    {
        var onProcessor = missing.Count(run => run.Settings.Device == "cpu");
        if (request.Gpus is not null && onProcessor > 0)
            throw new ExperimentException($"--gpus asks for GPUs, and {onProcessor} of the {missing.Count} runs would compute on the cpu: give --device cuda, and --engine torch with it, or leave --gpus out.");
        var queue = Queue();

        // Rows are read again after the queue, since a run may have ended in between.
        var wanted = SweepRunner.InOrder(folder.Missing(missing).Where(run => !queue.Tasks.ContainsKey(run.Id)));
        var jobs = new List<SlurmJob>();
        var before = queue.Tasks.Values.Select(task => task.Job).Distinct().ToList();
        foreach (var runs in wanted.Chunk(longestArray))
        {
            var cpus = request.Cpus ?? runs.Max(run => run.Settings.Threads);
            var script = SlurmScript.Write(name, runs.Length, cpus, request, request.MaxParallel is null ? [] : before);
            try
            {
                jobs.Add(SlurmJob.Submit(folder.Results, [.. runs.Select(run => (run, commandOf(run)))], script));
            }
            catch (ExperimentException e) when (jobs.Count > 0)
            {
                throw new ExperimentException(
                    $"{e.Message} {jobs.Sum(job => job.Runs.Count)} of {wanted.Count} runs were submitted before, in job {string.Join(" and ", jobs.Select(job => job.Id))}; the same command submits the others.", e.ExitCode, e);
            }

            before = [jobs[^1].Id];
        }

        return new SlurmSubmission(jobs, queue.Tasks.Count);
    }

    private SlurmQueue Queue() => SlurmQueue.Read(folder.Results) is var queue && queue.Problem is null ? queue
        : throw new ExperimentException(queue.Problem, ExperimentException.Unavailable);
}
