using System.Text;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Tests;

/// <summary>Weights from other programs in <c>eval</c>, and the weights that <c>export</c> writes.</summary>
public sealed class WeightsTests : IDisposable
{
    private const string Images = "--dataset synthetic --train-limit 100 --test-limit 100";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void A_prefix_is_dropped_and_told_and_all_forms_have_one_error()
    {
        var tensors = Tensors("small-cnn", 8, "bn");
        WriteSafetensors("plain.safetensors", tensors);
        WriteSafetensors("module.safetensors", [.. tensors.Select(tensor => ($"module.{tensor.Name}", tensor.Tensor))]);
        File.WriteAllBytes(_folder["weights.pth"], PyTorchWriter.Write(tensors));
        var plain = Evaluate("plain.safetensors");
        Assert.StartsWith("small-cnn with bn on 100 images", plain, StringComparison.Ordinal);
        Assert.Equal($"module.safetensors: dropped the prefix 'module.'.\n{plain}", Evaluate("module.safetensors"));
        Assert.Equal(plain, Evaluate("weights.pth"));
        Assert.Equal(plain, Evaluate("weights.pth --model small-cnn --width 8 --norm bn"));
    }

    [TrainsFact]
    public void Weights_that_cannot_tell_their_shortcut_are_measured_under_both_unless_it_is_given()
    {
        var tensors = Tensors("resnet8", 8, "bn");
        File.WriteAllBytes(_folder["r.pt"], PyTorchWriter.Write(tensors));
        Assert.Contains("r.pt cannot tell which shortcut it was trained with: with identity-", Evaluate("r.pt"), StringComparison.Ordinal);
        foreach (var shortcut in new[] { "identity-centered", "identity-appended", "identity" })
            Assert.DoesNotContain("cannot tell", Evaluate($"r.pt --shortcut {shortcut}"), StringComparison.Ordinal);
        Assert.NotEqual(Evaluate("r.pt --shortcut identity-centered"), Evaluate("r.pt --shortcut identity-appended"));
        Assert.Equal(Evaluate("r.pt --shortcut identity"), Evaluate("r.pt --shortcut identity-appended"));
        // Our own checkpoints say which it is.
        WriteSafetensors("old.safetensors", tensors, new() { ["model"] = "resnet8", ["width"] = "8", ["shortcut"] = "identity", ["norm"] = "bn", ["dataset"] = "synthetic" });
        Assert.Equal(Evaluate("r.pt --shortcut identity-appended"), Evaluate("old.safetensors"));
    }

    [TrainsFact]
    public void What_the_shapes_do_not_tell_is_asked_for()
    {
        File.WriteAllBytes(_folder["gn.pt"], PyTorchWriter.Write(Tensors("resnet8", 8, "in")));
        Assert.Matches("gn.pt does not tell which norm its network has, since [a-z, -]*gn[a-z, -]* have the same weights: give --norm, and --groups with gn\\.", Refused($"eval gn.pt {Images}"));
        Assert.Contains("resnet8 with gn", Evaluate("gn.pt --norm gn --groups 4"), StringComparison.Ordinal);
        File.WriteAllBytes(_folder["other.pt"], PyTorchWriter.Write([("features.0.weight", Safetensors.Tensor.Of([1], [1]))]));
        Assert.Contains("other.pt holds no weights of a network that is known here", Refused($"eval other.pt {Images}"), StringComparison.Ordinal);
        File.WriteAllBytes(_folder["cifar.pt"], PyTorchWriter.Write(Tensors("resnet8", 8, "bn", classes: 100)));
        Assert.Contains("cifar.pt holds weights for images of 3 channels in 100 classes, and synthetic has 3 channels and 10 classes: give --dataset cifar100.", Refused($"eval cifar.pt {Images}"), StringComparison.Ordinal);
    }

    [TrainsFact]
    public void Weights_for_colour_images_are_answered_with_the_data_sets_that_would_do()
    {
        WriteSafetensors("colour.safetensors", Tensors("small-cnn", 8, "bn"));
        Assert.Contains("colour.safetensors holds weights for images of 3 channels in 10 classes, and fashion-mnist has 1 channel and 10 classes: give --dataset synthetic or cifar10.",
            Refused("eval colour.safetensors --dataset fashion-mnist"), StringComparison.Ordinal);
    }

