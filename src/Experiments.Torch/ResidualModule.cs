namespace Experiments.Torch;

/// <summary>The sum of two paths; a shortcut without layers is the input itself.</summary>
internal sealed class ResidualModule : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> branch;
    private readonly nn.Module<Tensor, Tensor> shortcut;

    internal ResidualModule(nn.Module<Tensor, Tensor> branch, nn.Module<Tensor, Tensor> shortcut) : base(nameof(ResidualModule))
    {
        (this.branch, this.shortcut) = (branch, shortcut);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // In place: a branch ends in a norm or a convolution, neither of which needs its result in the backward pass.
        return branch.call(input).add_(shortcut.call(input)).MoveToOuterDisposeScope();
    }
}
