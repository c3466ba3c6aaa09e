using System.Text;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Tests.Training.Weights;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        var network = Build("resnet8", "bn", projection: true);
        var state = Initialization.Create(network, seed: 5);
        var path = Write(network, state, new Dictionary<string, string> { ["norm"] = "bn" });
        var content = Safetensors.Read(path);
        var again = Checkpoint.Fit(path, content, network);
        Assert.Equal("bn", content.Metadata["norm"]);
        Assert.Equal(state.Parameters.Concat(state.Buffers).Select(a => a.Name), again.Parameters.Concat(again.Buffers).Select(a => a.Name));
        Assert.Equal(state.Parameters.Concat(state.Buffers).Select(a => a.Values), again.Parameters.Concat(again.Buffers).Select(a => a.Values));
    }

    [Fact]
    public void Names_are_torchvisions_in_the_order_of_its_state_dict()
    {
        var network = Build("resnet8", "bn", projection: true);
        var names = Safetensors.Read(Write(network, Initialization.Create(network, 1))).Tensors.Keys.ToList();
        Assert.Equal(
            ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked", "layer1.0.conv1.weight", "layer1.0.bn1.weight"],
            names.Take(8));
        Assert.Contains("layer2.0.downsample.0.weight", names);
        Assert.Contains("layer2.0.downsample.1.running_var", names);
        Assert.Equal(["fc.weight", "fc.bias"], names.TakeLast(2));
    }

    [Fact]
    public void The_checkpoint_of_another_network_is_refused_with_what_does_not_fit()
    {
        var network = Build("resnet8", "bn", projection: false);
        var path = Write(network, Initialization.Create(network, 1));
        var deeper = Refused(path, Build("resnet14", "bn", projection: false));
        Assert.Contains("layer1.1.conv1.weight [16, 16, 3, 3] is missing", deeper, StringComparison.Ordinal);
        var group = Refused(path, Build("resnet8", "gn", projection: false));
        Assert.Contains("bn1.running_mean [16] is not part of it", group, StringComparison.Ordinal);
        var wider = Refused(path, ModelCatalog.Build("resnet8", 32, Shortcut.IdentityCentered, new ImageShape(3, 32, 32), 10, NormCatalog.Create(new("bn"))));
        Assert.Contains("conv1.weight has shape [16, 3, 3, 3] instead of [32, 3, 3, 3]", wider, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_short_empty_or_no_checkpoint_is_named_as_such()
    {
        var network = Build("resnet8", "bn", projection: false);
        var path = Write(network, Initialization.Create(network, 1));
        var bytes = File.ReadAllBytes(path);
        foreach (var damaged in new[] { bytes[..^5], bytes[..100], [], Encoding.ASCII.GetBytes("a text that is no checkpoint"), [.. bytes[..8], .. "{\"a\":3}"u8] })
        {
            File.WriteAllBytes(path, damaged);
            var error = Assert.Throws<ExperimentException>(() => Safetensors.Read(path));
            Assert.Contains($"{path} is not a complete checkpoint", error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("Cannot read the checkpoint", Assert.Throws<ExperimentException>(() => Safetensors.Read(_folder["nowhere"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Floating_point_types_of_other_widths_are_read()
    {
        var path = _folder["half.safetensors"];
        File.WriteAllBytes(path, Safetensors.Write(
            [("half", new Safetensors.Tensor("F16", [1], BitConverter.GetBytes((Half)1.5f))), ("brain", new Safetensors.Tensor("BF16", [1], [0xC0, 0x3F])),
                ("double", new Safetensors.Tensor("F64", [1], BitConverter.GetBytes(1.5)))], new Dictionary<string, string>()));
        Assert.All(Safetensors.Read(path).Tensors.Values, tensor => Assert.Equal([1.5f], tensor.ToFloats()!));
    }

    private static Network Build(string model, string norm, bool projection) =>
        ModelCatalog.Build(model, null, projection ? Shortcut.Projection : Shortcut.IdentityCentered, new ImageShape(3, 32, 32), 10, NormCatalog.Create(new(norm)));

    private static string Refused(string path, Network network) =>
        Assert.Throws<ExperimentException>(() => Checkpoint.Fit(path, Safetensors.Read(path), network)).Message;

    private string Write(Network network, EngineState state, Dictionary<string, string>? metadata = null)
    {
        var path = _folder["weights.safetensors"];
        File.WriteAllBytes(path, Checkpoint.Write(network, state, 7, metadata ?? []));
        return path;
    }
}
