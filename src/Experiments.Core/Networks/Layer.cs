namespace Experiments.Core.Networks;

/// <summary>One layer of a network: a description with its sizes in it. Nothing here computes.</summary>
/// <param name="Name">The layer's name within the network, for example <c>layer1.0.conv1</c>; empty where it has no parameters.</param>
public abstract record Layer(string Name);

/// <summary>A convolution without bias: the norm (or, without one, the shift in its slot) brings it.</summary>
/// <param name="Name">The name.</param>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Kernel">Height and width of the kernel; the padding is (Kernel - 1) / 2 on every side.</param>
/// <param name="Stride">The stride.</param>
public sealed record Convolution(string Name, int In, int Out, int Kernel, int Stride = 1) : Layer(Name)
{
    /// <summary>Zeros on every side, so that stride 1 keeps the size.</summary>
    public int Padding => (Kernel - 1) / 2;
}

/// <summary>A slot for a norm over so many channels. Which norm, the network as a whole says.</summary>
/// <param name="Name">The name.</param>
/// <param name="Channels">C, the channels it normalizes.</param>
/// <param name="EndsResidual">
/// The last norm of a residual branch: its gamma begins at 0, so that the block begins as the identity (Goyal et al. 2017).
/// </param>
public sealed record NormSlot(string Name, int Channels, bool EndsResidual = false) : Layer(Name);

/// <summary>A function of each value.</summary>
public enum ActivationKind
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
}

/// <summary>The network's activation function.</summary>
/// <param name="Kind">Which.</param>
public sealed record Activation(ActivationKind Kind) : Layer("");

/// <summary>The largest of each 2 x 2 places; an odd last row or column is left out. The first of equals counts.</summary>
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
