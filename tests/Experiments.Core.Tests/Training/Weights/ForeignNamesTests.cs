using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Tests.Training.Weights;

public sealed class ForeignNamesTests
{
    [Theory]
    [InlineData("layer2.0.shortcut.0.weight", "layer2.0.downsample.0.weight", "w: renamed shortcut.0 to downsample.0.")]
    [InlineData("layer2.0.shortcut.1.running_var", "layer2.0.downsample.1.running_var", "w: renamed shortcut.1 to downsample.1.")]
    [InlineData("linear.bias", "fc.bias", "w: renamed linear to fc.")]
    [InlineData("classifier.weight", "fc.weight", "w: renamed classifier to fc.")]
    [InlineData("module.conv1.weight", "conv1.weight", "w: dropped the prefix 'module.'.")]
    [InlineData("_orig_mod.module.conv1.weight", "conv1.weight", "w: dropped the prefix '_orig_mod.module.'.")]
    [InlineData("layer1.0.gn2.weight", "layer1.0.bn2.weight", "w: renamed gn to bn.")]
    [InlineData("layer1.0.bn2.weight", "layer1.0.bn2.weight", null)]
    [InlineData("norm1_1.weight", "norm1_1.weight", null)]
    public void Names_of_published_code_become_ours(string name, string present, string? sentence)
    {
        var content = ForeignNames.Resolve("w", Content(name));
        Assert.Equal((present, sentence, name), (Assert.Single(content.Tensors).Key, content.Resolved, content.NameInFile(present)));
    }

    [Fact]
    public void A_prefix_that_only_some_names_have_stays() =>
        Assert.Equal(["module.conv1.weight", "fc.weight"], ForeignNames.Resolve("w", Content("module.conv1.weight", "fc.weight")).Tensors.Keys);