    [TrainsFact]
    public void What_does_not_fit_has_the_names_of_the_file_beside_the_nearest_wanted()
    {
        var tensors = Tensors("resnet8", 8, "bn");
        WriteSafetensors("w.safetensors", [.. tensors.Select(tensor => ($"module.{tensor.Name.Replace("layer1.0.conv1", "layer1.0.convolution1", StringComparison.Ordinal)}", tensor.Tensor))]);
        var answer = Refused($"eval w.safetensors {Images}");
        Assert.Contains("module.layer1.0.convolution1.weight [8, 8, 3, 3] is not part of it (nearest wanted: layer1.0.conv1.weight [8, 8, 3, 3])", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("is missing", answer, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void Weights_that_hold_NaN_are_told()
    {
        var tensors = Tensors("small-cnn", 8, "bn");
        var index = tensors.FindIndex(tensor => tensor.Name == "conv2.weight");
        tensors[index] = ("conv2.weight", Safetensors.Tensor.Of(tensors[index].Tensor.Shape, [float.NaN, .. tensors[index].Tensor.ToFloats()![1..]]));
        WriteSafetensors("nan.safetensors", tensors);
        Assert.Contains("nan.safetensors: conv2.weight holds 1 value that is not finite (NaN or infinite)", Refused($"eval nan.safetensors {Images}"), StringComparison.Ordinal);
    }

    [TrainsFact]
    public void Finite_weights_that_overflow_end_in_a_sentence_and_another_exit_code()
    {
        var tensors = Tensors("small-cnn", 8, "none").ConvertAll(tensor => (tensor.Name, Safetensors.Tensor.Of(tensor.Tensor.Shape, Array.ConvertAll(tensor.Tensor.ToFloats()!, value => value * 1e30f))));
        WriteSafetensors("large.safetensors", tensors);
        var result = Cli.Run($"eval large.safetensors {Images}", _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Some scores of the network are NaN or infinite", result.Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void Input_statistics_on_a_scale_to_255_are_refused_with_those_that_would_do()
    {
        WriteSafetensors("w.safetensors", Tensors("small-cnn", 8, "bn"));
        var eval = $"eval w.safetensors {Images}";
        Assert.Contains("--input-mean 125.3,123.0,113.9 is on a scale from 0 to 255, and pixels are on one from 0 to 1 here: give --input-mean 0.4914,0.4824,0.4467.",
            Refused($"{eval} --input-mean 125.3,123.0,113.9 --input-std 63,62.1,66.7"), StringComparison.Ordinal);
        Assert.Contains("give --input-std 0.2471,0.2435,0.2616.", Refused($"{eval} --input-mean 0.4914,0.4824,0.4467 --input-std 63,62.1,66.7"), StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run($"{eval} --input-mean 0.5,0.5,0.5 --input-std 1,1,1", _folder.Path).ExitCode);
    }

    [Fact]
    public void Files_that_are_forbidden_or_would_run_code_are_refused()
    {
        var header = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        File.WriteAllBytes(_folder["twice.safetensors"], [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        Assert.Contains("its header has a name twice, which the format forbids", Refused("eval twice.safetensors --dataset synthetic"), StringComparison.Ordinal);
        File.WriteAllBytes(_folder["code.th"], [0x80, 2, .. "cposix\nsystem\nU\ntouch here"u8, 0x85, .. "R."u8]);
        Assert.Contains("code.th asks to run posix.system while it is read", Refused("eval code.th --dataset synthetic"), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["here"]));
    }

    [TrainsFact]
    public void A_run_is_exported_by_its_folder_in_both_forms_and_evaluates_alike()
    {
        Assert.Equal(0, Cli.Run($"train {Images} --model resnet8 --width 8 --norm gn --groups 4 --epochs 1 --batch 10 --out r", _folder.Path).ExitCode);
        var run = _folder["r", "runs", Assert.Single(ResultsFolder.ReadRuns(_folder["r"])).Run];
        var result = Cli.Run($"export {run} --to exported.pt", _folder.Path);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        Assert.StartsWith("exported.pt: 23 tensors of resnet8, named conv1.weight, bn1.weight, bn1.bias, ...\nWhat the network in PyTorch must have besides: shortcut identity-centered, ", result.Output, StringComparison.Ordinal);
        Assert.Contains("norm gn, groups 4", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run($"export {run} --to exported.safetensors", _folder.Path).ExitCode);
        Assert.Equal(Evaluate(run), Evaluate("exported.safetensors"));
        Assert.Equal(Evaluate(run), Evaluate("exported.pt --shortcut identity-centered --norm gn --groups 4"));

        Assert.Contains("ONNX is not written", Refused($"export {run} --to r.onnx"), StringComparison.Ordinal);
        Assert.Contains("--to takes a file that ends in .pt, .pth, .th or .safetensors, not 'r.bin'.", Refused($"export {run} --to r.bin"), StringComparison.Ordinal);
        Assert.Contains($"name a file of weights, or a run's folder, as {Path.Combine("r", "runs", Path.GetFileName(run))}.", Refused("export r --to r.pt"), StringComparison.Ordinal);
        Assert.Contains("exported.pt is not a checkpoint of this program", Refused("export exported.pt --to again.pt"), StringComparison.Ordinal);
    }

    private string Evaluate(string arguments)
    {
        var result = Cli.Run($"eval {arguments} {Images}", _folder.Path);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        return result.Output;
    }

    private string Refused(string arguments)
    {
        var result = Cli.Run(arguments, _folder.Path);
        Assert.Equal(2, result.ExitCode);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        return result.Error;
    }

    private void WriteSafetensors(string name, IEnumerable<(string Name, Safetensors.Tensor Tensor)> tensors, Dictionary<string, string>? metadata = null) =>
        File.WriteAllBytes(_folder[name], Safetensors.Write(tensors, metadata ?? []));

    // A network whose residual branches are not 0, as in a trained one.
    private static List<(string Name, Safetensors.Tensor Tensor)> Tensors(string model, int width, string norm, int classes = 10)
    {
        var network = ModelCatalog.Build(model, width, Shortcut.IdentityAppended, new ImageShape(3, 32, 32), classes, NormCatalog.Create(new(norm)));
        var state = Initialization.Create(network, seed: 3);
        state = state with { Parameters = [.. state.Parameters.Select(array => array with { Values = Array.ConvertAll(array.Values, value => value == 0 ? 0.5f : value) })] };
        return [.. Safetensors.Read("w", Checkpoint.Write(network, state, 1, new Dictionary<string, string>())).Tensors.Select(tensor => (tensor.Key, tensor.Value))];
    }
}
