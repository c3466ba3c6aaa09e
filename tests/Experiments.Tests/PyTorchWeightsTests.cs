using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Experiments.Core.Data;
using Experiments.Core.Results;

namespace Experiments.Tests;

/// <summary>Weights from PyTorch, and ours in PyTorch, give the same error and the same loss. pytorch_weights.py is PyTorch's side.</summary>
[Trait("Speed", "slow")]
public sealed partial class PyTorchWeightsTests : IDisposable
{
    private const int TrainImages = 2000;
    private const int TestImages = 400;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PyTorchFact]
    public void Weights_of_either_identity_and_of_projections_under_published_names_have_PyTorchs_error_and_loss()
    {
        var (mean, deviation) = WriteImages("identity-centered");
        Script("make");
        var expected = Read<List<Expected>>("expected.json");
        Assert.Equal(36, expected.Count);
        // With the wrong identity shortcut the error would differ.
        Assert.All(expected.Where(one => one.OtherError is not null), one => Assert.True(one.OtherError > one.Error + 2, $"{one}"));
        foreach (var one in expected)
        {
            var result = Cli.Run($"eval {one.File} --dataset fashion-mnist --train-limit {TrainImages} --test-limit {TestImages} --input-mean {mean} --input-std {deviation}", _folder.Path);
            Assert.Equal((one.File, "", 0), (one.File, result.Error, result.ExitCode));
            Meets(one.Error, one.Loss, result.Output);
            var choice = FormattableString.Invariant($"{one.File} cannot tell which shortcut it was trained with: with {one.Shortcut} the error is {one.Error:0.00}%, with ");
            Assert.Equal(one.OtherError is not null, result.Output.Contains(choice, StringComparison.Ordinal));
            if (one.OtherError is { } other)
                Assert.Contains(FormattableString.Invariant($"{other:0.00}%. Took {one.Shortcut};"), result.Output, StringComparison.Ordinal);
            Assert.Equal(one.File.Contains("akamaster", StringComparison.Ordinal), result.Output.Contains("took the tensors under state_dict, dropped the prefix 'module.' and renamed ", StringComparison.Ordinal));
        }
    }

    [PyTorchFact]
    public void PyTorch_loads_what_is_exported_strictly_and_has_our_error_and_loss()
    {
        foreach (var shortcut in new[] { "identity-centered", "identity-appended", "projection" })
        {
            var (mean, deviation) = WriteImages(shortcut);
            var limits = $"--dataset fashion-mnist --train-limit {TrainImages} --test-limit {TestImages}";
            Assert.Equal(0, Cli.Run($"train {limits} --model resnet8 --width 8 --shortcut {shortcut} --norm bn --batch 10 --epochs 1 --out {shortcut}", _folder.Path).ExitCode);
            var run = _folder[shortcut, "runs", Assert.Single(ResultsFolder.ReadRuns(_folder[shortcut])).Run];
            var ours = Cli.Run($"eval {run} --input-mean {mean} --input-std {deviation}", _folder.Path);
            Assert.Equal(("", 0), (ours.Error, ours.ExitCode));
            foreach (var file in new[] { "exported.pt", "exported.safetensors" })
            {
                var export = Cli.Run($"export {run} --to {file}", _folder.Path);
                Assert.Equal(("", 0), (export.Error, export.ExitCode));
                Assert.Contains($"shortcut {shortcut}", export.Output, StringComparison.Ordinal);
                Script("load", file);
                var theirs = Read<Expected>("scores.json");
                Meets(theirs.Error, theirs.Loss, ours.Output);
            }
        }
    }

    // The script's network is torch.nn.LSTM or GRU over the rows and a Linear: the slots for norms hold nothing, so that each tensor has its place there.
    [PyTorchFact]
    public void PyTorchs_LSTM_and_GRU_load_what_is_exported_strictly_and_have_our_error_and_loss()
    {
        foreach (var model in new[] { "lstm", "gru" })
        {
            var (mean, deviation) = WriteImages(model);
            var limits = $"--dataset fashion-mnist --train-limit {TrainImages} --test-limit {TestImages}";
            Assert.Equal(0, Cli.Run($"train {limits} --model {model} --width 8 --norm none --optimizer adamw --lr 0.01 --batch 20 --epochs 2 --out {model}", _folder.Path).ExitCode);
            var run = _folder[model, "runs", Assert.Single(ResultsFolder.ReadRuns(_folder[model])).Run];
            var ours = Cli.Run($"eval {run} --input-mean {mean} --input-std {deviation}", _folder.Path);
            Assert.Equal(("", 0), (ours.Error, ours.ExitCode));
            foreach (var file in new[] { "exported.pt", "exported.safetensors" })
            {
                Assert.Equal("", Cli.Run($"export {run} --to {file}", _folder.Path).Error);
                Script("load", file);
                var theirs = Read<Expected>("scores.json");
                Assert.InRange(theirs.Error, 1, 80);
                Meets(theirs.Error, theirs.Loss, ours.Output);
            }
        }
    }

    private static void Meets(double error, double loss, string output)
    {
        var numbers = Numbers().Match(output);
        Assert.True(numbers.Success, output);
        Assert.Equal(error, double.Parse(numbers.Groups[1].Value, CultureInfo.InvariantCulture), 0.005);
        Assert.Equal(loss, double.Parse(numbers.Groups[2].Value, CultureInfo.InvariantCulture), 1e-4);
    }

    // The images that the program evaluates on, for PyTorch; mean and standard deviation as they are typed.
    private (string Mean, string Deviation) WriteImages(string network)
    {
        using var dataset = Dataset.Open(DatasetCatalog.Find("fashion-mnist"), new() { TrainLimit = TrainImages, TestLimit = TestImages });
        foreach (var (name, set) in new[] { ("train", dataset.Train), ("test", dataset.Test) })
        {
            File.WriteAllBytes(_folder[$"{name}.bin"], [.. Enumerable.Range(0, set.Count).SelectMany(image => set.Pixels(image).ToArray())]);
            File.WriteAllBytes(_folder[$"{name}-labels.bin"], [.. Enumerable.Range(0, set.Count).Select(image => (byte)set.Label(image))]);
        }

        double[] mean = [0.28], deviation = [0.35];
        File.WriteAllText(_folder["images.json"], JsonSerializer.Serialize(new { mean, std = deviation, shape = new[] { 1, 28, 28 }, classes = 10, width = 8, network, load = new { } }));
        return (Typed(mean), Typed(deviation));

        static string Typed(double[] values) => string.Join(',', values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
    }

    private void Script(string command, string file = "")
    {
        var result = Python.Run("pytorch_weights.py", $"{command} . {file}", _folder.Path);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private T Read<T>(string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(_folder[file]), JsonSerializerOptions.Web)!;

    [GeneratedRegex(@"statistics +error ([\d.]+)%  loss ([\d.]+)")]
    private static partial Regex Numbers();

    private sealed record Expected(string File, string Shortcut, double Error, double? OtherError, double Loss);

    /// <summary>A test that trains and has PyTorch beside it, skipped where it is missing, with the reason.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PyTorchFactAttribute : TrainsFactAttribute
    {
        private static readonly Lazy<string?> s_whyNot = new(() => Python.WhyNot("torch"));

        public PyTorchFactAttribute() => Skip ??= s_whyNot.Value is { } whyNot ? whyNot
            : new DataFolder(null).Status(DatasetCatalog.Find("fashion-mnist")).IsReady ? null : "Fashion-MNIST is not there: on Debian, apt-get install dataset-fashion-mnist.";
    }
}
