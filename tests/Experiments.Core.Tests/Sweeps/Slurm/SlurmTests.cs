using Experiments.Core.Results;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.Core.Tests.Sweeps.Slurm;

public sealed class SlurmTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_script_asks_for_what_was_asked_and_leaves_the_rest_to_the_cluster()
    {
        var plain = SlurmScript.Write("figure 1", 50, 1, new SlurmRequest(), []);
        Assert.Equal(
            ["--job-name=figure_1", "--array=1-50", "--cpus-per-task=1", "--output=%a.log", "--open-mode=append", "--signal=B:TERM@60"],
            Options(plain));
        Assert.StartsWith("#!/bin/sh\n", plain, StringComparison.Ordinal);
        Assert.EndsWith("\neval \"exec $(sed -n \"${SLURM_ARRAY_TASK_ID}p\" commands)\"\n", plain, StringComparison.Ordinal);

        var request = new SlurmRequest { Partition = "main", Time = "1-12", Gpus = 2, MaxParallel = 8, Further = "--account=me --mem=4G" };
        Assert.Equal(
            ["--job-name=x", "--array=1-50%8", "--dependency=afterany:12:14", "--partition=main", "--time=1-12", "--cpus-per-task=4", "--gres=gpu:2",
             "--output=%a.log", "--open-mode=append", "--signal=B:TERM@60", "--account=me --mem=4G"],
            Options(SlurmScript.Write("x", 50, 4, request, ["12", "14"])));
    }

    [Fact]
    public void A_task_of_the_script_becomes_the_command_of_its_line_with_every_word_as_it_was()
    {
        File.WriteAllText(_folder["job.sh"], SlurmScript.Write("x", 2, 1, new SlurmRequest(), []));
        File.WriteAllText(_folder["commands"], "printf wrong\nprintf '%s|' 'it'\\''s a $place' b \"$$\"\n");
        var start = new System.Diagnostics.ProcessStartInfo("sh", ["job.sh"]) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true };
        start.Environment["SLURM_ARRAY_TASK_ID"] = "2";
        using var process = System.Diagnostics.Process.Start(start)!;
        Assert.Equal($"it's a $place|b|{process.Id}|", process.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_queue_gives_each_run_its_task_and_knows_which_have_gone()
    {
        var jobs = new[] { new SlurmJob("/r/slurm/1", "7", ["a", "b", "c"]), new SlurmJob("/r/slurm/2", "70", ["b", "d"]) };
        var queue = SlurmQueue.Parse("7 3 RUNNING\n70 1 PENDING\n8 2 RUNNING\n\n", jobs);
        Assert.Equal(
            [("b", new SlurmTask("70", "1", "PENDING", "/r/slurm/2/1.log")), ("c", new SlurmTask("7", "3", "RUNNING", "/r/slurm/1/3.log"))],
            queue.Tasks.OrderBy(task => task.Key).Select(task => (task.Key, task.Value)));
        Assert.Equal([("a", "7", "1"), ("d", "70", "2")], queue.Gone.OrderBy(task => task.Key).Select(task => (task.Key, task.Value.Job, task.Value.Task)));
        Assert.Null(queue.Problem);

        // If a run was submitted twice and both tasks are gone, the last task counts. A run that waits again is not gone.
        Assert.Equal("70", SlurmQueue.Parse("", jobs).Gone["b"].Job);
        Assert.DoesNotContain("b", SlurmQueue.Parse("7 2 RUNNING", jobs).Gone.Keys);
    }

    [Fact]
    public void Jobs_are_read_in_the_order_in_which_they_were_submitted_and_one_that_Slurm_did_not_take_is_none()
    {
        foreach (var (folder, job) in new[] { ("10", "31\n"), ("9", "30\n"), ("11", null), ("notes", "5") })
        {
            Directory.CreateDirectory(_folder["slurm", folder]);
            File.WriteAllText(_folder["slurm", folder, "runs"], $"run-{folder}\n");
            if (job is not null)
                File.WriteAllText(_folder["slurm", folder, "job"], job);
        }

        Assert.Equal(["30 run-9", "31 run-10"], SlurmJob.All(new ResultsFolder(_folder.Path)).Select(job => $"{job.Id} {job.Runs.Single()}"));
        Assert.Empty(SlurmQueue.Read(new ResultsFolder(_folder["elsewhere"])).Tasks);
    }

    private static IEnumerable<string> Options(string script) =>
        script.Split('\n').Where(line => line.StartsWith("#SBATCH ", StringComparison.Ordinal)).Select(line => line["#SBATCH ".Length..]);
}
