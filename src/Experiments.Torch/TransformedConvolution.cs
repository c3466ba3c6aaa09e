using Experiments.Core.Norms;

namespace Experiments.Torch;

/// <summary>
/// A convolution whose kernel is transformed before it is applied, as a norm's <see cref="WeightTransform"/> says. TorchSharp's
/// Conv2d cannot do this. Autograd differentiates the transform.
/// </summary>
public sealed class TransformedConvolution : nn.Module<Tensor, Tensor>
{
    // The axes of one output channel's weights.
    private static readonly long[] s_kernel = [1, 2, 3];

    private readonly Parameter weight;
    private readonly Parameter? gain;
    private readonly Parameter? bias;
    private readonly WeightTransform _transform;
    private readonly long _stride;
    private readonly long _padding;
    private readonly long _groups;

    /// <summary>Makes the layer, with weights by He et al. 2015 over the outputs, and gains 1.</summary>
    /// <param name="transform">What the kernel goes through.</param>
    /// <param name="inChannels">Input channels.</param>
    /// <param name="outChannels">Output channels.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="stride">The stride.</param>
    /// <param name="padding">Zeros on every side.</param>
    /// <param name="device">Where the weights lie; null: on the processor.</param>
    /// <param name="groups">The groups that input and output channels fall into, each output channel seeing one group.</param>
    /// <param name="hasBias">Whether a number, at first 0, is added to each output channel.</param>
    public TransformedConvolution(
        WeightTransform transform, long inChannels, long outChannels, long kernel, long stride = 1, long padding = 0, Device? device = null, long groups = 1, bool hasBias = false)
        : base(nameof(TransformedConvolution))
    {
        (_transform, _stride, _padding, _groups) = (transform, stride, padding, groups);
        var values = nn.init.kaiming_normal_(empty([outChannels, inChannels / groups, kernel, kernel], float32, device), mode: nn.init.FanInOut.FanOut);
        weight = ChannelsLast(values);
        if (transform == WeightTransform.Normalization)
            gain = ones([outChannels, 1, 1, 1], float32, device).AsLearnt();
        if (hasBias)
            bias = zeros(outChannels, float32, device).AsLearnt();

        RegisterComponents();
    }

    /// <summary>v, [Out, In, K, K]: what is learnt.</summary>
    public Parameter Weight => weight;

    /// <summary>g of weight normalization, [Out, 1, 1, 1]; null elsewhere.</summary>
    public Parameter? Gain => gain;

    /// <summary>The bias, [Out]; null where there is none.</summary>
    public Parameter? Bias => bias;

    /// <summary>Convolves [N, In, H, W] to [N, Out, H', W'].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var kernel = Transformed();
        if (kernel.size(2) > 1 || kernel.size(3) > 1 || _groups > 1)
            return nn.functional.conv2d(input, kernel, bias, strides: [_stride, _stride], padding: [_padding, _padding], groups: _groups).MoveToOuterDisposeScope();
        // A 1 x 1 kernel is a linear layer at every place. As a convolution with a stride it writes past its memory where channels are few
        // (libtorch 2.10 with its oneDNN 3.7.1 on AVX-512), and without a stride it prints a warning a call at small batches.
        var places = input.slice(2, 0, long.MaxValue, _stride).slice(3, 0, long.MaxValue, _stride).permute(0, 2, 3, 1);
        return nn.functional.linear(places, kernel.flatten(1), bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A kernel [Out, In, K, K] whose input channels lie last in memory, as a parameter. So libtorch computes with oneDNN's kernels for channels last,
    /// whatever the maps. With channels first it takes NNPACK for small batches and few channels, and where the processor does not suit
    /// NNPACK (AVX-512) it warns at every call and gives wrong numbers (libtorch 2.10).
    /// </summary>
    internal static Parameter ChannelsLast(Tensor kernel)
    {
        using var scope = NewDisposeScope();
        return kernel.detach().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).AsLearnt();
    }

    /// <summary>w from v, [Out, In, K, K].</summary>
    private Tensor Transformed() => _transform switch
    {
        WeightTransform.None => weight.alias(),
        WeightTransform.Normalization => weight * (gain! / (weight * weight).sum(s_kernel, keepdim: true).sqrt()),
        WeightTransform.Standardization => Standardized(weight - weight.mean(s_kernel, keepdim: true)),
        _ => throw new InvalidOperationException($"unknown transform {_transform}"),
    };

    private static Tensor Standardized(Tensor centred) => centred * ((centred * centred).mean(s_kernel, keepdim: true) + Norm.Epsilon).rsqrt();
}
