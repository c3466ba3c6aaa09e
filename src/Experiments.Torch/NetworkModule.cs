using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>A network with one module for each layer record: TorchSharp's own module if TorchSharp has the layer.</summary>
internal sealed class NetworkModule : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> layers;
    private readonly Dictionary<string, Parameter> _learnt = [];
    private readonly Dictionary<string, NormLayer> _norms = [];
    private readonly Network _network;
    private readonly EngineSettings _settings;
    private readonly Device _device;

    /// <summary>Builds the network.</summary>
    /// <param name="settings">What it is built for.</param>
    /// <param name="device">Where its parameters lie.</param>
    internal NetworkModule(EngineSettings settings, Device device) : base(nameof(NetworkModule))
    {
        (_network, _settings, _device) = (settings.Network, settings, device);
        ChannelsLast = WantsChannelsLast(settings);
        layers = Build(_network.Layers);
        foreach (var frozen in _network.Parameters.Where(settings.IsFrozen))
            _learnt[frozen.Name].requires_grad = false;
        RegisterComponents();
    }

    /// <summary>The norms by the names of their slots, in the order of the network.</summary>
    internal IReadOnlyDictionary<string, NormLayer> Norms => _norms;

    /// <summary>Whether maps have their channels last in memory.</summary>
    internal bool ChannelsLast { get; }

    /// <summary>A parameter, by the name that the network has for it.</summary>
    internal Parameter Learnt(string name) => _learnt[name];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (ChannelsLast || input.size(0) > 1)
            return layers.call(input);
        // With channels first libtorch convolves one image of few channels with NNPACK (see TransformedConvolution.ChannelsLast), but not two.
        using var scope = NewDisposeScope();
        return layers.call(input.expand(2, -1, -1, -1).contiguous()).narrow(0, 0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Convolutions are faster with channels last. But libtorch's kernel for groups takes channels first, and to change the order around every
    /// norm costs more than the convolutions gain. Channels still stay last in steps of one image, and if a convolution's number of channels
    /// is no multiple of 16: with channels first, libtorch computes wrong numbers there (see
    /// <see cref="TransformedConvolution.ChannelsLast"/>). Three input channels, those of an image, are allowed.
    /// </summary>
    private static bool WantsChannelsLast(EngineSettings settings) => settings.Batch * settings.Workers == 1
        || settings.Network.Norm is not { Pooling: { OverSamples: false, Places: PlaceSpan.All }, Use: StatisticsUse.CentreAndScale, Weights: WeightTransform.None }
        || settings.Network.Convolutions.Any(c => c.Out % 16 != 0 || (c.In % 16 != 0 && c.In != 3));

    /// <summary>Running mean and variance of each norm that has them, in the order of the network.</summary>
    internal IEnumerable<(string Name, IReadOnlyList<int> Shape, Tensor Values)> RunningStatistics() =>
        from norm in _norms
        from buffer in norm.Value.named_buffers()
        select ($"{norm.Key}.{buffer.name}", (IReadOnlyList<int>)[.. buffer.buffer.shape.Select(size => (int)size)], buffer.buffer);

    private nn.Module<Tensor, Tensor> Build(IReadOnlyList<Layer> layers) =>
        nn.Sequential(layers.Select((layer, index) => ($"{index}", Build(layer, index == 0 ? null : layers[index - 1]))));

    private NormLayer NormFor(NormSlot slot)
    {
        var at = _network.ShapeAt(slot.Name);
        var places = Math.Min(at.Height * at.Width, slot.MostPlaces ?? int.MaxValue);
        var norm = new NormLayer(slot.Of(_network.Norm), slot.Channels, places, _settings.Workers, _settings.Seed, _norms.Count, _device) { StatisticsAreFrozen = _settings.StatisticsAreFrozen };
        if (norm.Gamma is not null)
            _learnt[$"{slot.Name}.weight"] = norm.Gamma;
        if (norm.Beta is not null)
            _learnt[$"{slot.Name}.bias"] = norm.Beta;
        return _norms[slot.Name] = norm;
    }

    // PyTorch's own convolution where the kernel is larger than 1x1 and no weights are normalized or standardized; otherwise ours.
    private nn.Module<Tensor, Tensor> Convolution(Convolution c)
    {
        if (c.Kernel > 1 && _network.Norm.Weights == WeightTransform.None)
        {
            var convolution = nn.Conv2d(c.In, c.Out, c.Kernel, c.Stride, c.Padding, groups: c.Groups, bias: c.HasBias, device: _device);
            if (c.HasBias)
                _learnt[Network.BiasName(c)] = convolution.bias!;
            if (ChannelsLast)
                convolution.weight = TransformedConvolution.ChannelsLast(convolution.weight!);
            _learnt[Network.WeightName(c, _network.Norm)] = convolution.weight!;
            return convolution;
        }

        var transformed = new TransformedConvolution(_network.Norm.Weights, c.In, c.Out, c.Kernel, c.Stride, c.Padding, _device, c.Groups, c.HasBias);
        if (transformed.Bias is not null)
            _learnt[Network.BiasName(c)] = transformed.Bias;
        _learnt[Network.WeightName(c, _network.Norm)] = transformed.Weight;
        if (transformed.Gain is not null)
            _learnt[Network.GainName(c)] = transformed.Gain;
        return transformed;
    }

    private nn.Module<Tensor, Tensor> Build(Layer layer, Layer? previous)
    {
        // Overwrites a map that was just made and that nobody else needs, but never an input that a shortcut may share.
        var inPlace = previous is NormSlot or Residual;
        switch (layer)
        {
            case Convolution c:
                return Convolution(c);
            case NormSlot slot:
                return NormFor(slot);
            case LayerScale s:
                // A layer scale is a norm that normalizes nothing and has only a gamma.
                var scale = new NormLayer(new Norm("", null, Affine.Scale), s.Channels, device: _device);
                _learnt[$"{s.Name}.weight"] = scale.Gamma!;
                return scale;
            case Positions p:
                var positions = new PositionsModule(p, _device);
                _learnt[$"{p.Name}.weight"] = positions.Weight;
                return positions;
            case SelfAttention a:
                var attention = new SelfAttentionModule(a, _device);
                foreach (var (name, values) in attention.Learnt)
                    _learnt[name] = values;
                return attention;
            case Recurrent r:
                var recurrent = new RecurrentModule(r, NormFor, _device);
                foreach (var (name, values) in recurrent.Learnt)
                    _learnt[name] = values;
                return recurrent;
            case Linear l:
                var linear = nn.Linear(l.In, l.Out, device: _device);
                (_learnt[$"{l.Name}.weight"], _learnt[$"{l.Name}.bias"]) = (linear.weight, linear.bias!);
                return linear;
            case Activation a:
                return a.Kind switch
                {
                    ActivationKind.Relu => nn.ReLU(inPlace),
                    ActivationKind.Sigmoid => nn.Sigmoid(),
                    ActivationKind.Tanh => nn.Tanh(),
                    ActivationKind.Gelu => nn.GELU(),
                    _ => throw new InvalidOperationException($"unknown activation {a.Kind}"),
                };
            case MaxPool:
                return nn.MaxPool2d(2);
            case Residual r:
                return new ResidualModule(Build(r.Branch), Build(r.Shortcut));
            case PaddedIdentity p:
                return new PaddedIdentityModule(p);
            case GlobalAveragePool:
                return nn.Sequential(("mean", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()));
            default:
                throw new ArgumentOutOfRangeException(nameof(layer), layer, "unknown layer");
        }
    }
}
