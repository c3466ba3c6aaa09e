using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Tests;

/// <summary>What <c>--tensorboard</c> writes, read by read_events.py, which shares no code with the program.</summary>
[Trait("Speed", "slow")]
public sealed class TensorBoardTests : IDisposable
{
    private const string Training = "--dataset synthetic --train-limit 200 --test-limit 100 --model resnet8 --width 8 --norm bn --batch 4";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [ReadsEventsFact]
    public void Every_run_of_a_sweep_has_its_epochs_in_an_events_file_and_finished_runs_keep_theirs()
    {
        var sweep = $"sweep {Training} --epochs 3 --seeds 2 --tensorboard --out s";
        var begin = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var result = Cli.Run(sweep, _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var runs = ResultsFolder.ReadRuns(_folder["s"]).Select(row => row.Run).ToList();
        Assert.Equal(2, runs.Count);
        Assert.All(runs, run => Assert.Equal(Expected(Epochs("s", run)), Written("s", run)));

        // The last epoch has all values of a row, since the reported error is taken from it.
        Assert.Equal(
            ["error/train", "error/test", "error/test_population", "error/test_batch", "loss/train", "loss/test", "learning_rate", "images_per_second"],
            Written("s", runs[0]).Where(scalar => scalar.Step == 3).Select(scalar => scalar.Tag));
        Assert.Equal(6, Written("s", runs[0]).Count(scalar => scalar.Step == 1));
        var times = Times("s", runs[0]);
        Assert.Equal(times.Order(), times);
        Assert.InRange(times[0], begin, times[^1]);
        Assert.InRange(times[^1], times[0], DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0);

        var files = runs.Select(run => EventsFile("s", run)).ToList();
        var before = files.Select(File.GetLastWriteTimeUtc).ToList();
        Assert.Equal(0, Cli.Run(sweep, _folder.Path).ExitCode);
        Assert.Equal(before, files.Select(File.GetLastWriteTimeUtc));
    }

    [TrainsFact]
    public void A_run_that_was_not_asked_for_it_has_none()
    {
        Assert.Equal(0, Cli.Run($"train {Training} --epochs 1 --out t", _folder.Path).ExitCode);
        Assert.Empty(Directory.EnumerateFiles(_folder["t"], "*tfevents*", SearchOption.AllDirectories));
    }

    [ReadsEventsFact]
    public void A_run_that_was_killed_and_went_on_has_each_epoch_once_in_the_file_that_it_began_with()
    {
        var train = $"train {Training} --epochs 12 --tensorboard --out t";
        using (var process = Cli.Start(train, _folder.Path))
        {
            _ = process.StandardOutput.ReadToEndAsync();
            _ = process.StandardError.ReadToEndAsync();
            var patience = Stopwatch.StartNew();
            while (Directory.GetDirectories(_folder.Path, "checkpoints", SearchOption.AllDirectories) is not [var checkpoints] || Directory.GetFiles(checkpoints, "*.safetensors").Length < 2)
            {
                Assert.False(process.HasExited, "It has ended before it could be killed.");
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "It has written no checkpoints.");
                Thread.Sleep(5);
            }

            process.Kill();
            process.WaitForExit();
        }

        var run = Path.GetFileName(Assert.Single(Directory.GetDirectories(_folder["t", "runs"])));
        var file = EventsFile("t", run);
        File.AppendAllBytes(file, [210, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]); // a torn record
        var end = Cli.Run(train, _folder.Path);
        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        Assert.Contains("Goes on from ", end.Output, StringComparison.Ordinal);
        Assert.Equal(file, EventsFile("t", run));
        Assert.Equal(Enumerable.Range(1, 12), Written("t", run).Select(scalar => scalar.Step).Distinct());
        Assert.Equal(Expected(Epochs("t", run)), Written("t", run));
    }

    private sealed record Scalar(int Step, string Tag, float Value);

    private IReadOnlyList<EpochRow> Epochs(string results, string run) => [.. new ResultsFolder(_folder[results]).Read<EpochRow>(run).Select(epoch => epoch.Row)];

    /// <summary>What epochs.csv has, in the file's order.</summary>
    private static IEnumerable<Scalar> Expected(IEnumerable<EpochRow> epochs) =>
        from epoch in epochs
        from scalar in new (string Tag, double? Value)[]
        {
            ("error/train", epoch.TrainError),
            ("error/test", epoch.TestError),
            ("error/test_population", epoch.TestErrorPopulation),
            ("error/test_batch", epoch.TestErrorBatch),
            ("loss/train", epoch.TrainLoss),
            ("loss/test", epoch.TestLoss),
            ("learning_rate", epoch.LearningRate),
            ("images_per_second", epoch.ImagesPerSecond),
        }
        where scalar.Value is not null
        select new Scalar(epoch.Epoch, scalar.Tag, (float)scalar.Value!);

    private IEnumerable<Scalar> Written(string results, string run) =>
        Lines(results, run).Select(line => new Scalar(int.Parse(line[1], CultureInfo.InvariantCulture), line[2], (float)double.Parse(line[3], CultureInfo.InvariantCulture)));

    private List<double> Times(string results, string run) => [.. Lines(results, run).Select(line => double.Parse(line[0], CultureInfo.InvariantCulture))];

    private IEnumerable<string[]> Lines(string results, string run)
    {
        var result = Python.Run("read_events.py", EventsFile(results, run));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'));
    }

    private string EventsFile(string results, string run) => Assert.Single(Directory.GetFiles(_folder[results, "runs", run], "*tfevents*"));

    /// <summary>A test that trains and reads what was written with the system's Python, whose packages are Debian's.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class ReadsEventsFactAttribute : TrainsFactAttribute
    {
        private static readonly Lazy<bool> s_reads = new(() => Python.CanImport("crc32c,google.protobuf"));

        public ReadsEventsFactAttribute() =>
            Skip ??= s_reads.Value ? null : $"{Python.Program} cannot import protobuf and crc32c: on Debian, apt-get install python3-protobuf python3-crc32c.";
    }
}
