using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>The networks there are, by name.</summary>
public static class ModelCatalog
{
    /// <summary>Names to show; every <c>resnet</c> of depth 6n+2 is known.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["small-cnn", "resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110", .. Vgg.Depths.Select(depth => $"vgg{depth}")];

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

    /// <summary>Builds the network of a name.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="projection">Residual networks: projection shortcuts instead of padded identities.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="block">Convolution, norm and activation; null: the norm before a ReLU.</param>
    /// <exception cref="ExperimentException">There is no network of that name, or it does not take images so small.</exception>
    public static Network Build(string model, int? width, bool projection, ImageShape input, int classes, Norm norm, BuildingBlock? block = null)
    {
        var channels = width ?? DefaultWidth(model);
        block ??= new BuildingBlock();
        var (family, depth) = Parse(model);
        if (family == Family.Vgg && Math.Min(input.Height, input.Width) < 16)
            throw new ExperimentException($"{model} halves height and width four times and takes images of 16x16 or more, not {input.Height}x{input.Width}: take --model small-cnn, or where the images are files of your own --image-size 16 or more.");
        return family switch
        {
            Family.ResNet => ResNet.Build(depth, channels, projection, block, input, classes, norm),
            Family.Vgg => Vgg.Build(depth, channels, block, input, classes, norm),
            Family.SmallCnn => SmallCnn.Build(channels, block, input, classes, norm),
            _ => throw new InvalidOperationException($"unknown family {family}"),
        };
    }

    private static (Family Family, int Depth) Parse(string model)
    {
        if (model == "small-cnn")
            return (Family.SmallCnn, 0);
        if (DepthAfter("vgg", model) is { } layers && Vgg.Depths.Contains(layers))
            return (Family.Vgg, layers);
        if (DepthAfter("resnet", model) is { } depth)
        {
            return depth >= 8 && depth % 6 == 2 ? (Family.ResNet, depth)
                : throw new ExperimentException($"There is no CIFAR resnet of depth {depth}: the depth is 6n+2, as in resnet8, resnet14, resnet20 (He et al. 2016, section 4.2).");
        }

        throw new ExperimentException(Suggestion.Unknown("model", model, Names));
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
