using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>One layer of a network: a description with its sizes in it. Nothing here computes.</summary>
/// <param name="Name">The layer's name within the network, for example <c>layer1.0.conv1</c>; empty where it has no parameters.</param>
public abstract record Layer(string Name);

/// <summary>A convolution, mostly without a bias: the norm that follows adds one, or without a norm the shift in its slot.</summary>
/// <param name="Name">The name.</param>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Kernel">Height and width of the kernel.</param>
/// <param name="Stride">The stride.</param>
/// <param name="Groups">
/// The groups that input and output channels are divided into; an output channel sees only its own group. With as many groups as channels, it is a
/// depthwise convolution.
/// </param>
/// <param name="HasBias">Whether a number is added to each output channel.</param>
public sealed record Convolution(string Name, int In, int Out, int Kernel, int Stride = 1, int Groups = 1, bool HasBias = false) : Layer(Name)
{
    /// <summary>The standard deviation of its initial weights; null: that of <see cref="Training.Initialization"/> for convolutions.</summary>
    public double? Deviation { get; init; }

    /// <summary>Zeros added on every side: as many as keep the size at stride 1, and none if the kernel cuts the map into patches.</summary>
    public int Padding => Stride == Kernel ? 0 : (Kernel - 1) / 2;
}

/// <summary>A slot for a norm over a number of channels. The network says which norm it is.</summary>
/// <param name="Name">The name.</param>
/// <param name="Channels">C, the channels it normalizes.</param>
/// <param name="EndsResidual">
/// Whether it is the last norm of a residual branch, whose gamma begins at 0, so that the block begins as the identity (Goyal et al. 2017).
/// </param>
public sealed record NormSlot(string Name, int Channels, bool EndsResidual = false) : Layer(Name)
{
    /// <summary>Whether its norm has a shift.</summary>
    public SlotShift Shift { get; init; } = SlotShift.OfNormOrBias;

    /// <summary>
    /// Whether it stands inside a recurrence, where the places of a map come one after the other: a norm over all places has no statistics there,
    /// and the slot then holds no norm.
    /// </summary>
    public bool IsInRecurrence { get; init; }

    /// <summary>
    /// Whether a norm that pools the first half of its channels in another way does so here (<see cref="Norm.FirstHalf"/>): in the first norm of
    /// each block, in all stages but the last (Pan et al. 2018, IBN-a). In a network without blocks, these are the first half of its norms.
    /// </summary>
    public bool MayDivide { get; init; }

    /// <summary>What gamma begins with if the norm is over samples.</summary>
    public double ScaleOverSamples { get; init; } = 1;

    /// <summary>
    /// The number of places that statistics are kept for, if each place has its own; later places use those of the last one. Null: all places of
    /// the map.
    /// </summary>
    public int? MostPlaces { get; init; }

    /// <summary>What this slot holds of a network's norm.</summary>
    /// <param name="norm">The network's norm.</param>
    public Norm Of(Norm norm)
    {
        if (IsInRecurrence && norm.Pooling is { Places: PlaceSpan.All })
            return new Norm(norm.Name, null, Affine.None);
        norm = MayDivide ? norm : norm with { FirstHalf = null };
        var hasShift = Shift switch
        {
            SlotShift.OfNormOrBias => true,
            SlotShift.OfNorm => norm.Pooling is not null,
            SlotShift.None => false,
            _ => throw new InvalidOperationException($"unknown shift {Shift}"),
        };
        return hasShift ? norm : norm with { Affine = norm.Affine & ~Affine.Shift };
    }

    /// <summary>The sizes of the running mean of this slot's norm, and of its running variance.</summary>
    /// <param name="norm">The network's norm, which keeps them.</param>
    /// <param name="places">H * W of the slot's map.</param>
    public IReadOnlyList<int> RunningShape(Norm norm, int places) => norm.RunningShape(Channels, Math.Min(places, MostPlaces ?? places));
}

/// <summary>Whether the norm in a slot has the shift that it has elsewhere.</summary>
public enum SlotShift
{
    /// <summary>It has the shift. Without a norm, the slot still has it: it is the bias of the layer before the slot.</summary>
    OfNormOrBias,

    /// <summary>It has the shift. Without a norm, the slot has none, since there is no layer whose bias it would be.</summary>
    OfNorm,

    /// <summary>It does not have the shift: the layer adds a bias of its own.</summary>
    None,
}

/// <summary>A function of each value.</summary>
public enum ActivationKind
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>x * Phi(x), with the normal distribution's Phi by the error function and not by an approximation (Hendrycks &amp; Gimpel 2016).</summary>
    Gelu,
}

/// <summary>Each channel times a number that is learnt (layer scale: Touvron et al., "Going deeper with image transformers", 2021).</summary>
/// <param name="Name">The name.</param>
/// <param name="Channels">C.</param>
/// <param name="Initial">What the numbers begin with.</param>
public sealed record LayerScale(string Name, int Channels, double Initial) : Layer(Name);

/// <summary>The network's activation function.</summary>
/// <param name="Kind">Which function it is.</param>
public sealed record Activation(ActivationKind Kind) : Layer("");

/// <summary>The largest of each 2 x 2 places; an odd last row or column is left out. Of equal values, the first counts.</summary>
public sealed record MaxPool() : Layer("");

/// <summary>The sum of two paths from the same input. An empty shortcut is the identity.</summary>
/// <param name="Name">The name.</param>
/// <param name="Branch">The residual path.</param>
/// <param name="Shortcut">The other path.</param>
public sealed record Residual(string Name, IReadOnlyList<Layer> Branch, IReadOnlyList<Layer> Shortcut) : Layer(Name);

/// <summary>
/// The shortcut without parameters where a block changes shape (He et al. 2016, option A): every Stride-th pixel, and zeros for the
/// channels that are new.
/// </summary>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Stride">The stride.</param>
/// <param name="Before">How many of the new channels stand before the old ones; the rest follow them.</param>
public sealed record PaddedIdentity(int In, int Out, int Stride, int Before) : Layer("");

/// <summary>The mean over height and width: [N, C, H, W] becomes [N, C].</summary>
public sealed record GlobalAveragePool() : Layer("");

/// <summary>x W^T + b: [N, In] becomes [N, Out].</summary>
/// <param name="Name">The name.</param>
/// <param name="In">Input features.</param>
/// <param name="Out">Output features.</param>
public sealed record Linear(string Name, int In, int Out) : Layer(Name);
