using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>A number that is learnt for each channel and place, added to a map: the position embedding of a transformer.</summary>
/// <param name="Name">The name.</param>
/// <param name="Channels">C.</param>
/// <param name="Places">H * W.</param>
public sealed record Positions(string Name, int Channels, int Places) : Layer(Name);

/// <summary>
/// Multi-head self-attention of the places of a map among themselves (Vaswani et al. 2017, section 3.2): the queries, keys and values of each head
/// are linear functions of a place's channels, a head gives <c>softmax(Q K^T / sqrt(C / heads)) V</c>, and a linear function of what the heads give
/// follows. Its parameters are those of PyTorch's MultiheadAttention.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Channels">C.</param>
/// <param name="Heads">The heads, which divide the channels.</param>
public sealed record SelfAttention(string Name, int Channels, int Heads) : Layer(Name)
{
    /// <summary>The name of the matrices of queries, keys and values, one below the other: [3 C, C].</summary>
    public string InputWeight => $"{Name}.in_proj_weight";

    /// <summary>The name of their biases, [3 C].</summary>
    public string InputBias => $"{Name}.in_proj_bias";

    /// <summary>The name of the matrix that is applied to what the heads give, [C, C].</summary>
    public string OutputWeight => $"{Name}.out_proj.weight";

    /// <summary>The name of its bias, [C].</summary>
    public string OutputBias => $"{Name}.out_proj.bias";
}

/// <summary>
/// A vision transformer (Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021) for small images: patches, learnt positions, four blocks
/// of self-attention and of a function of each place with four times the channels in its middle and GELU, the mean over the places in place of a
/// class token, and a linear classifier. The places of the map are the tokens. Any norm may be used; the paper's is <c>ln-channels</c>. It stands
/// before each branch and after the last block (Dosovitskiy et al.), or after each sum (Vaswani et al. 2017). There is no dropout.
/// </summary>
public static class VisionTransformer
{
    /// <summary>Channels of a token.</summary>
    public const int DefaultWidth = 64;

    private const int Blocks = 4, Expansion = 4, ChannelsPerHead = 32;

    /// <summary>Builds the network.</summary>
    /// <param name="patch">Height and width of a patch, which divide the image's.</param>
    /// <param name="width">Channels of a token; a head for each 32 of them, or one where 32 does not divide them.</param>
    /// <param name="block">The activation in the blocks, and whether their norms stand before or after.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(int patch, int width, BuildingBlock block, ImageShape input, int classes, Norm norm)
    {
        var places = input.Height / patch * (input.Width / patch);
        List<Layer> layers =
        [
            new Convolution("patches", input.Channels, width, patch, patch, HasBias: true) { Deviation = Math.Sqrt(1.0 / (input.Channels * patch * patch)) },
            new Positions("positions", width, places),
        ];
        var heads = width % ChannelsPerHead == 0 ? width / ChannelsPerHead : 1;
        for (var index = 0; index < Blocks; index++)
        {
            layers.AddRange(Branch($"blocks.{index}.attention", $"blocks.{index}.norm_1", [new SelfAttention($"blocks.{index}.self_attention", width, heads)]));
            layers.AddRange(Branch($"blocks.{index}.function", $"blocks.{index}.norm_2",
            [
                Everywhere($"blocks.{index}.mlp.0", width, Expansion * width), new Activation(block.Activation), Everywhere($"blocks.{index}.mlp.2", Expansion * width, width),
            ]));
        }

        if (block.Position == NormPosition.Before)
            layers.Add(Slot("norm"));
        layers.AddRange([new GlobalAveragePool(), new Linear("fc", width, classes)]);
        return new Network($"vit-{patch}", input, classes, norm, layers);

        IEnumerable<Layer> Branch(string name, string slot, IReadOnlyList<Layer> layers) => block.Position switch
        {
            NormPosition.Before => [new Residual(name, [Slot(slot), .. layers], [])],
            NormPosition.After => [new Residual(name, layers, []), Slot(slot)],
            _ => throw new InvalidOperationException($"unknown position {block.Position}"),
        };

        // What follows a slot has a bias of its own.
        NormSlot Slot(string name) => new(name, width) { Shift = SlotShift.OfNorm };

        static Convolution Everywhere(string name, int from, int to) => new(name, from, to, 1, HasBias: true) { Deviation = Math.Sqrt(2.0 / (from + to)) };
    }
}
