using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>
/// ConvNeXt (Liu et al., "A ConvNet for the 2020s", CVPR 2022): patches, four stages of n, n, 3n and n blocks with 1, 2, 4 and 8 times the width,
/// halving height and width between them, the mean over what is left, a norm, and a linear classifier. A block is a depthwise 7x7 convolution, a
/// norm, a 1x1 convolution to four times the channels, GELU, a 1x1 convolution back, and a layer scale. Patches are 4x4, as published, of images of
/// 64x64 and more, and 2x2 of smaller ones. There is no stochastic depth. Any norm may be used; the paper's is <c>ln-channels</c> (with an epsilon
/// of 1e-6 there). Eighteen blocks of width 96 are the published ConvNeXt-T.
/// </summary>
public static class ConvNeXt
{
    /// <summary>A third of the published width: 32, 64, 128, 256 channels, each of which can be divided into the paper's 32 groups.</summary>
    public const int DefaultWidth = 32;

    /// <summary>Blocks in the smallest ConvNeXt.</summary>
    public const int FewestBlocks = 6;

    /// <summary>The smallest height and width that the network takes.</summary>
    public const int SmallestImage = 16;

    /// <summary>
    /// What a layer scale begins with. It is the paper's value, also for short trainings: a block begins as the identity, like a block whose last
    /// gamma is 0, and SGD's first steps move the scale away from it, since the scale's gradient is a sum over all places.
    /// </summary>
    private const double InitialScale = 1e-6;

    private const int Stages = 4, Expansion = 4;

    /// <summary>Builds the network, or one on the way to it.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="blocks">Blocks in all: 6n.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="step">The step on the way to ConvNeXt.</param>
    /// <param name="activation">The activation.</param>
    /// <param name="input">The size of an image, 16 x 16 at least.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(string model, int blocks, int width, ConvNeXtStep step, ActivationKind activation, ImageShape input, int classes, Norm norm)
    {
        var n = blocks / FewestBlocks;
        int[] depths = step >= ConvNeXtStep.StageRatio ? [n, n, 3 * n, n] : [n, 2 * n, 2 * n, n];
        var layers = Stem(input, width, step, activation);
        var channels = width;
        for (var stage = 1; stage <= Stages; stage++)
        {
            var outChannels = width << (stage - 1);
            var stride = stage > 1 ? 2 : 1;
            if (step == ConvNeXtStep.ConvNeXt && stage > 1)
            {
                layers.AddRange([new NormSlot($"stage{stage}.norm", channels), new Convolution($"stage{stage}.conv", channels, outChannels, 2, 2, HasBias: true)]);
                (channels, stride) = (outChannels, 1);
            }

            for (var index = 0; index < depths[stage - 1]; index++)
            {
                layers.Add(Block($"stage{stage}.{index}", channels, outChannels, index == 0 ? stride : 1, step, activation));
                if (step < ConvNeXtStep.FewerActivations)
                    layers.Add(new Activation(activation));
                channels = outChannels;
            }
        }

        layers.Add(new GlobalAveragePool());
        if (step == ConvNeXtStep.ConvNeXt)
            layers.Add(new NormSlot("norm", channels));
        layers.Add(new Linear("fc", channels, classes));
        return new Network(model, input, classes, norm, layers);
    }

    /// <summary>The first layers. Before <see cref="ConvNeXtStep.PatchifyStem"/> the windows of the convolution overlap, with the same stride.</summary>
    private static List<Layer> Stem(ImageShape input, int width, ConvNeXtStep step, ActivationKind activation)
    {
        var stride = Math.Min(input.Height, input.Width) >= 64 ? 4 : 2;
        var kernel = step >= ConvNeXtStep.PatchifyStem ? stride : (2 * stride) - 1;
        List<Layer> layers = [new Convolution("stem.conv", input.Channels, width, kernel, stride, HasBias: step == ConvNeXtStep.ConvNeXt), new NormSlot("stem.norm", width)];
        if (step < ConvNeXtStep.FewerActivations)
            layers.Add(new Activation(activation));
        return layers;
    }

    private static Residual Block(string name, int channels, int outChannels, int stride, ConvNeXtStep step, ActivationKind activation)
    {
        var wide = Expansion * outChannels;
        var function = new Activation(activation);
        var kernel = step >= ConvNeXtStep.LargeKernel ? 7 : 3;
        var depthwise = new Convolution($"{name}.conv1", channels, channels, kernel, stride, Groups: channels, HasBias: step == ConvNeXtStep.ConvNeXt);
        var hasBias = step >= ConvNeXtStep.FewerNorms;
        Convolution up = new($"{name}.conv2", channels, wide, 1, HasBias: hasBias), down = new($"{name}.conv3", wide, outChannels, 1, HasBias: hasBias);
        NormSlot first = new($"{name}.norm1", channels), second = new($"{name}.norm2", wide), third = new($"{name}.norm3", outChannels, EndsResidual: true);
        IReadOnlyList<Layer> branch = step switch
        {
            < ConvNeXtStep.DepthwiseConvolution =>
            [
                new Convolution($"{name}.conv1", channels, outChannels, 3, stride), new NormSlot($"{name}.norm1", outChannels), function,
                new Convolution($"{name}.conv2", outChannels, outChannels, 3), new NormSlot($"{name}.norm2", outChannels, EndsResidual: true),
            ],
            < ConvNeXtStep.FewerActivations => [depthwise, first, function, up, second, function, down, third],
            ConvNeXtStep.FewerActivations => [depthwise, first, up, second, function, down, third],
            _ => [depthwise, first, up, function, down, new LayerScale($"{name}.scale", outChannels, InitialScale)],
        };
        return new Residual(name, branch, stride == 1 ? []
            : [new Convolution($"{name}.shortcut.conv", channels, outChannels, 1, stride), new NormSlot($"{name}.shortcut.norm", outChannels)]);
    }
}
