using System.Globalization;
using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>The networks there are, by name.</summary>
public static class ModelCatalog
{
    /// <summary>Names to show; every <c>resnet</c> of depth 6n+2 is known.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["small-cnn", "resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110", .. Vgg.Depths.Select(depth => $"vgg{depth}")];

    private static readonly int[] ImageNetDepths = [18, 34, 50, 101, 152];

    /// <summary>The width a network has when none is given.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static int DefaultWidth(string model) => Parse(model) switch
    {
        { Family: Family.Vgg } => Vgg.DefaultWidth,
        { Family: Family.ResNet } => ResNet.DefaultWidth,
        _ => SmallCnn.DefaultWidth,
    };

    /// <summary>Whether a network has residual shortcuts.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static bool IsResidual(string model) => Parse(model).Family == Family.ResNet;

    /// <summary>What a network is, where its name is known for another one: resnet50 and resnet152 have a depth that both of He et al.'s series have; null elsewhere.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static string? Remark(string model) => Parse(model) is (Family.ResNet, var depth) && ImageNetDepths.Contains(depth)
        ? $"{model} is here the CIFAR network of {depth} layers, as resnet20 is (He et al. 2016, section 4.2), and not ImageNet's, which has bottlenecks and 4 stages" : null;

    /// <summary>Builds the network of a name.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="shortcut">Residual networks: what their shortcuts do where the shape changes.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="block">Convolution, norm and activation; null: the norm before a ReLU.</param>
    /// <exception cref="ExperimentException">There is no network of that name, or it does not take images so small.</exception>
    public static Network Build(string model, int? width, Shortcut shortcut, ImageShape input, int classes, Norm norm, BuildingBlock? block = null)
    {
        var channels = width ?? DefaultWidth(model);
        block ??= new BuildingBlock();
        var (family, depth) = Parse(model);
        if (family == Family.Vgg && Math.Min(input.Height, input.Width) < 16)
            throw new ExperimentException($"{model} halves height and width four times and takes images of 16x16 or more, not {input.Height}x{input.Width}: take --model small-cnn, or where the images are files of your own --image-size 16 or more.");
        return family switch
        {
            Family.ResNet => ResNet.Build(depth, channels, shortcut, block, input, classes, norm),
            Family.Vgg => Vgg.Build(depth, channels, block, input, classes, norm),
            Family.SmallCnn => SmallCnn.Build(channels, block, input, classes, norm),
            _ => throw new InvalidOperationException($"unknown family {family}"),
        };
    }

    /// <summary>The places of a network's norms, whatever the norm and the images.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="shortcut">Residual networks: what their shortcuts do where the shape changes.</param>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static IReadOnlyList<NormSlot> NormSlots(string model, int? width, Shortcut shortcut) =>
        Build(model, width, shortcut, new ImageShape(3, 32, 32), 10, NormCatalog.Create(new("none"))).NormSlots;

    private static (Family Family, int Depth) Parse(string model)
    {
        if (model == "small-cnn")
            return (Family.SmallCnn, 0);
        if (DepthAfter("vgg", model) is { } layers && Vgg.Depths.Contains(layers))
            return (Family.Vgg, layers);
        if (DepthAfter("resnet", model) is { } depth)
        {
            return depth >= 8 && depth % 6 == 2 ? (Family.ResNet, depth) : throw new ExperimentException(NoSuchDepth(depth));
        }

        throw new ExperimentException(Suggestion.Unknown("model", model, Names));
    }

    private static string NoSuchDepth(int depth)
    {
        var below = (Math.Max(6, depth - 2) / 6 * 6) + 2;
        var near = depth > 8 ? $"resnet{below} or resnet{below + 6} is nearest" : "resnet8 is the smallest";
        return (ImageNetDepths.Contains(depth) ? $"resnet{depth} is a network for ImageNet, and here are He et al.'s for CIFAR" : $"There is no CIFAR resnet of depth {depth}")
            + $": their depth is 6n+2, as in {string.Join(", ", Names.Where(name => name.StartsWith("resnet", StringComparison.Ordinal)))} (He et al. 2016, section 4.2); {near}.";
    }

    private static int? DepthAfter(string family, string model) =>
        model.StartsWith(family, StringComparison.Ordinal) && int.TryParse(model.AsSpan(family.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            ? depth : null;

    private enum Family
    {
        SmallCnn,
        ResNet,
        Vgg,
    }
}
