using Experiments.Core.Networks;
using Experiments.Core.Norms;

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

/// <summary>A convolution without bias, its kernel transformed as the norm says and differentiated by autograd.</summary>
internal sealed class ConvolutionModule : nn.Module<Tensor, Tensor>
{
    // Over one output channel's weights.
    private static readonly long[] s_kernel = [1, 2, 3];

    private readonly Parameter weight;
    private readonly Parameter? gain;
    private readonly WeightTransform _transform;
    private readonly long[] _strides;
    private readonly long[] _padding;

    internal ConvolutionModule(Convolution layer, WeightTransform transform, Parameter weight, Parameter? gain) : base(nameof(ConvolutionModule))
    {
        (this.weight, this.gain, _transform) = (weight, gain, transform);
        (_strides, _padding) = ([layer.Stride, layer.Stride], [layer.Padding, layer.Padding]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return nn.functional.conv2d(input, Transformed(), null, strides: _strides, padding: _padding).MoveToOuterDisposeScope();
    }

    /// <summary>w from v, [Out, In, K, K].</summary>
    private Tensor Transformed() => _transform switch
    {
        WeightTransform.None => weight,
        WeightTransform.Normalization => weight * (gain! / (weight * weight).sum(s_kernel, keepdim: true).sqrt()),
        WeightTransform.Standardization => Standardized(weight - weight.mean(s_kernel, keepdim: true)),
        _ => throw new InvalidOperationException($"unknown transform {_transform}"),
    };

    private static Tensor Standardized(Tensor centred) => centred * ((centred * centred).mean(s_kernel, keepdim: true) + Norm.Epsilon).rsqrt();
}

/// <summary>A function of each value.</summary>
/// <param name="kind">Which.</param>
/// <param name="inPlace">Whether a ReLU may overwrite its input; the others never do.</param>
internal sealed class ActivationModule(ActivationKind kind, bool inPlace) : nn.Module<Tensor, Tensor>(nameof(ActivationModule))
{
    public override Tensor forward(Tensor input) => kind switch
    {
        ActivationKind.Relu => inPlace ? input.relu_() : input.relu(),
        ActivationKind.Sigmoid => input.sigmoid(),
        ActivationKind.Tanh => input.tanh(),
        _ => throw new InvalidOperationException($"unknown activation {kind}"),
    };
}

/// <summary>The largest of each 2 x 2 places.</summary>
internal sealed class MaxPoolModule() : nn.Module<Tensor, Tensor>(nameof(MaxPoolModule))
{
    public override Tensor forward(Tensor input) => nn.functional.max_pool2d(input, 2);
}

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
