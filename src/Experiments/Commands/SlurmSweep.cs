using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Commands;

/// <summary><c>sweep --slurm</c>: gives the missing runs to a cluster, and says what to type next.</summary>
internal static class SlurmSweep
{
    public static int Submit(Sweep asked, Machine machine, SweepFolder folder, SlurmRequest request, Func<Run, string> commandOf)
    {
        var cluster = new SlurmCluster(folder, request, commandOf);
        var longestArray = cluster.Check(asked, machine);
        var runs = folder.Claim(asked, machine).Runs();
        var missing = folder.Missing(runs);
        var submitted = cluster.Submit(asked.Name, missing, machine, longestArray);
        Console.WriteLine($"{asked.Name}: {submitted.Jobs.Sum(job => job.Runs.Count)} of {runs.Count} runs submitted to Slurm; {runs.Count - missing.Count} finished before, {submitted.Queued} waiting or running there already.");
        foreach (var job in submitted.Jobs)
            Console.WriteLine($"  job {job.Id}, {job.Tasks}: {job.LogOf("<task>")}");
        if (submitted.Jobs.Count + submitted.Queued > 0)
            Console.WriteLine("The same command with --status in place of --slurm shows how far they are; as it is, it submits those that have ended without a result.");
        Console.WriteLine($"`collect {folder.Results.Root}` merges what is there, at any time.");
        return ExitCode.Done;
    }
}
