using Experiments.Core.Networks;
using Experiments.Core.Training;
using Described = Experiments.Core.Networks.Parameter;

namespace Experiments.Torch;

/// <summary>
/// The parameters of a network as one array each of values, gradients and velocities, of which a layer's own are windows: so a step
/// of SGD is a few operations whatever the number of layers.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    private readonly IReadOnlyList<Described> _parameters;
    private readonly Tensor _values;
    private readonly Tensor _gradients;
    private readonly Tensor _velocities;
    private readonly double _momentum;
    private readonly double _decay;

    /// <summary>1 where a value decays and 0 where it does not; null where all do.</summary>
    private readonly Tensor? _decays;

    /// <summary>Makes parameters of zeros.</summary>
    internal FlatParameters(EngineSettings settings, Device device)
    {
        _parameters = settings.Network.Parameters;
        (_momentum, _decay) = (settings.Momentum, settings.WeightDecay);
        var size = settings.Network.ParameterCount;
        _values = zeros(size, float32, device).DetachFromDisposeScope();
        _gradients = zeros(size, float32, device).DetachFromDisposeScope();
        _velocities = zeros(size, float32, device).DetachFromDisposeScope();
        if (!settings.DecayNormsAndBiases && _decay != 0)
        {
            float DecayOf(Described parameter) =>
                parameter.Kind is ParameterKind.ConvolutionWeight or ParameterKind.LinearWeight ? 1 : 0;
            var decays = _parameters.SelectMany(parameter => Enumerable.Repeat(DecayOf(parameter), parameter.Size)).ToArray();
            _decays = tensor(decays, device: device).DetachFromDisposeScope();
        }
    }

    /// <summary>Each parameter as a leaf of its own, by name: windows of the common arrays, the caller's to dispose.</summary>
    internal IReadOnlyDictionary<string, Parameter> Leaves()
    {
        using var scope = NewDisposeScope();
        var leaves = new Dictionary<string, Parameter>();
        foreach (var ((parameter, values), (_, gradients)) in Windows(_values).Zip(Windows(_gradients)))
        {
            var leaf = new Parameter(values.detach()) { grad = gradients };
            leaf.DetachFromDisposeScope();
            leaves[parameter.Name] = leaf;
        }

        return leaves;
    }

    /// <summary>One step of SGD as PyTorch writes it, and the gradients back to zero.</summary>
    internal void Step(double rate)
    {
        using var noGrad = no_grad();
        // g = g + decay * w;  v = momentum * v + g;  w = w - rate * v
        if (_decays is not null)
            _gradients.addcmul_(_values, _decays, _decay);
        else if (_decay != 0)
            _gradients.add_(_values, _decay);
        _velocities.mul_(_momentum).add_(_gradients);
        _values.add_(_velocities, -rate);
        _gradients.zero_();
    }

    /// <summary>The gradients, which go back to zero.</summary>
    internal IReadOnlyList<NamedArray> TakeGradients()
    {
        using var noGrad = no_grad();
        var gradients = Read(_gradients);
        _gradients.zero_();
        return gradients;
    }

    /// <summary>Copies of the values.</summary>
    internal IReadOnlyList<NamedArray> ReadValues() => Read(_values);

    /// <summary>Copies of the velocities.</summary>
    internal IReadOnlyList<NamedArray> ReadVelocities() => Read(_velocities);

    /// <summary>Replaces values and velocities; no velocities are zeros.</summary>
    internal void Write(IReadOnlyList<NamedArray> values, IReadOnlyList<NamedArray> velocities)
    {
        Write(_values, values);
        if (velocities.Count == 0)
            _velocities.zero_();
        else
            Write(_velocities, velocities);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
        _velocities.Dispose();
        _decays?.Dispose();
    }

    /// <summary>
    /// Every parameter's window in one of the arrays, in its own shape. Kernels [Out, In, K, K] lie there with the input channels last,
    /// as the maps do that they are applied to.
    /// </summary>
    private IEnumerable<(Described Parameter, Tensor Window)> Windows(Tensor flat)
    {
        var start = 0L;
        foreach (var parameter in _parameters)
        {
            var shape = parameter.Shape.Select(size => (long)size).ToArray();
            var window = flat.narrow(0, start, parameter.Size);
            yield return (parameter, shape is [var o, var i, var h, var w] ? window.view(o, h, w, i).permute(0, 3, 1, 2) : window.view(shape));
            start += parameter.Size;
        }
    }

    private List<NamedArray> Read(Tensor flat)
    {
        using var scope = NewDisposeScope();
        return [.. Windows(flat.cpu()).Select(pair =>
            new NamedArray(pair.Parameter.Name, pair.Parameter.Shape, pair.Window.contiguous().view(-1).data<float>().ToArray()))];
    }

    private void Write(Tensor flat, IReadOnlyList<NamedArray> arrays)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var ((_, window), array) in Windows(flat).Zip(arrays))
            window.copy_(tensor(array.Values, window.shape));
    }
}
