using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Networks;

public sealed class NetworkTests
{
    private static readonly ImageShape Cifar = new(3, 32, 32);

    // He et al. 2016, table 6: 0.27 M, 0.46 M, 0.66 M, 0.85 M, 1.7 M. To the last one, by hand for option A.
    [Theory]
    [InlineData("resnet20", 0.27, 269_722)]
    [InlineData("resnet32", 0.46, 464_154)]
    [InlineData("resnet44", 0.66, 658_586)]
    [InlineData("resnet56", 0.85, 853_018)]
    [InlineData("resnet110", 1.7, 1_727_962)]
    public void A_resnet_has_the_published_number_of_parameters(string model, double millions, int exactly)
    {
        var network = ModelCatalog.Build(model, null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("bn")));
        Assert.Equal(exactly, network.ParameterCount);
        Assert.Equal(millions, network.ParameterCount / 1e6, millions < 1 ? 0.005 : 0.05);
    }

    // Simonyan & Zisserman 2015, table 1: the convolutions of A and D with their biases, as torchvision's vgg11 and vgg16 have them, and one
    // linear classifier.
    [Theory]
    [InlineData("vgg11", 9_220_480)]
    [InlineData("vgg16", 14_714_688)]
    public void A_vgg_has_the_published_convolutions(string model, int published) =>
        Assert.Equal(published + (512 * 10) + 10, ModelCatalog.Build(model, null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("none"))).ParameterCount);

    // Pan et al. 2018: the first norm of each block, in all stages but the last; without blocks, the first half of the norms.
    [Theory]
    [InlineData("resnet14", "layer1.0.norm1 layer1.1.norm1 layer2.0.norm1 layer2.1.norm1")]
    [InlineData("small-cnn", "norm1 norm2")]
    [InlineData("vgg11", "norm1_1 norm2_1 norm3_1 norm3_2")]
    public void IN_BN_stands_in_the_first_stages_and_BN_elsewhere(string model, string slots)
    {
        var network = ModelCatalog.Build(model, null, Shortcut.Projection, Cifar, 10, NormCatalog.Create(new("in-bn")));
        network.Check(32, 1);
        Assert.Equal(slots, string.Join(' ', network.NormSlots.Where(slot => slot.Of(network.Norm).FirstHalf is not null).Select(slot => slot.Name)));
        Assert.All(network.NormSlots, slot => Assert.Equal([slot.Channels], slot.RunningShape(slot.Of(network.Norm), 1)));
        Assert.Equal(ModelCatalog.Build(model, null, Shortcut.Projection, Cifar, 10, NormCatalog.Create(new("bn"))).ParameterCount, network.ParameterCount);
    }

    [Theory]
    [InlineData("convnext-6")]
    [InlineData("convnext-step0")]
    [InlineData("vit-4")]
    [InlineData("lstm")]
    public void IN_BN_is_refused_where_no_stages_are_known(string model) => Assert.Contains(
        $"--norm in-bn halves the channels of the norms in a network's first stages, and is made for resnet, vgg and small-cnn, not for {model}",
        Assert.Throws<ExperimentException>(() => ModelCatalog.Build(model, null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("in-bn"))).Check(32, 1)).Message, StringComparison.Ordinal);

    // Liu et al. 2022, table 1: 28.6 M for ConvNeXt-T on ImageNet; to the last one, what torchvision's convnext_tiny has.
    [Fact]
    public void Eighteen_blocks_of_width_96_are_the_published_ConvNeXt_T() =>
        Assert.Equal(28_589_128, ConvNeXtOf("convnext-18", 96, "ln-channels", new(3, 224, 224), 1000).ParameterCount);

    // Weights, biases and norms by hand, as sums over the layers.
    [Fact]
    public void A_ConvNeXt_and_the_steps_to_it_have_the_parameters_counted_by_hand()
    {
        const int C = 8;
        int Norm(int channels) => 2 * channels;
        int Block(int channels) => ((49 * channels) + channels) + Norm(channels) + ((4 * channels * channels) + (4 * channels)) + ((4 * channels * channels) + channels) + channels;
        var blocks = Block(C) + Block(2 * C) + (3 * Block(4 * C)) + Block(8 * C);
        var between = new[] { C, 2 * C, 4 * C }.Sum(channels => Norm(channels) + (4 * channels * 2 * channels) + (2 * channels));
        var ends = ((4 * 3 * C) + C + Norm(C)) + Norm(8 * C) + ((8 * C * 10) + 10);
        Assert.Equal(blocks + between + ends, ConvNeXtOf("convnext-6", C, "ln-channels", Cifar, 10).ParameterCount);

        // two 3x3 convolutions a block with a norm each; where a stage begins, the first is half as deep and there is a shortcut of 1x1
        int Basic(int first, int channels) => (9 * first * channels) + (9 * channels * channels) + (2 * Norm(channels)) + (first == channels ? 0 : (first * channels) + Norm(channels));
        int[] firsts = [C, C, 2 * C, 2 * C, 4 * C, 4 * C], of = [C, 2 * C, 2 * C, 4 * C, 4 * C, 8 * C];
        Assert.Equal((9 * 3 * C) + Norm(C) + firsts.Zip(of, Basic).Sum() + (8 * C * 10) + 10, ConvNeXtOf("convnext-step0", C, "bn", Cifar, 10).ParameterCount);
        int[] ratioFirsts = [C, C, 2 * C, 4 * C, 4 * C, 4 * C], ratioOf = [C, 2 * C, 4 * C, 4 * C, 4 * C, 8 * C];
        Assert.Equal((9 * 3 * C) + Norm(C) + ratioFirsts.Zip(ratioOf, Basic).Sum() + (8 * C * 10) + 10, ConvNeXtOf("convnext-step1", C, "bn", Cifar, 10).ParameterCount);
        Assert.Equal(5 * 3 * C, ConvNeXtOf("convnext-step1", C, "bn", Cifar, 10).ParameterCount - ConvNeXtOf("convnext-step2", C, "bn", Cifar, 10).ParameterCount);

        // 49 in place of 9 weights a channel; then nothing; nothing; and two norms of 4C and C less for three biases' worth and a scale
        Assert.Equal(40 * ratioFirsts.Sum(), ConvNeXtOf("convnext-step4", C, "bn", Cifar, 10).ParameterCount - ConvNeXtOf("convnext-step3", C, "bn", Cifar, 10).ParameterCount);
        Assert.Equal(ConvNeXtOf("convnext-step4", C, "bn", Cifar, 10).ParameterCount, ConvNeXtOf("convnext-step6", C, "bn", Cifar, 10).ParameterCount);
        Assert.Equal(ratioOf.Sum(channels => (Norm(4 * channels) + Norm(channels)) - ((4 * channels) + channels + channels)),
            ConvNeXtOf("convnext-step6", C, "bn", Cifar, 10).ParameterCount - ConvNeXtOf("convnext-step7", C, "bn", Cifar, 10).ParameterCount);
    }

    [Fact]
    public void Each_step_to_ConvNeXt_changes_what_it_says_and_keeps_the_sizes_of_the_maps()
    {
        var networks = Enumerable.Range(0, 8).Select(step => ConvNeXtOf($"convnext-step{step}", 8, "bn", new(3, 64, 64), 10)).Append(ConvNeXtOf("convnext-6", 8, "bn", new(3, 64, 64), 10)).ToList();
        Assert.All(networks, network => Assert.Equal((64, 2, 2), network.Maps().Last(map => map.Layer is Residual).Shape is var shape ? (shape.Channels, shape.Height, shape.Width) : default));
        Assert.Equal([16, 16, 16, 22, 22, 22, 22, 10, 11], networks.Select(network => network.NormSlots.Count));
        Assert.Equal([13, 13, 13, 19, 19, 19, 6, 6, 6], networks.Select(network => network.AllLayers.OfType<Activation>().Count()));
        Assert.Equal(["relu", "relu", "relu", "relu", "relu", "gelu", "gelu", "gelu", "gelu"],
            networks.Select(network => network.AllLayers.OfType<Activation>().Select(one => one.Kind.ToString().ToLowerInvariant()).Distinct().Single()));
        Assert.Equal([0, 0, 0, 6, 6, 6, 6, 6, 6], networks.Select(network => network.Convolutions.Count(one => one.Groups > 1)));
        Assert.Equal([7, 7, 4, 4, 7, 7, 7, 7, 7], networks.Select(network => network.Convolutions.Max(one => one.Kernel)));
    }

    [Fact]
    public void A_ConvNeXt_begins_with_blocks_that_are_nearly_the_identity_and_refuses_other_numbers_of_blocks_and_small_images()
    {
        var network = ConvNeXtOf("convnext-6", 8, "ln-channels", Cifar, 10);
        var scales = network.Parameters.Zip(Initialization.Create(network, 1).Parameters).Where(pair => pair.First.Layer is LayerScale).ToList();
        Assert.Equal(6, scales.Count);
        Assert.All(scales, pair => Assert.All(pair.Second.Values, value => Assert.Equal(1e-6f, value)));
        Assert.Contains("as in convnext-6, convnext-12, convnext-18", Assert.Throws<ExperimentException>(() => ModelCatalog.DefaultWidth("convnext-9")).Message, StringComparison.Ordinal);
        Assert.Contains("needs images of 16x16 or more", Assert.Throws<ExperimentException>(() => ConvNeXtOf("convnext-6", 8, "bn", new(3, 12, 28), 10)).Message, StringComparison.Ordinal);
    }

    private static Network ConvNeXtOf(string model, int width, string norm, ImageShape shape, int classes) =>
        ModelCatalog.Build(model, width, Shortcut.IdentityAppended, shape, classes, NormCatalog.Create(new(norm)));

    [Fact]
    public void A_norm_stands_before_or_after_the_activation()
    {
        foreach (var (position, expected) in new[] { (NormPosition.Before, "norm4_2 relu"), (NormPosition.After, "relu norm4_2") })
        {
            var layers = ModelCatalog.Build("vgg11", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("bn")), new(ActivationKind.Relu, position)).Layers;
            var names = layers.Select(layer => layer is Activation ? "relu" : layer.Name).ToList();
            var convolution = names.IndexOf("conv4_2");
            Assert.Equal(expected, string.Join(' ', names.Skip(convolution + 1).Take(2)));
        }
    }

    [Fact]
    public void A_vgg_refuses_images_that_it_would_halve_to_nothing() =>
        Assert.Contains("needs images of 16x16 or more",
            Assert.Throws<ExperimentException>(() => ModelCatalog.Build("vgg16", null, Shortcut.IdentityCentered, new(3, 14, 28), 10, NormCatalog.Create(new("bn")))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_virtual_batch_that_does_not_divide_the_batch_is_answered_with_those_that_do() =>
        Assert.Contains("--virtual-batch 16 does not divide --batch 12; take one of 1, 2, 3, 4, 6, 12",
            Assert.Throws<ExperimentException>(() => ModelCatalog.Build("resnet8", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("ghost-bn"))).Check(12, 1)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Projection_shortcuts_add_two_convolutions_and_two_norms()
    {
        var identity = ModelCatalog.Build("resnet20", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("bn")));
        var projection = ModelCatalog.Build("resnet20", null, Shortcut.Projection, Cifar, 10, NormCatalog.Create(new("bn")));
        Assert.Equal((16 * 32) + (32 * 64) + (2 * 32) + (2 * 64), projection.ParameterCount - identity.ParameterCount);
    }

    [Fact]
    public void Identity_shortcuts_have_their_new_channels_on_both_sides_or_after_and_no_parameters()
    {
        IEnumerable<(int In, int Out, int Before)> Identities(Shortcut shortcut, int width) =>
            from layer in ModelCatalog.Build("resnet8", width, shortcut, Cifar, 10, NormCatalog.Create(new("bn"))).AllLayers.OfType<PaddedIdentity>()
            select (layer.In, layer.Out, layer.Before);
        Assert.Equal([(16, 32, 8), (32, 64, 16)], Identities(Shortcut.IdentityCentered, 16));
        Assert.Equal([(3, 6, 1), (6, 12, 3)], Identities(Shortcut.IdentityCentered, 3));
        Assert.Equal([(16, 32, 0), (32, 64, 0)], Identities(Shortcut.IdentityAppended, 16));
        Assert.Empty(Identities(Shortcut.Projection, 16));
        Assert.Single(new[] { Shortcut.IdentityCentered, Shortcut.IdentityAppended }
            .Select(shortcut => ModelCatalog.Build("resnet20", null, shortcut, Cifar, 10, NormCatalog.Create(new("bn"))).ParameterCount).Distinct());
    }

    [Theory]
    [InlineData("bn")]
    [InlineData("syncbn")]
    [InlineData("ln")]
    [InlineData("in")]
    [InlineData("gn")]
    public void Every_norm_of_the_paper_has_the_same_parameters(string norm) =>
        Assert.Equal(
            ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("bn"))).Parameters.Select(p => (p.Name, p.Size)),
            ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new(norm))).Parameters.Select(p => (p.Name, p.Size)));

    [Fact]
    public void The_default_network_has_64_channels_or_more_in_every_normalized_layer() =>
        Assert.All(ModelCatalog.Build("small-cnn", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("gn"))).NormSlots, slot => Assert.True(slot.Channels >= 64));

    [Fact]
    public void The_norm_at_the_end_of_every_residual_branch_is_marked_and_no_other()
    {
        var network = ModelCatalog.Build("resnet20", null, Shortcut.Projection, Cifar, 10, NormCatalog.Create(new("bn")));
        Assert.Equal(9, network.NormSlots.Count(slot => slot.EndsResidual));
        Assert.All(network.NormSlots.Where(slot => slot.EndsResidual), slot => Assert.EndsWith(".norm2", slot.Name, StringComparison.Ordinal));
    }

    [Fact]
    public void Maps_are_halved_between_stages_also_when_their_size_is_odd()
    {
        var network = ModelCatalog.Build("resnet8", null, Shortcut.Projection, new ImageShape(1, 29, 27), 10, NormCatalog.Create(new("bn")));
        Assert.Equal([(29, 27), (29, 27), (29, 27), (15, 14), (15, 14), (15, 14), (8, 7), (8, 7), (8, 7)],
            network.Shapes().Select(pair => (pair.Shape.Height, pair.Shape.Width)));
    }

    [Fact]
    public void Groups_that_do_not_divide_a_layer_are_refused_with_the_layer_its_channels_and_groups_that_would_do()
    {
        var network = ModelCatalog.Build("resnet20", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("gn", Groups: 32)));
        var error = Assert.Throws<ExperimentException>(() => network.Check(batch: 2, workers: 1));
        Assert.Contains("--groups 32 does not divide the 16 channels of layer norm1", error.Message, StringComparison.Ordinal);
        Assert.Contains("1, 2, 4, 8, 16.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Channels_per_group_that_do_not_divide_a_layer_are_refused_likewise()
    {
        var network = ModelCatalog.Build("resnet20", null, Shortcut.IdentityCentered, Cifar, 10, NormCatalog.Create(new("gn", ChannelsPerGroup: 32)));
        Assert.Contains("--channels-per-group 32", Assert.Throws<ExperimentException>(() => network.Check(2, 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in", 8, true)]
    [InlineData("bn", 1, true)]
    [InlineData("bn", 2, false)]
    [InlineData("syncbn", 1, false)]
    [InlineData("ln", 1, false)]
    public void A_statistic_over_a_single_value_is_refused(string norm, int batch, bool refused)
    {
        // In the last stage of a residual network, 4x4 images have shrunk to one pixel.
        var network = ModelCatalog.Build("resnet8", null, Shortcut.IdentityCentered, new ImageShape(3, 4, 4), 10, NormCatalog.Create(new(norm)));
        var error = Record.Exception(() => network.Check(batch, workers: 2));
        Assert.Equal(refused, error is ExperimentException e && e.Message.Contains("single value", StringComparison.Ordinal));
    }

    [Fact]
    public void A_misspelt_model_is_answered_with_the_nearest_name()
    {
        var error = Assert.Throws<ExperimentException>(() => ModelCatalog.DefaultWidth("smal-cnn"));
        Assert.Contains("Did you mean 'small-cnn'?", error.Message, StringComparison.Ordinal);
        Assert.Contains("6n+2", Assert.Throws<ExperimentException>(() => ModelCatalog.DefaultWidth("resnet18")).Message, StringComparison.Ordinal);
    }
}
