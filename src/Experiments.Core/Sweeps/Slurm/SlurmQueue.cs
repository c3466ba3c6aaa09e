using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps.Slurm;

/// <summary>A task of a job array, with the run that it trains.</summary>
/// <param name="Job">The job's number.</param>
/// <param name="Task">The task's number in it.</param>
/// <param name="State">What Slurm calls its state: <c>PENDING</c>, <c>RUNNING</c>, <c>COMPLETING</c>, ...; null where Slurm no longer has it.</param>
/// <param name="Log">The file that its output goes to.</param>
public sealed record SlurmTask(string Job, string Task, string? State, string Log)
{
    /// <summary>The state of a task that has a machine.</summary>
    public const string Running = "RUNNING";
}

/// <summary>The tasks that were submitted for a results folder, as Slurm sees them now.</summary>
/// <param name="Tasks">The tasks that wait or run, by the run's id.</param>
/// <param name="Gone">
/// The last task of each other run that was submitted: the task has ended, well or not. To tell which of these runs have failed, ask
/// the queue first and look for rows after that; a run may end in between.
/// </param>
/// <param name="Problem">A sentence that says why the queue could not be asked; no task is known then. Null if it could be asked.</param>
public sealed record SlurmQueue(IReadOnlyDictionary<string, SlurmTask> Tasks, IReadOnlyDictionary<string, SlurmTask> Gone, string? Problem = null) : IRunQueue
{
    /// <inheritdoc/>
    public QueuePlace PlaceOf(Run run) => !Tasks.TryGetValue(run.Id, out var task) ? QueuePlace.None : task.State is SlurmTask.Running ? QueuePlace.Running : QueuePlace.Waiting;

    /// <summary>Asks Slurm, if anything was ever submitted for the folder. Any machine that has squeue can ask.</summary>
    public static SlurmQueue Read(ResultsFolder folder)
    {
        var jobs = SlurmJob.All(folder);
        if (jobs.Count == 0)
            return Parse("", jobs);
        try
        {
            return Parse(SlurmProgram.Run("squeue", ["--noheader", "--array", $"--jobs={string.Join(',', jobs.Select(job => job.Id))}", "--format=%F %K %T"]), jobs);
        }
        catch (ExperimentException e) when (e.Message.Contains("Invalid job id", StringComparison.Ordinal))
        {
            // squeue prints this when it is asked for a single job that Slurm no longer knows.
            return Parse("", jobs);
        }
        catch (ExperimentException e)
        {
            return new SlurmQueue(new Dictionary<string, SlurmTask>(), new Dictionary<string, SlurmTask>(), e.Message);
        }
    }

    /// <summary>Matches the lines of squeue (job, task, state) with the jobs that were submitted.</summary>
    internal static SlurmQueue Parse(string output, IReadOnlyList<SlurmJob> jobs)
    {
        var states = output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields.Length == 3)
            .DistinctBy(fields => (fields[0], fields[1])).ToDictionary(fields => (Job: fields[0], Task: fields[1]), fields => fields[2]);
        var (tasks, gone) = (new Dictionary<string, SlurmTask>(), new Dictionary<string, SlurmTask>());
        foreach (var job in jobs)
        {
            foreach (var (index, run) in job.Runs.Index())
            {
                var task = (index + 1).ToString(CultureInfo.InvariantCulture);
                var state = states.GetValueOrDefault((job.Id, task));
                (state is null ? gone : tasks)[run] = new SlurmTask(job.Id, task, state, job.LogOf(task));
            }
        }

        foreach (var run in tasks.Keys)
            gone.Remove(run);
        return new SlurmQueue(tasks, gone);
    }
}
