using System.Text.RegularExpressions;

namespace Experiments.Tests;

public sealed partial class DryRunTests : IDisposable
{
    private const string Small = "--dataset synthetic --train-limit 400 --test-limit 100 --epochs 2 --model resnet8 --width 8";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void A_dry_training_says_what_would_be_trained_and_how_long_it_takes_and_writes_nothing()
    {
        var result = Cli.Run($"train {Small} --norm bn --batch 4 --dry-run --out t", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        foreach (var part in new[] { "resnet8 with bn, ", " parameters\n", "400 training and 100 test images", "batch 4, learning rate 0.0125, 100 steps an epoch, 2 epochs\n" })
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        Assert.Matches(@"\nmemory +\d+ MiB\n", result.Output);
        Assert.Matches(@"\ntime +about \d+ s, of which steps [\d.]+ s, evaluations [\d.]+ s, files [\d.]+ s, beginning and end [\d.]+ s; [\d.]+ ms a step, measured over \d+ steps\n", result.Output);
    }

    [TrainsFact]
    public void A_dry_sweep_lists_every_run_with_a_time_and_writes_nothing()
    {
        var result = Cli.Run($"sweep {Small} --norm bn,gn --groups 4 --batch 8 --seeds 2 --jobs 2 --dry-run --out s", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.EndsWith("a few steps of each of 2 cells are timed, and nothing is kept", lines[0], StringComparison.Ordinal);
        Assert.Equal(["bn-b8-s1", "bn-b8-s2", "gn-g4-b8-s1", "gn-g4-b8-s2"], lines[1..5].Select(line => RunName().Match(line).Groups[1].Value));
        Assert.All(lines[1..5], line => Assert.Matches(@"to do, about \d+ s$", line));
        Assert.Matches(@"^About \d+ s for 4 runs, 2 side by side; measured over \d+( to \d+)? steps of each of 2 cells; up to \d+ MiB of memory a run$", lines[5]);
    }

    [TrainsFact]
    public void A_dry_sweep_knows_what_is_finished_and_what_is_half_done()
    {
        var training = $"{Small} --norm bn --batch 4";
        Assert.Equal(0, Cli.Run($"train {training} --out s", _folder.Path).ExitCode);
        using (var process = Cli.Start($"train {training} --seed 2 --checkpoint-every 0.0001 --out s", _folder.Path))
        {
            while (Directory.EnumerateFiles(_folder["s"], "*.safetensors", SearchOption.AllDirectories).All(file => !file.Contains("checkpoints", StringComparison.Ordinal)))
            {
                Assert.False(process.HasExited, "It has ended before it wrote a checkpoint.");
                Thread.Sleep(5);
            }

            process.Kill();
            process.WaitForExit();
        }

        var before = Files();
        var sweep = Cli.Run($"sweep {training} --seeds 3 --jobs 1 --dry-run --out s", _folder.Path);
        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Error));
        var lines = sweep.Output.TrimEnd().Split('\n');
        Assert.Matches(@"finished, took \d+ s$", lines[1]);
        Assert.Matches(@"half done, about \d+ s left$", lines[2]);
        Assert.Matches(@"to do, about \d+ s$", lines[3]);
        Assert.StartsWith("About ", lines[4], StringComparison.Ordinal);
        Assert.Contains(" for 2 runs, 1 side by side; measured over ", lines[4], StringComparison.Ordinal);
        Assert.Contains(" of one cell", lines[4], StringComparison.Ordinal);

        Assert.Contains("This run is finished already", Cli.Run($"train {training} --dry-run --out s", _folder.Path).Output, StringComparison.Ordinal);
        Assert.Matches(@"\nhalf done \d+ of 100 steps of epoch [12]/2 are done\n(.*\n)*time +about \d+ s left, ", Cli.Run($"train {training} --seed 2 --dry-run --out s", _folder.Path).Output);
        Assert.Equal(before, Files());

        Assert.Equal(0, Cli.Run($"sweep {training} --seeds 3 --out s", _folder.Path).ExitCode);
        Assert.Contains("Nothing is left to do.", Cli.Run($"sweep {training} --seeds 3 --dry-run --out s", _folder.Path).Output, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void What_is_refused_is_refused_in_the_same_words_without_training()
    {
        Assert.Equal(0, Cli.Run($"sweep {Small} --norm bn --batch 8 --out taken", _folder.Path).ExitCode);
        foreach (var arguments in new[]
        {
            "train --norm gn --groups 32 --model resnet20",
            "train --dataset cifar10 --data .",
            "train --device cuda:9",
            $"train {Small} --norm ln --out taken",
            $"sweep {Small} --norm ln --batch 8 --out taken",
        })
        {
            var (trained, dry) = (Cli.Run(arguments, _folder.Path), Cli.Run($"{arguments} --dry-run", _folder.Path));
            Assert.NotEqual(0, dry.ExitCode);
            Assert.Equal((trained.ExitCode, trained.Error), (dry.ExitCode, dry.Error));
        }
    }

    private List<string> Files() =>
        [.. Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).Order().Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O}")];

    [GeneratedRegex(@"^(\S+)-[0-9a-f]{8} ")]
    private static partial Regex RunName();
}
