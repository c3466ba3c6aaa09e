using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Xunit.Abstractions;

namespace Experiments.Tests;

/// <summary>Faults during a sweep: after any of them, the same command gives the rows of a sweep without faults.</summary>
[Trait("Speed", "slow")]
public sealed class FaultTests(FaultTests.Undisturbed undisturbed, ITestOutputHelper output) : IClassFixture<FaultTests.Undisturbed>, IDisposable
{
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int SegmentationFault = 11;

    private const string Training = "--dataset synthetic --train-limit 600 --test-limit 100 --model resnet8 --width 8 --batch 4";
    private const string Grid = $"{Training} --epochs 3 --norm bn,gn --groups 4 --seeds 2";

    // So that some work is done even if the next fault comes soon.
    private const string Frequent = "--checkpoint-every 0.002";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void Sweeps_and_runs_that_are_killed_at_fifty_random_moments_lose_nothing()
    {
        const int seed = 2018;
        var random = new Random(seed);
        var (kills, ofSweeps, sweeps) = (0, 0, 0);
        var clock = Stopwatch.StartNew();
        while (kills < 50 || sweeps == 0)
        {
            var folder = $"s{sweeps}";
            using var sweep = Start($"sweep {Grid} {Frequent} --out {folder}");

            // On a machine of any speed, most of these moments are in the middle of runs, and some before the first run begins.
            if (random.Next(4) > 0)
                WaitFor(() => sweep.HasExited || Children(sweep.Id).Count > 0);
            while (kills < 50 && !sweep.WaitForExit(random.Next(1500)))
            {
                var victims = Children(sweep.Id).Append(sweep.Id).ToList();
                var victim = victims[random.Next(victims.Count)];
                Cli.Signal(victim, Kill);
                kills++;
                ofSweeps += victim == sweep.Id ? 1 : 0;
            }

            sweep.WaitForExit();
            if (sweep.ExitCode == ExitCode.Done)
            {
                undisturbed.Equals(_folder[folder]);
                sweeps++;
            }
        }

        output.WriteLine($"{kills} kills, {ofSweeps} of them of the sweep itself; {sweeps} sweeps ended after {clock.Elapsed.TotalSeconds:0} s");
        Assert.InRange(ofSweeps, 5, 45);
    }

    [TrainsFact]
    public void Runs_end_with_a_checkpoint_when_their_sweep_is_killed()
    {
        using var sweep = Start($"sweep {Grid} --jobs 2 --out s");
        var folder = _folder["s", "runs"];
        WaitFor(() => Directory.Exists(folder) && Directory.EnumerateFiles(folder, "epochs.csv", SearchOption.AllDirectories).Count() == 2);
        var runs = Children(sweep.Id);
        Assert.Equal(2, runs.Count);
        Cli.Signal(sweep.Id, Kill);
        WaitFor(() => runs.All(run => !Directory.Exists($"/proc/{run}")));
        // One of the first two may have ended while the other reached its first epoch; then a third has begun.
        var left = Directory.EnumerateFiles(folder, "log.txt", SearchOption.AllDirectories).Where(log => !File.Exists(Path.Combine(Path.GetDirectoryName(log)!, "row.csv"))).ToList();
        var ended = Directory.EnumerateFiles(folder, "row.csv", SearchOption.AllDirectories).Count();
        Assert.All(left, log => Assert.StartsWith("Stopped: ", File.ReadLines(log).Last(), StringComparison.Ordinal));
        Assert.InRange(left.Count, 1, 2);
        Assert.Matches($"s: {ended} of 4 runs finished, [12] half done", Cli.Run("sweep s --status", _folder.Path).Output);
        EndsAsUndisturbed("sweep s");
    }

