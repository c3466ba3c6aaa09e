namespace Experiments.Core.Networks;

/// <summary>Where a norm stands.</summary>
public enum NormPosition
{
    /// <summary>Between convolution and activation (Ioffe &amp; Szegedy 2015), as in all of the paper's networks.</summary>
    Before,

    /// <summary>After the activation.</summary>
    After,
}

/// <summary>What networks are made of: a convolution, a norm and an activation.</summary>
/// <param name="Activation">The activation.</param>
/// <param name="Position">Where the norm stands.</param>
public sealed record BuildingBlock(ActivationKind Activation = ActivationKind.Relu, NormPosition Position = NormPosition.Before)
{
    /// <summary>The layers of one convolution.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="norm">The name of the norm's slot.</param>
    /// <param name="mayDivide">Whether the norm there may divide its channels (see <see cref="NormSlot.MayDivide"/>).</param>
    internal IEnumerable<Layer> Layers(Convolution convolution, string norm, bool mayDivide = false)
    {
        var slot = new NormSlot(norm, convolution.Out) { MayDivide = mayDivide };
        var activation = new Activation(Activation);
        return Position switch
        {
            NormPosition.Before => [convolution, slot, activation],
            NormPosition.After => [convolution, activation, slot],
            _ => throw new InvalidOperationException($"unknown position {Position}"),
        };
    }
}
