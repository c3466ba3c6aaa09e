using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>
/// The plain networks of Simonyan &amp; Zisserman ("Very deep convolutional networks", ICLR 2015, table 1, A, B, D and E) at CIFAR scale: five
/// stages of 3x3 convolutions with 1, 2, 4, 8 and 8 times the width, with max pooling between them. The mean over what is left and one linear
/// classifier replace the last pooling and the three dense layers, which are made for maps of 224x224. A norm follows every convolution, or none
/// does, as in the paper's section 4.3.
/// </summary>
public static class Vgg
{
    /// <summary>The published width: 64, 128, 256, 512, 512 channels.</summary>
    public const int DefaultWidth = 64;

    /// <summary>Convolutions in each stage, by the network's depth.</summary>
    private static readonly Dictionary<int, int[]> Stages = new()
    {
        [11] = [1, 1, 2, 2, 2],
        [13] = [2, 2, 2, 2, 2],
        [16] = [2, 2, 3, 3, 3],
        [19] = [2, 2, 4, 4, 4],
    };

    /// <summary>The depths there are.</summary>
    public static IReadOnlyCollection<int> Depths => Stages.Keys;

    /// <summary>Builds the network.</summary>
    /// <param name="depth">11, 13, 16 or 19: the published network's layers with weights.</param>
    /// <param name="width">Channels of the first stage.</param>
    /// <param name="block">Convolution, norm and activation.</param>
    /// <param name="input">The size of an image, 16 x 16 at least.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(int depth, int width, BuildingBlock block, ImageShape input, int classes, Norm norm)
    {
        var layers = new List<Layer>();
        var (channels, norms) = (input.Channels, 0);
        foreach (var (stage, convolutions) in Stages[depth].Index())
        {
            if (stage > 0)
                layers.Add(new MaxPool());
            var outChannels = width << Math.Min(stage, 3);
            for (var index = 1; index <= convolutions; index++)
            {
                var name = $"{stage + 1}_{index}";
                layers.AddRange(block.Layers(new($"conv{name}", channels, outChannels, 3), $"norm{name}", mayDivide: norms++ < Stages[depth].Sum() / 2));
                channels = outChannels;
            }
        }

        layers.AddRange([new GlobalAveragePool(), new Linear("fc", channels, classes)]);
        return new Network($"vgg{depth}", input, classes, norm, layers);
    }
}
