using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>
/// A recurrent layer over the rows of an image, step by step, with a norm in each slot that <see cref="Recurrent"/> has. TorchSharp's LSTM and GRU have
/// no room for norms. Without a norm, this module computes the same as they do.
/// </summary>
internal sealed class RecurrentModule : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight_ih_l0;
    private readonly Parameter weight_hh_l0;
    private readonly Parameter bias_ih_l0;
    private readonly Parameter bias_hh_l0;
    private readonly TorchSharp.Modules.ModuleList<NormLayer> inputNorms;
    private readonly TorchSharp.Modules.ModuleList<NormLayer> hiddenNorms;
    private readonly NormLayer? cellNorm;
    private readonly Recurrent _layer;

    /// <summary>Makes the layer; all parameters are zero until they are written.</summary>
    /// <param name="layer">What it is.</param>
    /// <param name="normFor">Makes the norm of a slot.</param>
    /// <param name="device">Where its parameters lie.</param>
    /// <param name="dtype">Their type.</param>
    internal RecurrentModule(Recurrent layer, Func<NormSlot, NormLayer> normFor, Device? device = null, ScalarType dtype = ScalarType.Float32) : base(nameof(RecurrentModule))
    {
        _layer = layer;
        var sums = layer.Gates * layer.Hidden;
        weight_ih_l0 = Zeros(sums, layer.In);
        weight_hh_l0 = Zeros(sums, layer.Hidden);
        bias_ih_l0 = Zeros(sums);
        bias_hh_l0 = Zeros(sums);
        inputNorms = nn.ModuleList([.. layer.InputSlots.Select(normFor)]);
        hiddenNorms = nn.ModuleList([.. layer.HiddenSlots.Select(normFor)]);
        cellNorm = layer.CellSlot is { } slot ? normFor(slot) : null;
        RegisterComponents();

        Parameter Zeros(params long[] shape) => zeros(shape, dtype, device).AsLearnt();
    }

    /// <summary>The parameters by the names that the network has for them.</summary>
    internal IEnumerable<(string Name, Parameter Values)> Learnt =>
        [(_layer.InputWeight, weight_ih_l0), (_layer.HiddenWeight, weight_hh_l0), (_layer.InputBias, bias_ih_l0), (_layer.HiddenBias, bias_hh_l0)];

    /// <summary>Reads the rows of images [N, C, H, W].</summary>
    /// <returns>The hidden state after the last, [N, Hidden].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // [N, C, H, W] as H steps of C * W values, and what the input gives to the gates in all of them, [N, H, Gates * Hidden].
        var rows = input.permute(0, 2, 1, 3).flatten(2);
        var sums = cat([.. Parts(nn.functional.linear(rows, weight_ih_l0), 2, inputNorms).Select(OverSteps)], 2);
        var (steps, hidden) = ((int)rows.size(1), _layer.Hidden);
        var h = zeros([rows.size(0), hidden], rows.dtype, rows.device);
        var c = h;
        if (_layer.Cell == RecurrentCell.Lstm)
        {
            sums = sums + bias_ih_l0 + bias_hh_l0;
            for (var t = 0; t < steps; t++)
                (h, c) = Lstm(sums.select(1, t), FromHidden(h, t).Single(), c, t);
        }
        else
        {
            sums += bias_ih_l0;
            for (var t = 0; t < steps; t++)
                h = Gru(sums.select(1, t), FromHidden(h, t), h);
        }

        return h.MoveToOuterDisposeScope();
    }

    private (Tensor H, Tensor C) Lstm(Tensor fromInput, Tensor fromHidden, Tensor c, int step)
    {
        var gates = (fromInput + fromHidden).chunk(4, 1);
        var (i, f, g, o) = (gates[0].sigmoid(), gates[1].sigmoid(), gates[2].tanh(), gates[3].sigmoid());
        c = (f * c) + (i * g);
        return (o * cellNorm!.At(c, step).tanh(), c);
    }

    private Tensor Gru(Tensor fromInput, List<Tensor> fromHidden, Tensor h)
    {
        var hidden = _layer.Hidden;
        var gates = (fromInput.narrow(1, 0, 2 * hidden) + fromHidden[0] + bias_hh_l0.narrow(0, 0, 2 * hidden)).sigmoid().chunk(2, 1);
        var (r, z) = (gates[0], gates[1]);
        var n = (fromInput.narrow(1, 2 * hidden, hidden) + (r * (fromHidden[1] + bias_hh_l0.narrow(0, 2 * hidden, hidden)))).tanh();
        return n + (z * (h - n));
    }

    /// <summary>What the hidden state [N, Hidden] gives to the gates of a step, slot by slot.</summary>
    private List<Tensor> FromHidden(Tensor h, int step) =>
        [.. Parts(nn.functional.linear(h, weight_hh_l0), 1, hiddenNorms).Select(part => part.Norm.At(part.Sums, step))];

    /// <summary>The sums along an axis, cut into those of each slot.</summary>
    private IEnumerable<(Tensor Sums, NormLayer Norm)> Parts(Tensor sums, long axis, IEnumerable<NormLayer> norms)
    {
        var first = 0L;
        foreach (var (norm, slot) in norms.Zip(_layer.InputSlots))
        {
            yield return (sums.narrow(axis, first, slot.Channels), norm);
            first += slot.Channels;
        }
    }

    /// <summary>The sums [N, T, C] of all steps, normalized: at once, or step by step where each has statistics of its own.</summary>
    private static Tensor OverSteps((Tensor Sums, NormLayer Norm) part) => part.Norm.RunningMean is { } kept && kept.dim() > 1
        ? stack([.. Enumerable.Range(0, (int)part.Sums.size(1)).Select(t => part.Norm.At(part.Sums.select(1, t), t))], 1)
        : part.Norm.call(part.Sums.transpose(1, 2)).transpose(1, 2);
}
