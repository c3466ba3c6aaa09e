using System.Globalization;
using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>The networks there are, by name.</summary>
public static class ModelCatalog
{
    private const string ConvNeXtName = "convnext-", StepName = "convnext-step", TransformerName = "vit-";

    /// <summary>Names to show; every <c>resnet</c> of depth 6n+2 is known, and every <c>convnext</c> of 6n blocks.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["small-cnn", "resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110", .. Vgg.Depths.Select(depth => $"vgg{depth}"),
            .. new[] { 1, 2, 3 }.Select(n => Text(ConvNeXtName, n * ConvNeXt.FewestBlocks)), .. Steps.Select(step => Text(StepName, (int)step)), "lstm", "gru", "vit-4"];

    private static readonly int[] ImageNetDepths = [18, 34, 50, 101, 152];

    /// <summary>The width a network has when none is given.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static int DefaultWidth(string model) => Parse(model) switch
    {
        { Family: Family.Vgg } => Vgg.DefaultWidth,
        { Family: Family.ResNet } => ResNet.DefaultWidth,
        { Family: Family.ConvNeXt or Family.ConvNeXtStep } => ConvNeXt.DefaultWidth,
        { Family: Family.Lstm or Family.Gru } => RecurrentNetwork.DefaultWidth,
        { Family: Family.Vit } => VisionTransformer.DefaultWidth,
        _ => SmallCnn.DefaultWidth,
    };

    /// <summary>The activation a network has when none is given.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static ActivationKind DefaultActivation(string model) => Parse(model) switch
    {
        (Family.ConvNeXt or Family.Vit, _) => ActivationKind.Gelu,
        (Family.ConvNeXtStep, var step) => (ConvNeXtStep)step >= ConvNeXtStep.Gelu ? ActivationKind.Gelu : ActivationKind.Relu,
        _ => ActivationKind.Relu,
    };

    /// <summary>
    /// Whether a network's norms stand between convolution and activation and follow every convolution, so that their place can be chosen.
    /// </summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static bool HasNormAfterEachConvolution(string model) => Parse(model).Family is not (Family.ConvNeXt or Family.ConvNeXtStep or Family.Vit or Family.Lstm or Family.Gru);

    /// <summary>Whether a network is a transformer, whose norms stand before each branch or after its sum.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static bool IsTransformer(string model) => Parse(model).Family == Family.Vit;

    /// <summary>Whether it can be chosen what a network's shortcuts do where the shape changes.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static bool IsResidual(string model) => Parse(model).Family == Family.ResNet;

    /// <summary>Whether a network reads an image as a sequence of its rows.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static bool IsRecurrent(string model) => Parse(model).Family is Family.Lstm or Family.Gru;

    /// <summary>
    /// Says what a network is, if its name does not tell: resnet50 and resnet152 are names in both of He et al.'s series, and the steps to ConvNeXt
    /// have only a number; null for other networks.
    /// </summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static string? Remark(string model) => Parse(model) switch
    {
        (Family.ResNet, var depth) when ImageNetDepths.Contains(depth) =>
            $"{model} is here the CIFAR network of {depth} layers, as resnet20 is (He et al. 2016, section 4.2), and not ImageNet's, which has bottlenecks and 4 stages",
        (Family.ConvNeXtStep, 0) => $"{model} is the residual network that the way to convnext-6 begins with (Liu et al. 2022)",
        (Family.ConvNeXtStep, var step) => $"{model} is a residual network on the way to convnext-6 (Liu et al. 2022), with {Changes(step)}",
        _ => null,
    };

    private static string Changes(int step) => string.Join(", ", new[]
    {
        "1:1:3:1 blocks a stage", "patches", "depthwise convolutions and inverted bottlenecks", "7x7 kernels", "GELU", "one activation a block", "one norm a block",
    }.Take(step));

    /// <summary>Builds the network of a name.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="shortcut">Residual networks: what their shortcuts do where the shape changes.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="block">Convolution, norm and activation; null: the norm before the network's own activation.</param>
    /// <param name="steps">Recurrent networks: the most rows of an image that they are trained on; null: all.</param>
    /// <exception cref="ExperimentException">There is no network of that name, or it does not take images of this size.</exception>
    public static Network Build(string model, int? width, Shortcut shortcut, ImageShape input, int classes, Norm norm, BuildingBlock? block = null, int? steps = null)
    {
        var channels = width ?? DefaultWidth(model);
        block ??= new BuildingBlock(DefaultActivation(model));
        var (family, depth) = Parse(model);
        if (family is Family.ConvNeXt or Family.ConvNeXtStep && Math.Min(input.Height, input.Width) < ConvNeXt.SmallestImage)
            throw new ExperimentException($"{model} needs images of {ConvNeXt.SmallestImage}x{ConvNeXt.SmallestImage} or more, since it makes patches of 2x2 and halves height and width three times more; these have {input.Height}x{input.Width}. Take --model small-cnn, or for images of your own --image-size {ConvNeXt.SmallestImage} or more.");
        if (family == Family.Vit && (input.Height % depth != 0 || input.Width % depth != 0))
        {
            var fitting = Enumerable.Range(2, Math.Min(input.Height, input.Width) / 2).Where(patch => input.Height % patch == 0 && input.Width % patch == 0);
            throw new ExperimentException($"{model} cuts images into patches of {depth}x{depth}, which do not fill {input.Height}x{input.Width} evenly; take one of {string.Join(", ", fitting.Select(patch => Text(TransformerName, patch)))}.");
        }

        if (family == Family.Vgg && Math.Min(input.Height, input.Width) < 16)
            throw new ExperimentException($"{model} needs images of 16x16 or more, since it halves height and width four times; these have {input.Height}x{input.Width}. Take --model small-cnn, or for images of your own --image-size 16 or more.");
        return family switch
        {
            Family.ResNet => ResNet.Build(depth, channels, shortcut, block, input, classes, norm),
            Family.Vgg => Vgg.Build(depth, channels, block, input, classes, norm),
            Family.SmallCnn => SmallCnn.Build(channels, block, input, classes, norm),
            Family.ConvNeXt => ConvNeXt.Build(model, depth, channels, ConvNeXtStep.ConvNeXt, block.Activation, input, classes, norm),
            Family.ConvNeXtStep => ConvNeXt.Build(model, ConvNeXt.FewestBlocks, channels, (ConvNeXtStep)depth, block.Activation, input, classes, norm),
            Family.Lstm => RecurrentNetwork.Build(RecurrentCell.Lstm, channels, steps, input, classes, norm),
            Family.Vit => VisionTransformer.Build(depth, channels, block, input, classes, norm),
            Family.Gru => RecurrentNetwork.Build(RecurrentCell.Gru, channels, steps, input, classes, norm),
            _ => throw new InvalidOperationException($"unknown family {family}"),
        };
    }

    /// <summary>The slots for a network's norms, which are the same for every norm and every image size.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="shortcut">Residual networks: what their shortcuts do where the shape changes.</param>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static IReadOnlyList<NormSlot> NormSlots(string model, int? width, Shortcut shortcut) =>
        Build(model, width, shortcut, Parse(model) is (Family.Vit, var patch) ? new ImageShape(3, patch, patch) : new ImageShape(3, 32, 32), 10, NormCatalog.Create(new("none"))).NormSlots;

    private static (Family Family, int Depth) Parse(string model)
    {
        if (model == "small-cnn")
            return (Family.SmallCnn, 0);
        if (model == "lstm")
            return (Family.Lstm, 0);
        if (model == "gru")
            return (Family.Gru, 0);
        if (DepthAfter(TransformerName, model) is { } size)
            return size >= 2 ? (Family.Vit, size) : throw new ExperimentException($"{model} would have patches of {size}x{size}; the number is their height and width, 2 or more, as in vit-4.");
        if (DepthAfter("vgg", model) is { } layers && Vgg.Depths.Contains(layers))
            return (Family.Vgg, layers);
        if (DepthAfter(StepName, model) is { } step && Steps.Contains((ConvNeXtStep)step))
            return (Family.ConvNeXtStep, step);
        if (DepthAfter(ConvNeXtName, model) is { } blocks)
        {
            return blocks > 0 && blocks % ConvNeXt.FewestBlocks == 0 ? (Family.ConvNeXt, blocks)
                : throw new ExperimentException($"There is no convnext of {blocks} blocks: their number is 6n, in stages of n, n, 3n and n, as in {string.Join(", ", Names.Where(name => DepthAfter(ConvNeXtName, name) is not null))}.");
        }

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
        return (ImageNetDepths.Contains(depth) ? $"resnet{depth} is a network for ImageNet; this program has He et al.'s networks for CIFAR" : $"There is no CIFAR resnet of depth {depth}")
            + $": their depth is 6n+2, as in {string.Join(", ", Names.Where(name => name.StartsWith("resnet", StringComparison.Ordinal)))} (He et al. 2016, section 4.2); {near}.";
    }

    private static string Text(string family, int number) => family + number.ToString(CultureInfo.InvariantCulture);

    // The steps before the last one, which is ConvNeXt itself.
    private static IEnumerable<ConvNeXtStep> Steps => Enum.GetValues<ConvNeXtStep>().Where(step => step < ConvNeXtStep.ConvNeXt);

    private static int? DepthAfter(string family, string model) =>
        model.StartsWith(family, StringComparison.Ordinal) && int.TryParse(model.AsSpan(family.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            ? depth : null;

    private enum Family
    {
        SmallCnn,
        ResNet,
        Vgg,
        ConvNeXt,
        ConvNeXtStep,
        Lstm,
        Gru,
        Vit,
    }
}
