using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>
/// The CIFAR residual network of depth 6n+2 (He et al., "Deep residual learning for image recognition", section 4.2): a 3x3
/// convolution, three stages of n blocks with 1, 2 and 4 times the width, halving height and width between them, the mean over what is
/// left, and a linear classifier.
/// </summary>
public static class ResNet
{
    /// <summary>The published width: 16, 32, 64 channels.</summary>
    public const int DefaultWidth = 16;

    private const int Stages = 3;

    /// <summary>Builds the network.</summary>
    /// <param name="depth">6n+2: 8, 14, 20, 32, 44, 56, 110, ...</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="shortcut">What a block that changes its shape does to its input.</param>
    /// <param name="block">Convolution, norm and activation; even where the norm comes last, the activation of a sum follows the sum.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(int depth, int width, Shortcut shortcut, BuildingBlock block, ImageShape input, int classes, Norm norm)
    {
        var blocks = (depth - 2) / 6;
        List<Layer> layers = [.. block.Layers(new("conv1", input.Channels, width, 3), "norm1")];
        var channels = width;
        for (var stage = 1; stage <= Stages; stage++)
        {
            var outChannels = width << (stage - 1);
            for (var index = 0; index < blocks; index++)
            {
                var stride = stage > 1 && index == 0 ? 2 : 1;
                layers.Add(Block($"layer{stage}.{index}", channels, outChannels, stride, shortcut, block, stage < Stages));
                layers.Add(new Activation(block.Activation));
                channels = outChannels;
            }
        }

        layers.AddRange([new GlobalAveragePool(), new Linear("fc", channels, classes)]);
        return new Network($"resnet{depth}", input, classes, norm, layers);
    }

    private static Residual Block(string name, int channels, int outChannels, int stride, Shortcut shortcut, BuildingBlock block, bool mayDivide)
    {
        IReadOnlyList<Layer> branch =
        [
            .. block.Layers(new($"{name}.conv1", channels, outChannels, 3, stride), $"{name}.norm1", mayDivide),
            new Convolution($"{name}.conv2", outChannels, outChannels, 3),
            new NormSlot($"{name}.norm2", outChannels, EndsResidual: true),
        ];
        IReadOnlyList<Layer> path = (stride, shortcut) switch
        {
            (1, _) => [],
            (_, Shortcut.IdentityCentered) => [new PaddedIdentity(channels, outChannels, stride, (outChannels - channels) / 2)],
            (_, Shortcut.IdentityAppended) => [new PaddedIdentity(channels, outChannels, stride, 0)],
            (_, Shortcut.Projection) => [new Convolution($"{name}.shortcut.conv", channels, outChannels, 1, stride), new NormSlot($"{name}.shortcut.norm", outChannels)],
            _ => throw new InvalidOperationException($"unknown shortcut {shortcut}"),
        };
        return new Residual(name, branch, path);
    }
}
