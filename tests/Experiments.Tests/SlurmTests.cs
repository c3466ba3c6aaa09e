using System.Diagnostics;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Tests;

/// <summary><c>sweep --slurm</c> against a Slurm that the tests start.</summary>
[Trait("Speed", "slow")]
public sealed class SlurmTests(SlurmMachine slurm) : IClassFixture<SlurmMachine>, IDisposable
{
    private const string Small = "--dataset synthetic --test-limit 100 --model resnet8 --width 8";
    private const string Eight = $"sweep {Small} --train-limit 100 --epochs 1 --norm bn,gn --groups 4 --batch 8,4 --seeds 2";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SlurmFact]
    public void A_sweep_that_loses_tasks_is_completed_by_the_same_command_and_equals_a_local_one()
    {
        var first = Run($"{Eight} --out s --slurm --sbatch=--hold");
        Assert.StartsWith("s: 8 of 8 runs submitted to Slurm; 0 finished before, 0 waiting or running there already.\n", first, StringComparison.Ordinal);
        Assert.Contains($"  job {JobOf("s", 1)}, tasks 1-5: {_folder["s", "slurm", "1", "<task>.log"]}\n", first, StringComparison.Ordinal);
        Assert.Contains($"  job {JobOf("s", 2)}, tasks 1-3: {_folder["s", "slurm", "2", "<task>.log"]}\n", first, StringComparison.Ordinal);
        Assert.Equal(Cli.Run($"{Eight} --out s --print-commands", _folder.Path).Output, Submitted("s", 1, "commands") + Submitted("s", 2, "commands"));
        Assert.StartsWith("s: 0 of 8 runs submitted to Slurm; 0 finished before, 8 waiting or running there already.\n", Run($"{Eight} --out s --slurm"), StringComparison.Ordinal);

        Assert.EndsWith("s: 0 of 8 runs finished, 8 queued\n", Run("sweep s --status"), StringComparison.Ordinal);

        // One task does not begin, and one is killed while it trains.
        slurm.Ask("scancel", $"{JobOf("s", 2)}_3");
        slurm.Ask("scontrol", $"release {JobOf("s", 1)} {JobOf("s", 2)}");
        var killed = KillATraining();
        slurm.WaitUntilEmpty();
        var lost = new[] { killed, Submitted("s", 2, "runs").Split('\n')[2] };
        var collected = Run("collect s");
        Assert.Matches("(?m)^s: 6 of 8 runs finished, ", collected);
        Assert.Equal(lost.Order(), collected.Split('\n').Where(line => line.Contains(": ended in Slurm without a result; ", StringComparison.Ordinal)).Select(line => line.Split(':')[0]).Order());
        Assert.Contains($"{lost[1]}: ended in Slurm without a result; task 3 of job {JobOf("s", 2)} did not begin\n", collected, StringComparison.Ordinal);

        Assert.StartsWith("s: 2 of 8 runs submitted to Slurm; 6 finished before, 0 waiting or running there already.\n", Run($"{Eight} --out s --slurm"), StringComparison.Ordinal);
        Assert.Equal(lost.Order(), Submitted("s", 3, "runs").TrimEnd('\n').Split('\n').Order());
        slurm.WaitUntilEmpty();
        Assert.StartsWith("s: 8 of 8 runs finished\n\n", Run("collect s"), StringComparison.Ordinal);

        Run($"{Eight} --out local");
        Assert.Equal(Results("local"), Results("s"));
    }

    [SlurmFact]
    public void A_task_that_is_told_to_end_leaves_a_checkpoint_and_the_same_command_goes_on_with_it()
    {
        var sweep = $"sweep {Small} --train-limit 1000 --epochs 2 --batch 4 --checkpoint-every 0.001 --out t";
        Run($"{sweep} --slurm");
        slurm.WaitUntil(() => Directory.Exists(_folder["t", "runs"]) && Directory.EnumerateFiles(_folder["t", "runs"], "*.safetensors", SearchOption.AllDirectories).Any(), "There is no checkpoint");

        // Slurm sends this before the time limit, because of B:TERM.
        slurm.Ask("scancel", $"--batch --signal=TERM {JobOf("t", 1)}_1");
        slurm.WaitUntilEmpty();
        var run = Submitted("t", 1, "runs").Trim();
        Assert.Contains("Stopped; what is done is kept, and the same command goes on.", Submitted("t", 1, "1.log"), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(_folder["t", "runs", run, "checkpoints"]));
        Assert.Null(new ResultsFolder(_folder["t"]).ReadRow(run));

        Assert.StartsWith("t: 1 of 1 runs submitted", Run($"{sweep} --slurm"), StringComparison.Ordinal);
        slurm.WaitUntilEmpty();
        Assert.Contains("Goes on from ", Submitted("t", 2, "1.log"), StringComparison.Ordinal);
        Assert.Equal(RunStatus.Finished, new ResultsFolder(_folder["t"]).ReadRow(run)!.Status);
    }

    [SlurmFact]
    public void Runs_at_once_are_limited_over_all_arrays_and_another_sweep_does_not_take_the_folder_from_runs_that_wait()
    {
        Run($"{Eight} --out m --slurm --max-parallel 2 --time 1:00:00 --sbatch=--hold");
        Assert.Contains("\n#SBATCH --array=1-5%2\n", Submitted("m", 1, "job.sh"), StringComparison.Ordinal);
        Assert.DoesNotContain("--dependency", Submitted("m", 1, "job.sh"), StringComparison.Ordinal);
        Assert.Contains($"\n#SBATCH --dependency=afterany:{JobOf("m", 1)}\n", Submitted("m", 2, "job.sh"), StringComparison.Ordinal);
        Assert.Contains($"afterany:{JobOf("m", 1)}", slurm.Ask("squeue", $"--noheader --jobs={JobOf("m", 2)} --format=%E"), StringComparison.Ordinal);

        // The jobs of further seeds wait for the jobs that wait already.
        Run($"{Eight.Replace("--seeds 2", "--seeds 3", StringComparison.Ordinal)} --out m --slurm --max-parallel 2 --sbatch=--hold");
        Assert.Contains($"\n#SBATCH --dependency=afterany:{JobOf("m", 1)}:{JobOf("m", 2)}\n", Submitted("m", 3, "job.sh"), StringComparison.Ordinal);

        var other = Cli.Run($"{Eight.Replace("--batch 8,4", "--batch 8,2", StringComparison.Ordinal)} --out m --slurm", _folder.Path, slurm.Variables);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("8 runs of another sweep wait or run in Slurm for m, such as ", other.Error, StringComparison.Ordinal);
        slurm.Ask("scancel", $"{JobOf("m", 1)} {JobOf("m", 2)} {JobOf("m", 3)}");
    }

    [SlurmFact]
    public void What_Slurm_refuses_is_said_in_its_words_and_leaves_nothing_recorded()
    {
        foreach (var (arguments, exitCode, answer) in new[]
        {
            ("--partition nowhere", 3, "Slurm's sbatch answered: invalid partition specified: nowhere; Batch job submission failed: Invalid partition name specified.\n"),
            ("--time soon", 3, "Slurm's sbatch answered: Invalid --time specification.\n"),
            ("--gpus 1", 2, "--gpus asks for GPUs, and 8 of the 8 runs would compute on the cpu: give --device cuda, and --engine torch with it, or leave --gpus out.\n"),
        })
        {
            var result = Cli.Run($"{Eight} --out r --slurm {arguments}", _folder.Path, slurm.Variables);
            Assert.Equal((exitCode, "", answer), (result.ExitCode, result.Output, result.Error));
            Assert.True(!Directory.Exists(_folder["r", "slurm"]) || Directory.GetDirectories(_folder["r", "slurm"]).Length == 0, arguments);
        }

        var gpu = Cli.Run($"{Eight} --out r --slurm --engine torch --device cuda --gpus 1", _folder.Path, slurm.Variables);
        Assert.Equal((3, "Slurm's sbatch answered: "), (gpu.ExitCode, gpu.Error[..25]));
        Assert.Empty(Directory.GetDirectories(_folder["r", "slurm"]));
    }

    [Fact]
    public void Where_there_is_no_Slurm_a_sentence_says_what_would_do()
    {
        var nowhere = new Dictionary<string, string> { ["PATH"] = _folder.Path };
        var result = Cli.Run($"{Eight} --out s --slurm", _folder.Path, nowhere);
        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith("Slurm's sbatch is not on this machine: ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["s"]));
    }

    private string Run(string arguments)
    {
        var result = Cli.Run(arguments, _folder.Path, slurm.Variables);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    private string Submitted(string results, int number, string file) => File.ReadAllText(_folder[results, "slurm", $"{number}", file]);

    private string JobOf(string results, int number) => Submitted(results, number, "job").Trim();

    /// <summary>Kills the first training that runs into the folder, as a machine that fails does.</summary>
    /// <returns>Its run.</returns>
    private string KillATraining()
    {
        int? found = null;
        slurm.WaitUntil(() => (found = Process.GetProcessesByName("Experiments").Select(process => (int?)process.Id).FirstOrDefault(id => CommandLine(id!.Value).Contains(_folder["s"], StringComparison.Ordinal))) is not null, "Nothing trains");
        var words = CommandLine(found!.Value);
        using var process = Process.GetProcessById(found.Value);
        process.Kill();
        return Submitted("s", 1, "runs").Split('\n')[Submitted("s", 1, "commands").Split('\n').ToList().IndexOf(words)];
    }

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").TrimEnd('\0').Replace('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }

    /// <summary>The columns that do not depend on time, machine and speed.</summary>
    private string Results(string results) => string.Join('\n',
    [
        .. ResultsFolder.ReadRuns(_folder[results]).Select(row => $"{row with { Experiment = "", Seconds = 0, ImagesPerSecond = 0, PeakMemoryMib = 0, Started = "", Host = "" }}"),
        .. ResultsFolder.ReadRows<EpochRow>(_folder[results]).Select(epoch => $"{epoch.Row with { Seconds = 0, ImagesPerSecond = 0 }}"),
    ]);

    /// <summary>A test that trains in Slurm, and says why it is skipped where it cannot.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SlurmFactAttribute : TrainsFactAttribute
    {
        public SlurmFactAttribute() => Skip ??= SlurmMachine.Missing;
    }
}
