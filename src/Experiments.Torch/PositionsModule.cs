using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>Adds what is learnt for each place and channel, [H * W, C], to a map [N, C, H, W].</summary>
internal sealed class PositionsModule : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    internal PositionsModule(Positions layer, Device? device = null) : base(nameof(PositionsModule))
    {
        weight = zeros([layer.Places, layer.Channels], float32, device).AsLearnt();
        RegisterComponents();
    }

    internal Parameter Weight => weight;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return (input + weight.t().reshape(input.shape[1..])).MoveToOuterDisposeScope();
    }
}
