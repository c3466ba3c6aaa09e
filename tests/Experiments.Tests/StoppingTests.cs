using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Tests;

/// <summary>Runs that are killed, stopped, or run out of disk; the same command goes on.</summary>
public sealed class StoppingTests(StoppingTests.WholeRun whole) : IClassFixture<StoppingTests.WholeRun>, IDisposable
{
    private const string Training = "--dataset synthetic --train-limit 1000 --test-limit 100 --epochs 4 --model resnet8 --width 8 --norm bn --batch 4";

    private const string Frequent = "--checkpoint-every 0.001";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void A_run_that_is_killed_again_and_again_and_terminated_ends_as_one_that_was_not()
    {
        var train = $"train {Training} --out stopped";
        for (var kill = 0; kill < 2; kill++)
        {
            using var process = StartAndWaitForCheckpoint($"{train} {Frequent}");
            process.Kill();
            process.WaitForExit();
            Assert.Equal(137, process.ExitCode);
        }

        using (var process = StartAndWaitForCheckpoint($"{train} {Frequent}"))
        {
            var clock = Stopwatch.StartNew();
            Cli.Signal(process, 15);
            process.WaitForExit();
            Assert.Equal(143, process.ExitCode);
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"{clock.Elapsed}");
            Assert.Contains("Stopped: ", File.ReadAllText(Path.Combine(RunFolder(_folder["stopped"]), "log.txt")), StringComparison.Ordinal);
        }

        var elsewhere = Cli.Run(train, _folder.Path, new Dictionary<string, string> { ["DNNL_MAX_CPU_ISA"] = "AVX2" });
        Assert.Equal(2, elsewhere.ExitCode);
        Assert.Contains("its remaining epochs would not give the same numbers here: instruction set ", elsewhere.Error, StringComparison.Ordinal);
        Assert.Contains("DNNL_MAX_CPU_ISA=AVX2 now. --allow-different-machine goes on anyway", elsewhere.Error, StringComparison.Ordinal);

