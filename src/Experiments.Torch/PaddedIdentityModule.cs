using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>One pixel in every Stride rows and columns, and zeros for new channels before and after the old ones.</summary>
internal sealed class PaddedIdentityModule(PaddedIdentity layer) : nn.Module<Tensor, Tensor>(nameof(PaddedIdentityModule))
{
    private readonly long[] _newChannels = [0, 0, 0, 0, layer.Before, layer.Out - layer.In - layer.Before];

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var pixels = input.slice(2, 0, long.MaxValue, layer.Stride).slice(3, 0, long.MaxValue, layer.Stride);
        return nn.functional.pad(pixels, _newChannels, PaddingModes.Constant, 0).MoveToOuterDisposeScope();
    }
}
