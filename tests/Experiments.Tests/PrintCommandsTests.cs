using System.Text.RegularExpressions;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments.Tests;

/// <summary><c>sweep --print-commands</c>: shells and other programs read what it prints.</summary>
public sealed class PrintCommandsTests : IDisposable
{
    private const string Small = "--dataset synthetic --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void Each_line_is_the_command_of_one_run_and_asks_for_what_is_not_usual()
    {
        var result = Cli.Run($"sweep {Small} --norm bn,gn --groups 4 --batch 8,4 --seeds 2 --out s --checkpoint-every 2.5 --print-commands", _folder.Path);
        Assert.Equal((0, "s: 8 of 8 runs to train, a command each; 0 are finished.\n"), (result.ExitCode, result.Error));
        var runs = new SweepFolder(new ResultsFolder(_folder["s"])).Read()!.Runs();
        var lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(runs.Select(run => run.Id).Order(), lines.Select(line => IdOf(Words(line))).Order());
        var first = runs.Single(run => run.Settings is { Norm.Name: "bn", Batch: 4, Seed: 1 });
        Assert.Matches(
            $"^{Regex.Escape(Cli.Program)} train --dataset synthetic --model resnet8 --width 8 --batch 4 --epochs 1 --train-limit 100 --test-limit 100 --engine {first.Settings.Engine} --device cpu "
            + $"--data {Path.Combine(Core.RepositoryFolder.Root, "data")} --out {_folder["s"]} --experiment s --images-checksum [0-9a-f]{{16}} --checkpoint-every 2.5$",
            lines[0]);
    }

    [TrainsFact]
    public void A_shell_that_runs_the_lines_trains_the_sweep_and_then_there_are_none()
    {
        Directory.CreateDirectory(_folder["it's a $place"]);
        var folder = _folder["it's a $place"];
        var sweep = $"sweep {Small} --norm gn --groups 4 --batch 8 --seeds 2 --out results --print-commands";
        var lines = Cli.Run(sweep, folder).Output;
        File.WriteAllText(_folder["commands"], lines);
        var parallel = Cli.Run($"-a {_folder["commands"]} -d \\n -P 2 -n 1 sh -c", program: "xargs");
        Assert.Equal((0, ""), (parallel.ExitCode, parallel.Error));
        Assert.Equal([1L, 2L], ResultsFolder.ReadRuns(Path.Combine(folder, "results")).Select(row => row.Seed));
        var after = Cli.Run(sweep, folder);
        Assert.Equal(("", "results: 0 of 2 runs to train, a command each; 2 are finished.\n"), (after.Output, after.Error));
    }

    [Fact]
    public void Engine_and_device_are_taken_at_their_word_since_another_machine_computes()
    {
        var sweep = $"sweep {Small} --norm bn --threads 512 --out s --print-commands --device cuda";
        var result = Cli.Run($"{sweep} --engine torch", _folder.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(" --engine torch --device cuda --threads 512 ", result.Output, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void The_program_that_dotnet_runs_is_named_with_dotnet()
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var result = Cli.Run($"{Path.GetFileName(Cli.Program)}.dll sweep {Small} --norm bn --out {_folder["s"]} --print-commands", Path.GetDirectoryName(Cli.Program), program: dotnet);
        Assert.Equal(["train", "--dataset"], Words(result.Output)[2..4]);
        Assert.Equal($"{Cli.Program}.dll", Words(result.Output)[1]);
        Assert.Equal("dotnet", Path.GetFileName(Words(result.Output)[0]));
    }

    // Read the way a shell reads them.
    private string[] Words(string line)
    {
        File.WriteAllText(_folder["words.sh"], $"printf '%s\\n' {line}\n");
        return Cli.Run(_folder["words.sh"], program: "sh").Output.TrimEnd('\n').Split('\n');
    }

    private static string IdOf(string[] words)
    {
        Assert.Equal((Cli.Program, "train"), (words[0], words[1]));
        var settings = words[2..].Chunk(2).Where(pair => RunOptions.Find(pair[0][2..]) is not null)
            .Aggregate(new RunSettings(), (settings, pair) => RunOptions.Find(pair[0][2..])!.Set(settings, pair[1]));
        return Run.Create(settings).Id;
    }
}
