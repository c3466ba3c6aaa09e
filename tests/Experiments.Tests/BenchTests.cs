using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Training.Timing;
using Experiments.Display;

namespace Experiments.Tests;

public sealed partial class BenchTests
{
    private const string Small = "bench --engine onednn --model resnet8 --width 8 --batch 4 --seconds 0.05 --repetitions 3";

    [TrainsFact]
    public void It_says_how_fast_which_engine_trains_on_what()
    {
        var result = Cli.Run($"{Small} --norm gn --groups 4 --workers 2 --dataset fashion-mnist");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("resnet8 with gn (4 groups), batch 4 x 2 workers, 1x28x28 images in 10 classes, fp32", lines[0]);
        Assert.StartsWith("engine onednn (", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("; 1 thread", lines[1], StringComparison.Ordinal);
        var (rate, step, low, high) = Numbers(lines[2]);
        Assert.InRange(rate, low, high);
        Assert.Equal(1000 * 8 / rate, step, 0.01 * step);
    }

    [FactWhereTwoTrain]
    public void Processes_side_by_side_are_summed()
    {
        var result = Cli.Run($"{Small} --processes 2");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("2 processes side by side, each with 1 thread", result.Output, StringComparison.Ordinal);
        var (rate, step, _, _) = Numbers(result.Output.TrimEnd().Split('\n')[^1]);
        Assert.Equal(1000 * 2 * 4 / rate, step, 0.01 * step);
    }

    [TrainsFact]
    public void By_turns_it_measures_a_repetition_for_every_line_and_ends_with_them()
    {
        using var process = Cli.Start($"{Small} --by-turns", input: true);
        Assert.StartsWith("ready onednn ", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            process.StandardInput.WriteLine();
            var words = process.StandardOutput.ReadLine()!.Split(' ');
            Assert.Equal(0, int.Parse(words[0], CultureInfo.InvariantCulture) % 4);
            Assert.True(double.Parse(words[1], CultureInfo.InvariantCulture) >= 0.05, words[1]);
        }

        process.StandardInput.Close();
        Assert.Null(process.StandardOutput.ReadLine());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [TrainsFact]
    public void A_profile_says_where_the_time_of_a_step_goes()
    {
        var result = Cli.Run($"{Small} --profile");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        foreach (var kernel in new[] { "convolution forward", "convolution weight gradient", "convolution input gradient", "norm forward", "norm backward", "update" })
            Assert.Contains(kernel, result.Output, StringComparison.Ordinal);
        Assert.Matches(@"In convolutions: \d+\.\d% of the step\.", result.Output);
        Assert.Matches(@"norm backward +layer3\.0\.norm2", result.Output);
    }

    [TrainsFact("torch")]
    public void Of_torch_it_names_libtorch_and_what_becomes_of_its_memory()
    {
        var result = Cli.Run($"{Small.Replace("onednn", "torch", StringComparison.Ordinal)} --device cpu");
        Assert.Equal("", result.Error);
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^engine torch \(TorchSharp [\d.]+ \(libtorch [\d.]+\)\) on cpu; .*; 1 thread$", lines[1]);
        Assert.Contains("memory that libtorch frees", lines[2], StringComparison.Ordinal);
    }

    [TrainsFact("torch")]
    public void An_engine_that_keeps_no_profile_is_named()
    {
        var result = Cli.Run($"{Small.Replace("onednn", "torch", StringComparison.Ordinal)} --device cpu --profile");
        Assert.Equal(3, result.ExitCode);
        Assert.Equal("The torch engine does not say where its time goes: leave --profile out, or take another --engine.\n", result.Error);
    }

    [Fact]
    public void A_profile_adds_up_to_the_step_and_names_the_share_of_convolutions() => Golden.Matches(
        ProfileTable.Of(
            [
                new("convolution forward", "conv1", 10, 0.002),
                new("norm forward", "norm1", 10, 0.001),
                new("convolution forward", "layer1.0.conv1", 10, 0.003),
                new("convolution weight gradient", "conv1", 10, 0.0025),
                new("update", "", 5, 0.0005),
            ],
            new StepTiming(10, 20, 0.01)),
        "profile.txt");

    private static (double Rate, double Step, double Low, double High) Numbers(string line)
    {
        var numbers = Speed().Match(line);
        Assert.True(numbers.Success, line);
        double Number(int group) => double.Parse(numbers.Groups[group].Value, CultureInfo.InvariantCulture);
        return (Number(1), Number(2), Number(3), Number(4));
    }

    [GeneratedRegex(@"^([\d.]+) images/s, ([\d.]+) ms a step \(median of 3 x 0\.05 s; lowest ([\d.]+), highest ([\d.]+)\)$")]
    private static partial Regex Speed();

    /// <summary>A test of two processes, each on a core of its own.</summary>
    private sealed class FactWhereTwoTrainAttribute : TrainsFactAttribute
    {
        public FactWhereTwoTrainAttribute() => Skip ??= Environment.ProcessorCount < 2 ? "This machine has one core." : null;
    }
}