        var end = Cli.Run(train, _folder.Path);
        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        Assert.Contains("Goes on from ", end.Output, StringComparison.Ordinal);
        Assert.Equal(whole.Result, Result(_folder["stopped"]));
        Assert.Equal(["epochs.csv", "log.txt", "row.csv", "run.yaml", "weights.safetensors"],
            Directory.EnumerateFileSystemEntries(RunFolder(_folder["stopped"])).Select(file => Path.GetFileName(file)).Where(name => name[0] != '.').Order());
    }

    // The disk has room for one checkpoint, and not for a second beside it.
    [SmallDiskFact]
    public void A_run_whose_disk_is_full_goes_on_without_checkpoints_and_says_so()
    {
        var result = whole.Result;
        var disk = Directory.CreateDirectory(_folder["stopped", "runs", whole.Run, "checkpoints"]).FullName;
        File.WriteAllText(_folder["on-a-small-disk.sh"], "mount -t tmpfs -o size=250k tmpfs $1 && shift && exec \"$@\"\n");
        var limited = Cli.Run($"-Urm /bin/sh on-a-small-disk.sh {disk} {Cli.Program} train {Training} {Frequent} --out stopped", _folder.Path, program: "unshare");
        Assert.Equal((0, ""), (limited.ExitCode, limited.Error));
        Assert.Contains("There is no checkpoint after step 250. Cannot write ", limited.Output, StringComparison.Ordinal);
        Assert.Equal(result, Result(_folder["stopped"]));
    }

    [TrainsFact]
    public void A_sweep_goes_on_with_its_half_done_runs()
    {
        var sweep = $"sweep {Training} --seeds 2 --jobs 1 {Frequent} --out stopped";
        using (var process = StartAndWaitForCheckpoint(sweep))
        {
            Cli.Signal(process, 2);
            process.WaitForExit();
            Assert.Equal(130, process.ExitCode);
        }

        var status = Cli.Run($"{sweep} --status", _folder.Path).Output;
        Assert.Matches("(?m)^bn-b4-s1-.* half done$", status);
        Assert.Matches("(?m)^bn-b4-s2-.* to do$", status);
        Assert.EndsWith("stopped: 0 of 2 runs finished, 1 half done, 1 to do\n", status, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run(sweep, _folder.Path).ExitCode);
        var rows = ResultsFolder.ReadRuns(_folder["stopped"]);
        Assert.All(rows, row => Assert.Equal(RunStatus.Finished, row.Status));
        Assert.Equal([true, false], rows.Select(row => File.ReadAllText(_folder["stopped", "runs", row.Run, "log.txt"]).Contains("Goes on from ", StringComparison.Ordinal)));
    }

    [TrainsFact]
    public void A_run_that_began_anew_and_is_stopped_goes_on_without_again()
    {
        using var process = Cli.Start($"train {Training} --again {Frequent} --out stopped", _folder.Path);
        var error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        Assert.True(SpinWait.SpinUntil(() => process.HasExited || (Directory.Exists(_folder["stopped"])
            && Directory.EnumerateFiles(_folder["stopped"], "*.safetensors", SearchOption.AllDirectories).Any()), TimeSpan.FromMinutes(1)));
        Cli.Signal(process, 2);
        process.WaitForExit();
        Assert.EndsWith("Stopped; what is done is kept, and the same command without --again goes on.\n", error.GetAwaiter().GetResult(), StringComparison.Ordinal);
        Assert.Contains("Goes on from ", Cli.Run($"train {Training} --out stopped", _folder.Path).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Minutes_that_are_none_are_an_error()
    {
        var result = Cli.Run("train --checkpoint-every 0");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--checkpoint-every takes a number above 0, not '0'.", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Starts a command, and waits until it has written a checkpoint later than those that were there.</summary>
    private Process StartAndWaitForCheckpoint(string command)
    {
        var before = LastCheckpoint();
        var process = Cli.Start(command, _folder.Path);
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        var patience = Stopwatch.StartNew();
        while (LastCheckpoint() <= before)
        {
            Assert.False(process.HasExited, "It has ended before it wrote a checkpoint.");
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "It has written no checkpoint.");
            Thread.Sleep(5);
        }

        return process;

        int LastCheckpoint() => Directory.Exists(_folder["stopped"])
            ? Directory.EnumerateFiles(_folder["stopped"], "*.safetensors", SearchOption.AllDirectories)
                .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var steps) ? steps : 0)
                .DefaultIfEmpty().Max()
            : 0;
    }

    private static string RunFolder(string results) => Assert.Single(Directory.GetDirectories(Path.Combine(results, "runs")));

    /// <summary>The columns that do not depend on time, machine and speed.</summary>
    private static string Result(string results)
    {
        var row = Assert.Single(ResultsFolder.ReadRuns(results));
        return string.Join('\n',
        [
            $"{row with { Experiment = "", Seconds = 0, ImagesPerSecond = 0, PeakMemoryMib = 0, Started = "" }}",
            .. new ResultsFolder(results).Read<EpochRow>(row.Run).Select(epoch => $"{epoch.Row with { Seconds = 0, ImagesPerSecond = 0 }}"),
            Convert.ToHexString(File.ReadAllBytes(Path.Combine(RunFolder(results), "weights.safetensors"))),
        ]);
    }

    /// <summary>The run that was never stopped.</summary>
    public sealed class WholeRun : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Lazy<string> _result;

        public WholeRun() => _result = new(() =>
        {
            Assert.Equal(0, Cli.Run($"train {Training} --out whole", _folder.Path).ExitCode);
            return StoppingTests.Result(_folder["whole"]);
        });

        public string Result => _result.Value;

        public string Run => Path.GetFileName(RunFolder(_folder["whole"]));

        public void Dispose() => _folder.Dispose();
    }
}