    [TrainsFact]
    public void Of_two_sweeps_on_one_folder_the_second_is_refused_while_the_first_lives()
    {
        using var first = Start($"sweep {Grid} --out s");
        using var second = Start($"sweep {Grid} --out s");
        var (winner, loser) = second.WaitForExit(200) || !first.WaitForExit(5000) ? (first, second) : (second, first);
        loser.WaitForExit();
        Assert.Equal(ExitCode.Busy, loser.ExitCode);
        var third = Cli.Run("sweep s", _folder.Path);
        Assert.Equal(ExitCode.Busy, third.ExitCode);
        Assert.StartsWith($"Another process works in s: process {winner.Id} on {Environment.MachineName} since ", third.Error, StringComparison.Ordinal);
        Assert.EndsWith(". `sweep s --status` shows how far it is.\n", third.Error, StringComparison.Ordinal);
        Assert.Contains($"Another process is training this sweep: process {winner.Id} on ", Cli.Run("sweep s --status", _folder.Path).Output, StringComparison.Ordinal);

        // The lock of a dead process does not count.
        Cli.Signal(winner.Id, Kill);
        winner.WaitForExit();
        EndsAsUndisturbed("sweep s");
    }

    [TrainsFact]
    public void A_run_that_another_process_trains_is_left_to_it()
    {
        using var other = Start($"train {Training} --epochs 300 --out s");
        WaitForProgress();
        var result = Cli.Run($"sweep {Training} --epochs 300,1 --out s", _folder.Path);
        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("failed: Another process works in ", result.Output, StringComparison.Ordinal);
        Assert.Contains("[2/2]", result.Output, StringComparison.Ordinal);
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["s"]));
        Assert.Equal((1, RunStatus.Finished), (row.Epochs, row.Status));
        Assert.Contains("s: 1 of 2 runs finished, 1 under way; ", Cli.Run("sweep s --status", _folder.Path).Output, StringComparison.Ordinal);
        Cli.Signal(other.Id, Terminate);
        other.WaitForExit();
        Assert.Equal(ExitCode.Terminated, other.ExitCode);
    }

    [TrainsFact]
    public void A_run_that_dies_in_native_code_costs_itself_alone_and_is_run_again()
    {
        using var sweep = Start($"sweep {Grid} {Frequent} --jobs 1 --out s");
        WaitForProgress();
        var run = Assert.Single(Children(sweep.Id));

        // The runtime first looks for a fault in managed code. It finds none, so it leaves the second signal to the system.
        WaitFor(() =>
        {
            Cli.Signal(run, SegmentationFault);
            Thread.Sleep(20);
            return !Children(sweep.Id).Contains(run);
        });
        var said = sweep.StandardOutput.ReadToEnd();
        sweep.WaitForExit();
        Assert.Equal(ExitCode.Failed, sweep.ExitCode);
        Assert.Matches(@"failed: ended by signal (11 \(SIGSEGV: a fault in native code\)|6 \(SIGABRT: the runtime or a library gave up\))(: [^\n]*)?; see ", said);
        Assert.Equal(3, ResultsFolder.ReadRuns(_folder["s"]).Count(row => row.Status == RunStatus.Finished));
        Assert.Single(ResultsFolder.ReadRuns(_folder["s"]), row => row.Status == RunStatus.Failed);
        var status = Cli.Run("sweep s --status", _folder.Path).Output;
        Assert.Matches("(?m)^bn-b4-s1-.*: Failed: ended by signal (11|6) ", status);
        Assert.Matches("s: 3 of 4 runs finished, 1 failed; about [0-9]+ s left\n$", status);
        EndsAsUndisturbed("sweep s");
    }

    [SmallDiskFact]
    public void A_sweep_whose_disk_fills_up_stops_with_a_sentence_and_goes_on_when_there_is_room()
    {
        Directory.CreateDirectory(_folder["s"]);
        File.WriteAllText(_folder["on-a-small-disk.sh"],
            $"""
            mount -t tmpfs -o size=300k tmpfs s || exit 99
            {Cli.Program} sweep {Grid} --out s >first.out 2>first.err; echo $? >first.code
            mount -o remount,size=20m s || exit 99
            {Cli.Program} sweep {Grid} --out s >second.out 2>second.err; echo $? >second.code
            cp -r s kept
            """);
        var script = Cli.Run("-Urm /bin/sh on-a-small-disk.sh", _folder.Path, program: "unshare");
        Assert.Equal((0, ""), (script.ExitCode, script.Error));
        Assert.Contains("No space left on device", Text("first.out") + Text("first.err"), StringComparison.Ordinal);
        Assert.DoesNotContain("Unexpected", Text("first.out") + Text("first.err"), StringComparison.Ordinal);
        Assert.Matches("^[13]$", Text("first.code").Trim());
        output.WriteLine(Text("first.out") + Text("first.err"));
        Assert.Equal(("0", ""), (Text("second.code").Trim(), Text("second.err")));
        undisturbed.Equals(_folder["kept"]);
    }

    [ReadOnlyFact]
    public void A_sweep_whose_folder_turns_read_only_stops_with_a_sentence_and_goes_on_when_it_can()
    {
        // In its own user namespace, a process of root also obeys the permissions of files.
        using var sweep = Cli.Start($"-U {Cli.Program} sweep {Grid} --jobs 1 --out s", _folder.Path, program: "unshare");
        var error = sweep.StandardError.ReadToEndAsync();
        while (sweep.StandardOutput.ReadLine() is { } line && !line.StartsWith('['))
            continue;
        Chmod("a-w");
        sweep.StandardOutput.ReadToEnd();
        sweep.WaitForExit();
        Chmod("u+w");
        Assert.Equal(ExitCode.Unavailable, sweep.ExitCode);
        Assert.Matches("^Cannot write .*: access is denied. No further run was begun; what is finished is kept, and the same command goes on.\n$", error.GetAwaiter().GetResult());
        Assert.Contains("s: 1 of 4 runs finished", Cli.Run("sweep s --status", _folder.Path).Output, StringComparison.Ordinal);
        EndsAsUndisturbed("sweep s");

        void Chmod(string mode)
        {
            using var chmod = Process.Start("chmod", ["-R", mode, _folder["s"]]);
            chmod.WaitForExit();
        }
    }

    [FashionFact]
    public void Images_that_change_between_runs_are_refused_with_both_checksums_and_those_that_come_back_are_taken()
    {
        var images = Directory.CreateDirectory(_folder["data", "fashion-mnist"]).FullName;
        foreach (var file in Directory.EnumerateFiles(FashionFactAttribute.Folder, "*-ubyte.gz"))
            File.Copy(file, Path.Combine(images, Path.GetFileName(file)));
        var changing = Directory.EnumerateFiles(images, "t10k-images*").Single();
        var before = File.ReadAllBytes(changing);
        const string sweep = "sweep --dataset fashion-mnist --data data --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8 --norm gn --groups 4 --batch 4 --out s";
        Assert.Equal(0, Cli.Run($"{sweep} --seeds 1", _folder.Path).ExitCode);
        var then = Assert.Single(ResultsFolder.ReadRuns(_folder["s"])).ImagesChecksum;

        var pixels = Unpacked(before);
        pixels[^1] ^= 1;
        File.WriteAllBytes(changing, Packed(pixels));
        var refused = Cli.Run($"{sweep} --seeds 2", _folder.Path);
        Assert.Equal(ExitCode.BadInput, refused.ExitCode);
        Assert.Matches($"^The images of fashion-mnist are not those that 1 run in s were trained on \\(checksum [0-9a-f]{{16}} now, {then} then\\): restore those images, or give another folder with --out.\n$", refused.Error);
        var alone = Cli.Run($"{sweep.Replace("sweep", "train", StringComparison.Ordinal)}.alone --images-checksum {then}", _folder.Path);
        Assert.Equal(ExitCode.BadInput, alone.ExitCode);
        Assert.StartsWith($"The run expects images of fashion-mnist with the checksum {then}, but those on this machine have ", alone.Error, StringComparison.Ordinal);

        File.WriteAllBytes(changing, before);
        Assert.Equal(0, Cli.Run($"{sweep} --seeds 2", _folder.Path).ExitCode);
        Assert.All(ResultsFolder.ReadRuns(_folder["s"]), row => Assert.Equal((RunStatus.Finished, then), (row.Status, row.ImagesChecksum)));
    }

    [ClockFact]
    public void A_clock_that_jumps_by_years_changes_nothing()
    {
        var now = _folder["now"];
        var clock = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = ClockFactAttribute.Library!,
            ["FAKETIME_TIMESTAMP_FILE"] = now,
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
        };
        File.WriteAllText(now, "+400d\n");
        using (var sweep = Cli.Start($"sweep {Grid} --out s", _folder.Path, clock))
        {
            WaitFor(() => Directory.Exists(_folder["s"]) && Directory.EnumerateFiles(_folder["s"], "epochs.csv", SearchOption.AllDirectories).Count() == 2);
            File.WriteAllText(now, "-400d\n");
            Thread.Sleep(1500);
            Cli.Signal(sweep.Id, Terminate);
            sweep.WaitForExit();
            Assert.Equal(ExitCode.Terminated, sweep.ExitCode);
        }

        EndsAsUndisturbed("sweep s");
        var rows = ResultsFolder.ReadRuns(_folder["s"]);
        Assert.All(rows, row => Assert.InRange(row.Seconds!.Value, 0.1, 100));
        var started = rows.Select(row => DateTimeOffset.Parse(row.Started, CultureInfo.InvariantCulture)).Max();
        Assert.True(started > DateTimeOffset.UtcNow.AddDays(300), $"The clock did not jump: {started}");
    }

    /// <summary>Starts a command whose output nobody waits for.</summary>
    private Process Start(string command)
    {
        var process = Cli.Start(command, _folder.Path);
        _ = process.StandardError.ReadToEndAsync();
        return process;
    }

    private void EndsAsUndisturbed(string command)
    {
        var end = Cli.Run(command, _folder.Path);
        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        undisturbed.Equals(_folder["s"]);
    }

    private string Text(string file) => File.ReadAllText(_folder[file]);

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromMinutes(1)));

    private void WaitForProgress() =>
        WaitFor(() => Directory.Exists(_folder["s"]) && Directory.EnumerateFiles(_folder["s"], "progress.json", SearchOption.AllDirectories).Any());

    /// <summary>The processes that a process has started and that live.</summary>
    private static List<int> Children(int process)
    {
        var children = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                // "pid (name) state parent ..."; a zombie is dead
                if (File.ReadAllText(Path.Combine(folder, "stat")) is var stat && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", var parent, ..] && parent == $"{process}")
                    children.Add(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return children;
    }

    private static byte[] Unpacked(byte[] gzip)
    {
        using var stream = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
            stream.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>A sweep without faults.</summary>
    public sealed class Undisturbed : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly Lazy<IReadOnlyList<string>> _rows;

        public Undisturbed() => _rows = new(() =>
        {
            var sweep = Cli.Run($"sweep {Grid} --out s", _folder.Path);
            Assert.Equal((0, ""), (sweep.ExitCode, sweep.Error));
            return Rows(_folder["s"]);
        });

        /// <summary>Checks that another sweep ended with the same rows, except for times, memory and host.</summary>
        public void Equals(string folder) => Assert.Equal(_rows.Value, Rows(folder));

        public void Dispose() => _folder.Dispose();

        private static IReadOnlyList<string> Rows(string folder) =>
        [
            .. ResultsFolder.ReadRuns(folder).Select(row => $"{row with { Experiment = "", Seconds = 0, ImagesPerSecond = 0, PeakMemoryMib = 0, Host = "", Started = "" }}"),
            .. ResultsFolder.ReadRows<EpochRow>(folder).Select(row => $"{row.Row with { Seconds = 0, ImagesPerSecond = 0 }}"),
        ];
    }

    /// <summary>A test in which a process meets files that it may not write.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class ReadOnlyFactAttribute : TrainsFactAttribute
    {
        public ReadOnlyFactAttribute() => Skip ??= Tool.Works("unshare", "-U true") ? null : "Needs a user namespace: unshare -U true.";
    }

    /// <summary>A test on real images.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class FashionFactAttribute : TrainsFactAttribute
    {
        public const string Folder = "/usr/share/datasets/fashion-mnist";

        public FashionFactAttribute() => Skip ??= Directory.Exists(Folder) ? null : "Needs Debian's package dataset-fashion-mnist.";
    }

    /// <summary>A test on a clock of its own.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class ClockFactAttribute : TrainsFactAttribute
    {
        public ClockFactAttribute() => Skip ??= Library is not null ? null : "Needs Debian's package faketime.";

        public static string? Library { get; } = Directory.Exists("/usr/lib")
            ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true }).FirstOrDefault()
            : null;
    }
}
