using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>
/// The default network: four 3x3 convolutions with 64, 64, 128, 128 channels, three of them halving height and width, the mean over
/// what is left, and a linear classifier. Every normalized layer has 64 channels or more, so that the paper's 32 groups divide it
/// and none has fewer than two channels.
/// </summary>
public static class SmallCnn
{
    /// <summary>Channels of the first two convolutions.</summary>
    public const int DefaultWidth = 64;

    /// <summary>Builds the network.</summary>
    /// <param name="width">Channels of the first two convolutions; the last two have twice as many.</param>
    /// <param name="block">Convolution, norm and activation.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(int width, BuildingBlock block, ImageShape input, int classes, Norm norm)
    {
        (int Channels, int Stride)[] convolutions = [(width, 2), (width, 1), (2 * width, 2), (2 * width, 2)];
        var layers = new List<Layer>();
        var channels = input.Channels;
        foreach (var (index, (outChannels, stride)) in convolutions.Index())
        {
            layers.AddRange(block.Layers(new($"conv{index + 1}", channels, outChannels, 3, stride), $"norm{index + 1}", mayDivide: index < convolutions.Length / 2));
            channels = outChannels;
        }

        layers.AddRange([new GlobalAveragePool(), new Linear("fc", channels, classes)]);
        return new Network("small-cnn", input, classes, norm, layers);
    }
}