    [Fact]
    public void Two_tensors_for_one_place_are_refused() =>
        Assert.Contains("two tensors for fc.weight: fc.weight and linear.weight",
            Assert.Throws<ExperimentException>(() => ForeignNames.Resolve("w", Content("fc.weight", "linear.weight"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_norms_the_biases_of_convolutions_are_those_of_the_slots() =>
        Assert.Equal(["layer1.0.conv1.weight", "layer1.0.bn1.bias"], ForeignNames.Resolve("w", Content("layer1.0.conv1.weight", "layer1.0.conv1.bias")).Tensors.Keys);

    [Theory]
    [InlineData("resnet8", 16, "bn", Shortcut.Projection)]
    [InlineData("resnet20", 24, "bn", Shortcut.IdentityCentered)]
    [InlineData("resnet110", 16, "none", Shortcut.IdentityCentered)]
    [InlineData("small-cnn", 64, "bn", Shortcut.IdentityAppended)]
    [InlineData("vgg11", 16, "wn", Shortcut.IdentityAppended)]
    [InlineData("vgg16", 8, "wn-mean-only-bn", Shortcut.IdentityAppended)]
    [InlineData("vgg19", 8, "bn", Shortcut.IdentityAppended)]
    public void The_network_is_read_off_the_shapes(string model, int width, string norm, Shortcut shortcut)
    {
        var network = ModelCatalog.Build(model, width, shortcut, new ImageShape(3, 32, 32), 7, NormCatalog.Create(new(norm)));
        var content = Safetensors.Read("w", Checkpoint.Write(network, Initialization.Create(network, 1), 0, new Dictionary<string, string>()));
        var found = NetworkOfWeights.Of(ForeignNames.Resolve("w", content).Tensors);
        Assert.Equal((model, width, norm, 3, 7), (found.Model, found.Width, found.Norm, found.Channels, found.Classes));
        Assert.Equal(shortcut == Shortcut.Projection ? shortcut : null, found.Shortcut);
        Assert.Equal(NormCatalog.Create(new(norm)).Affine, found.Affine);
    }

    [Theory]
    [InlineData("convnext-6", 8, "bn")]
    [InlineData("convnext-12", 16, "none")]
    public void So_is_a_ConvNeXt(string model, int width, string norm) => The_network_is_read_off_the_shapes(model, width, norm, Shortcut.IdentityAppended);

    [Fact]
    public void The_steps_on_the_way_to_ConvNeXt_are_not_told_apart()
    {
        foreach (var step in ModelCatalog.Names.Where(name => name.StartsWith("convnext-step", StringComparison.Ordinal)))
        {
            var network = ModelCatalog.Build(step, 8, Shortcut.IdentityAppended, new ImageShape(3, 32, 32), 7, NormCatalog.Create(new("bn")));
            Assert.Null(NetworkOfWeights.Of(Safetensors.Read("w", Checkpoint.Write(network, Initialization.Create(network, 1), 0, new Dictionary<string, string>())).Tensors).Model);
        }
    }

    // The tensors are BN's; but of the channels that IN normalizes, the running statistics are those that they began with.
    [Theory]
    [InlineData("resnet8")]
    [InlineData("vgg11")]
    public void IN_BN_is_told_from_BN_by_the_running_statistics_that_never_moved(string model)
    {
        foreach (var name in new[] { "in-bn", "bn" })
        {
            var network = ModelCatalog.Build(model, 7, Shortcut.IdentityCentered, new ImageShape(3, 32, 32), 7, NormCatalog.Create(new(name)));
            var state = Initialization.Create(network, 1);
            var moved = state with
            {
                Buffers = [.. state.Buffers.Select(buffer => buffer with
                {
                    Values = [.. buffer.Values.Select((value, channel) => channel < InstanceChannels(buffer.Name) ? value : value + 0.5f)],
                })],
            };
            var found = NetworkOfWeights.Of(Safetensors.Read("w", Checkpoint.Write(network, moved, 9, new Dictionary<string, string>())).Tensors);
            Assert.Equal((name, Affine.ScaleAndShift), (found.Norms[0], found.Affine));

            int InstanceChannels(string buffer) => network.NormSlots.Single(slot => buffer.StartsWith($"{slot.Name}.", StringComparison.Ordinal)) is var slot
                && slot.Of(network.Norm).FirstHalf is null ? 0 : slot.Channels / 2;
        }
    }

    [Theory]
    [InlineData("gn", Affine.ScaleAndShift, null)]
    [InlineData("ln", Affine.Scale, null)]
    [InlineData("mean-only-bn", Affine.Shift, "bn, mean-only-bn")]
    [InlineData("bn", Affine.None, "bn")]
    public void Norms_with_the_same_tensors_are_all_named(string norm, Affine affine, string? norms)
    {
        norms ??= string.Join(", ", NormCatalog.Entries.Where(entry => entry.Define(entry.Defaults).Pooling is { OverSamples: false }).Select(entry => entry.Name));
        var network = ModelCatalog.Build("resnet8", 32, Shortcut.Projection, new ImageShape(3, 32, 32), 10, NormCatalog.Create(new(norm, Affine: affine)));
        var found = NetworkOfWeights.Of(Safetensors.Read("w", Checkpoint.Write(network, Initialization.Create(network, 1), 0, new Dictionary<string, string>())).Tensors);
        Assert.Equal((norms, affine, norms == "bn" ? "bn" : null), (string.Join(", ", found.Norms), found.Affine, found.Norm));
    }

    [Theory]
    [InlineData("layer1.0.conv1.weight layer2.0.conv1.weight layer3.0.conv1.weight layer4.0.conv1.weight")]
    [InlineData("layer1.0.conv1.weight layer1.1.conv1.weight layer2.0.conv1.weight layer3.0.conv1.weight")]
    [InlineData("layer1.0.conv1.weight layer1.0.conv3.weight layer2.0.conv1.weight layer3.0.conv1.weight")]
    [InlineData("features.0.weight classifier.weight")]
    [InlineData("conv1.weight fc1.weight")]
    public void Networks_of_others_are_taken_for_none_of_ours(string names) =>
        Assert.Null(NetworkOfWeights.Of(Content(names.Split(' ')).Tensors).Model);

    private static Safetensors.Content Content(params string[] names) =>
        new(names.ToDictionary(name => name, _ => Safetensors.Tensor.Of([1], [1])), new Dictionary<string, string>());
}
