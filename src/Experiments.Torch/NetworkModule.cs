using Experiments.Core.Networks;

namespace Experiments.Torch;

/// <summary>A network's layer records, one module each.</summary>
internal sealed class NetworkModule : nn.Module<Tensor, Tensor>
{
    private readonly SequenceModule layers;
    private readonly List<(NormSlot Slot, NormModule Module)> _norms = [];
    private readonly Network _network;
    private readonly IReadOnlyDictionary<string, Parameter> _leaves;
    private readonly Device _device;

    /// <summary>Builds the network.</summary>
    /// <param name="network">Its description.</param>
    /// <param name="leaves">Its parameters by name.</param>
    /// <param name="device">Where they lie.</param>
    /// <param name="seed">What random numbers follow from.</param>
    internal NetworkModule(Network network, IReadOnlyDictionary<string, Parameter> leaves, Device device, long seed) : base(nameof(NetworkModule))
    {
        Pass = new Pass { Seed = seed };
        (_network, _leaves, _device) = (network, leaves, device);
        layers = Build(network.Layers);
        RegisterComponents();
    }

    /// <summary>What the norms do in the next forward pass.</summary>
    internal Pass Pass { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => layers.call(input);

    /// <summary>Forgets all population statistics.</summary>
    internal void ForgetPopulation() => _norms.ForEach(norm => norm.Module.ForgetPopulation());

    /// <summary>Running mean and variance of each norm that has them, in the order of the network.</summary>
    internal IEnumerable<(string Name, int Channels, Tensor Values)> RunningStatistics() =>
        from norm in _norms
        from buffer in norm.Module.named_buffers()
        select ($"{norm.Slot.Name}.{buffer.name}", norm.Slot.Channels, buffer.buffer);

    private SequenceModule Build(IReadOnlyList<Layer> layers) =>
        new(layers.Select((layer, index) => Build(layer, index == 0 ? null : layers[index - 1])));

    private nn.Module<Tensor, Tensor> Build(Layer layer, Layer? previous) => layer switch
    {
        Convolution c => new ConvolutionModule(
            c, _network.Norm.Weights, _leaves[Network.WeightName(c, _network.Norm)], _leaves.GetValueOrDefault(Network.GainName(c))),
        NormSlot slot => Build(slot),
        // In place of what was just made, of which nobody else has need; but never of an input that a shortcut may share.
        Activation a => new ActivationModule(a.Kind, inPlace: previous is NormSlot or Residual),
        MaxPool => new MaxPoolModule(),
        Residual r => new ResidualModule(Build(r.Branch), Build(r.Shortcut)),
        PaddedIdentity p => new PaddedIdentityModule(p),
        GlobalAveragePool => new GlobalAveragePoolModule(),
        Linear l => new LinearModule(_leaves[$"{l.Name}.weight"], _leaves[$"{l.Name}.bias"]),
        _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "unknown layer"),
    };

    private NormModule Build(NormSlot slot)
    {
        var (mean, variance) = _network.Norm.HasRunningStatistics
            ? (zeros(slot.Channels, float32, _device).DetachFromDisposeScope(), ones(slot.Channels, float32, _device).DetachFromDisposeScope())
            : (null, null);
        var module = new NormModule(_network.Norm, slot, _norms.Count, _leaves.GetValueOrDefault($"{slot.Name}.weight"),
            _leaves.GetValueOrDefault($"{slot.Name}.bias"), mean, variance, Pass);
        _norms.Add((slot, module));
        return module;
    }
}
