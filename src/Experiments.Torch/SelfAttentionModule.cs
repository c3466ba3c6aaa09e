using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>Self-attention of the places of a map, with the parameters of TorchSharp's MultiheadAttention, which takes tokens in place of maps.</summary>
internal sealed class SelfAttentionModule : nn.Module<Tensor, Tensor>
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter in_proj_bias;
    private readonly Parameter out_proj_weight;
    private readonly Parameter out_proj_bias;
    private readonly SelfAttention _layer;

    /// <summary>Makes the layer; all parameters are zero until they are written.</summary>
    /// <param name="layer">What it is.</param>
    /// <param name="device">Where its parameters lie.</param>
    /// <param name="dtype">Their type.</param>
    internal SelfAttentionModule(SelfAttention layer, Device? device = null, ScalarType dtype = ScalarType.Float32) : base(nameof(SelfAttentionModule))
    {
        _layer = layer;
        in_proj_weight = Zeros(3 * layer.Channels, layer.Channels);
        in_proj_bias = Zeros(3 * layer.Channels);
        out_proj_weight = Zeros(layer.Channels, layer.Channels);
        out_proj_bias = Zeros(layer.Channels);
        RegisterComponents();

        Parameter Zeros(params long[] shape) => zeros(shape, dtype, device).AsLearnt();
    }

    /// <summary>The parameters by the names that the network has for them.</summary>
    internal IEnumerable<(string Name, Parameter Values)> Learnt =>
        [(_layer.InputWeight, in_proj_weight), (_layer.InputBias, in_proj_bias), (_layer.OutputWeight, out_proj_weight), (_layer.OutputBias, out_proj_bias)];

    /// <summary>From a map [N, C, H, W] to one of the same size.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (n, c, heads) = (input.size(0), input.size(1), _layer.Heads);
        // [N, T, C] gives [N, T, 3 * heads * C/heads], which gives queries, keys and values [N, heads, T, C/heads].
        var tokens = input.flatten(2).transpose(1, 2);
        var parts = nn.functional.linear(tokens, in_proj_weight, in_proj_bias).view(n, -1, 3, heads, c / heads).permute(2, 0, 3, 1, 4);
        var attended = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]).transpose(1, 2).reshape(n, -1, c);
        return nn.functional.linear(attended, out_proj_weight, out_proj_bias).transpose(1, 2).reshape(input.shape).MoveToOuterDisposeScope();
    }
}
