using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>Layers one after the other.</summary>
internal sealed class SequenceModule : nn.Module<Tensor, Tensor>
{
    private readonly List<nn.Module<Tensor, Tensor>> _layers;

    internal SequenceModule(IEnumerable<nn.Module<Tensor, Tensor>> layers) : base(nameof(SequenceModule))
    {
        _layers = [.. layers];
        foreach (var (index, layer) in _layers.Index())
            register_module($"{index}", layer);
    }

    public override Tensor forward(Tensor input)
    {
        var x = input;
        foreach (var layer in _layers)
        {
            var y = layer.call(x);
            // What the backward pass needs it holds itself; without one, a map is freed as soon as the next is there.
            if (!ReferenceEquals(x, input) && !ReferenceEquals(x, y))
                x.Dispose();
            x = y;
        }

        return x;
    }
}

/// <summary>The sum of two paths; the shortcut is the input itself where it has no layers.</summary>
internal sealed class ResidualModule : nn.Module<Tensor, Tensor>
{
    private readonly SequenceModule branch;
    private readonly SequenceModule shortcut;

    internal ResidualModule(SequenceModule branch, SequenceModule shortcut) : base(nameof(ResidualModule))
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

/// <summary>A convolution without bias.</summary>
internal sealed class ConvolutionModule : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly long[] _strides;
    private readonly long[] _padding;

    internal ConvolutionModule(Convolution layer, Parameter weight) : base(nameof(ConvolutionModule))
    {
        this.weight = weight;
        (_strides, _padding) = ([layer.Stride, layer.Stride], [layer.Padding, layer.Padding]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => nn.functional.conv2d(input, weight, null, strides: _strides, padding: _padding);
}

/// <summary>max(x, 0).</summary>
internal sealed class ReluModule(bool inPlace) : nn.Module<Tensor, Tensor>(nameof(ReluModule))
{
    public override Tensor forward(Tensor input) => inPlace ? input.relu_() : input.relu();
}

/// <summary>One pixel in every Stride rows and columns, and zeros for new channels after the old ones.</summary>
internal sealed class PaddedIdentityModule(PaddedIdentity layer) : nn.Module<Tensor, Tensor>(nameof(PaddedIdentityModule))
{
    private readonly long[] _newChannels = [0, 0, 0, 0, 0, layer.Out - layer.In];

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var pixels = input.slice(2, 0, long.MaxValue, layer.Stride).slice(3, 0, long.MaxValue, layer.Stride);
        return nn.functional.pad(pixels, _newChannels, PaddingModes.Constant, 0).MoveToOuterDisposeScope();
    }
}

/// <summary>The mean over height and width: [N, C, H, W] becomes [N, C].</summary>
internal sealed class GlobalAveragePoolModule() : nn.Module<Tensor, Tensor>(nameof(GlobalAveragePoolModule))
{
    private static readonly long[] s_area = [2, 3];

    public override Tensor forward(Tensor input) => input.mean(s_area);
}

/// <summary>x W^T + b.</summary>
internal sealed class LinearModule : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    internal LinearModule(Parameter weight, Parameter bias) : base(nameof(LinearModule))
    {
        (this.weight, this.bias) = (weight, bias);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
}
