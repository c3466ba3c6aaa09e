using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Commands;

/// <summary><c>sweep --slurm</c>: gives the missing runs to a cluster, and says what to type next.</summary>
internal static class SlurmSweep
{
    public static int Submit(
        Sweep asked, Machine machine, SweepFolder folder, SlurmRequest request, Func<Run, IReadOnlyDictionary<string, string>, string> commandOf,
        CancellationToken cancellation)
    {
        var cluster = new SlurmCluster(folder, request);
        var longestArray = cluster.Check(asked, machine);
        var checksums = folder.Prepare(asked, machine, cancellation);
        using var held = folder.Hold();
        var runs = folder.RunsOf(folder.Claim(asked, machine));
        SweepCommand.TellWhatIsWrong(folder, runs);
        var missing = folder.Missing(runs);
        var submitted = cluster.Submit(asked.Name, missing, run => commandOf(run, checksums), longestArray);
        Console.WriteLine($"{asked.Name}: {submitted.Jobs.Sum(job => job.Runs.Count)} of {runs.Count} runs submitted to Slurm; {runs.Count - missing.Count} finished before, {submitted.Queued} waiting or running there already.");
        foreach (var job in submitted.Jobs)
            Console.WriteLine($"  job {job.Id}, {job.Tasks}: {job.LogOf("<task>")}");
        if (submitted.Jobs.Count + submitted.Queued > 0)
            Console.WriteLine($"`sweep {folder.Results.Root} --status` shows how far they are; the same command submits those that have ended without a result.");
        Console.WriteLine($"`collect {folder.Results.Root}` merges what is there, at any time.");
        return ExitCode.Done;
    }
}
