using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Tests;

/// <summary><c>collect</c>: merges all runs in a folder, also those that were copied there.</summary>
public sealed class CollectTests : IDisposable
{
    private const string Small = "--dataset synthetic --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void Runs_that_were_copied_together_from_two_machines_are_counted_and_merged_in_grid_order_and_failures_named()
    {
        // Each of two machines has trained a part of the grid in its own folder; the second one also has a run that is not in the grid.
        var commands = Cli.Run($"sweep {Small} --norm gn --groups 4 --batch 8 --seeds 3 --out one --print-commands", _folder.Path).Output.TrimEnd('\n').Split('\n');
        Train(commands[2]);
        Train(commands[0].Replace(_folder["one"], _folder["two"], StringComparison.Ordinal));
        Train(commands[1].Replace(_folder["one"], _folder["two"], StringComparison.Ordinal));
        Train(commands[1].Replace(_folder["one"], _folder["two"], StringComparison.Ordinal).Replace("--batch 8", "--batch 5", StringComparison.Ordinal));
        var copied = Cli.Run($"-r {_folder["two", "runs"]} {_folder["one"]}", program: "cp");
        Assert.Equal((0, ""), (copied.ExitCode, copied.Error));
        var failed = new ResultsFolder(_folder["one"]).ReadRow(IdOf("s2", "b8"))! with { Status = RunStatus.Failed, Error = null };
        new ResultsFolder(_folder["one"]).WriteRow(failed);

        var result = Cli.Run("collect one", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.StartsWith($"{failed.Run}: epoch 1/1 ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\none: 2 of 3 runs finished, 1 failed, and 1 that do not belong to the sweep\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("\nGN ", result.Output, StringComparison.Ordinal);
        Assert.Equal([(8, 1L), (8, 2L), (8, 3L), (5, 2L)], ResultsFolder.ReadRuns(_folder["one"]).Select(row => (row.Batch, row.Seed)));
        Assert.Equal([1L, 2L, 3L, 2L], ResultsFolder.ReadRows<EpochRow>(_folder["one"]).Select(row => row.Key.Seed));
        foreach (var file in new[] { "summary.csv", "differences.csv", "error-against-batch.svg" })
            Assert.True(File.Exists(_folder["one", file]), file);
    }

    [TrainsFact]
    public void Parts_of_a_grid_that_two_machines_trained_are_the_whole_sweep_once_copied_together()
    {
        var sweep = $"sweep {Small} --norm gn --groups 4 --batch 8";
        Assert.Equal(0, Cli.Run($"{sweep} --seed 1 --out here", _folder.Path).ExitCode);
        Assert.Equal(0, Cli.Run($"{sweep} --seed 2 --out there", _folder.Path).ExitCode);
        Cli.Run($"-r {_folder["there", "runs"]} {_folder["here"]}", program: "cp");
        Assert.Contains("2 finished before", Cli.Run($"{sweep} --seeds 2 --out here", _folder.Path).Output, StringComparison.Ordinal);
        Assert.StartsWith("here: 2 of 2 runs finished\n", Cli.Run("collect here", _folder.Path).Output, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void A_folder_of_single_trainings_is_collected_too()
    {
        Train($"{Cli.Program} train {Small} --norm bn --batch 4 --out {_folder["t"]}");
        File.Delete(_folder["t", "runs.csv"]);
        var result = Cli.Run("collect t", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.StartsWith("t: 1 of 1 run finished\n", result.Output, StringComparison.Ordinal);
        Assert.Single(ResultsFolder.ReadRuns(_folder["t"]));
    }

    [TrainsFact]
    public void A_sweep_whose_runs_all_diverged_says_why_there_is_no_figure_and_has_done_what_was_asked()
    {
        var result = Cli.Run($"sweep {Small} --norm none --lr 1e30 --batch 4 --seeds 2 --out d", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Not drawn: error-against-batch, since no run has an error to show (2 diverged).\n", result.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder["d"], "*.svg"));
    }

    [Fact]
    public void A_sweep_of_which_nothing_is_there_yet_counts_none_and_draws_nothing()
    {
        Cli.Run($"sweep {Small} --engine onednn --device cpu --norm bn --seeds 2 --out s --print-commands", _folder.Path);
        var result = Cli.Run("collect s", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("s: 0 of 2 runs finished, 2 to do\n", result.Output);
        Assert.Empty(Directory.EnumerateFiles(_folder["s"], "*.svg"));
    }

    private string IdOf(params string[] parts) => Directory.EnumerateDirectories(_folder["one", "runs"]).Select(path => Path.GetFileName(path))
        .Single(name => parts.All(name.Split('-').Contains));

    private static void Train(string command) => Assert.Equal(0, Cli.Run(command.Split(' ', 2)[1]).ExitCode);
}
