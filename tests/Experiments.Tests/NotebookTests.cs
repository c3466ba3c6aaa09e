using System.Text.Json;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training.Weights;

namespace Experiments.Tests;

/// <summary>The lines of docs/notebook.md, run as they stand there, by Debian's pandas and PyTorch.</summary>
[Trait("Speed", "slow")]
public sealed class NotebookTests : IDisposable
{
    private const string Page = "docs/notebook.md";
    private const string OfWeights = "import json, torch";

    private readonly TemporaryFolder _folder = new();

    public NotebookTests()
    {
        Directory.CreateDirectory(_folder["results"]);
        Directory.CreateSymbolicLink(_folder["results", "reference"], Path.Combine(RepositoryFolder.Root, "results", "reference"));
    }

    public static TheoryData<string> Blocks => [.. Python().Where(block => !IsOfWeights(block)).Select(block => block.Place)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_has_lines_for_every_csv()
    {
        var code = string.Concat(Python().Select(block => block.Code));
        foreach (var file in new[] { "runs.csv", "summary.csv", "differences.csv", "error-against-batch.csv", EpochRow.FileName, PercentileRow.FileName, HistogramRow.FileName, LandscapeRow.FileName,
            CovariateShiftRow.FileName, DistributionShiftRow.FileName, SequenceLengthRow.FileName })
            Assert.Contains($"/{file}\")", code, StringComparison.Ordinal);
        Assert.All(Python().Where(block => !IsOfWeights(block)), block => Assert.InRange(block.Code.TrimEnd().Split('\n').Length, 3, 5));
    }

    [PythonTheory("pandas")]
    [MemberData(nameof(Blocks))]
    public void Its_lines_print_a_table_and_no_complaint(string place)
    {
        MakeLengths();
        Directory.CreateDirectory(_folder["scripts"]);
        File.WriteAllText(_folder["scripts", "experiments"], $"#!/bin/sh\nexec '{Cli.Program}' \"$@\"\n");
        Cli.Run($"+x {_folder["scripts", "experiments"]}", program: "chmod");
        var output = Run(Python().Single(block => block.Place == place).Code);
        Assert.InRange(output.Split('\n').Length, 3, 60);
        Assert.Matches("[1-9]", output);
    }

    [PythonTrainsFact("torch")]
    public void PyTorch_has_every_number_of_a_runs_weights()
    {
        Assert.Equal(0, Cli.Run("train --dataset synthetic --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8 --norm bn --batch 10 --out results/mine", _folder.Path).ExitCode);
        var weights = Directory.GetFiles(_folder["results", "mine"], "weights.safetensors", SearchOption.AllDirectories).Single();
        File.Copy(weights, _folder["results", "mine", "weights.safetensors"]);
        var output = Run(Python().Single(IsOfWeights).Code + "print(json.dumps({name: [list(tensor.shape), tensor.flatten().tolist()] for name, tensor in weights.items()}))\n");
        var theirs = JsonSerializer.Deserialize<Dictionary<string, JsonElement[]>>(output)!;
        var ours = Safetensors.Read(weights).Tensors;
        Assert.Equal(ours.Keys.Order(StringComparer.Ordinal), theirs.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in ours)
        {
            Assert.Equal(tensor.Shape, theirs[name][0].Deserialize<int[]>()!);
            if (tensor.Type == "F32")
                Assert.Equal(tensor.ToFloats()!, theirs[name][1].Deserialize<float[]>()!);
        }
    }

    private static IEnumerable<CodeBlock> Python() => CodeBlock.All.Where(block => block.Page == Page && block.Language == "python");

    private static bool IsOfWeights(CodeBlock block) => block.Code.StartsWith(OfWeights, StringComparison.Ordinal);

    // No sweep over recurrent networks is published, so this one's rows are made up.
    private void MakeLengths()
    {
        var folder = new ResultsFolder(_folder["results", "recurrent-length-quick"]);
        var row = ResultsFolder.ReadRuns(Path.Combine(RepositoryFolder.Root, "results", "reference", "quick"))[0];
        folder.WriteRow(row);
        folder.Write(new RunKey { Run = row.Run, Norm = row.Norm, Batch = row.Batch, Seed = row.Seed },
            new[] { 4, 28 }.Select(rows => new SequenceLengthRow { Rows = rows, StatisticsSteps = 20, Statistics = "moving_average", Error = 60 - rows, Loss = 1 }));
        Assert.Empty(folder.Rebuild());
    }

    private string Run(string code)
    {
        File.WriteAllText(_folder["block.py"], code);
        var result = Cli.Run("-W error block.py", _folder.Path, program: Tests.Python.Program);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    /// <summary>Tests that need a module of the system's Python, skipped where it is missing, with the reason.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PythonTheoryAttribute : TheoryAttribute
    {
        public PythonTheoryAttribute(string module) => Skip = Tests.Python.WhyNot(module);
    }

    /// <summary>A test that trains and needs such a module.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PythonTrainsFactAttribute : TrainsFactAttribute
    {
        public PythonTrainsFactAttribute(string module) => Skip ??= Tests.Python.WhyNot(module);
    }
}
