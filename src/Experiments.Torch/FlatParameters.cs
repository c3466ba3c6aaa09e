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
        var start = 0L;
        foreach (var parameter in _parameters)
        {
            var shape = parameter.Shape.Select(size => (long)size).ToArray();
            var leaf = new Parameter(_values.narrow(0, start, parameter.Size).view(shape).detach());
            leaf.grad = _gradients.narrow(0, start, parameter.Size).view(shape);
            leaf.DetachFromDisposeScope();
            leaves[parameter.Name] = leaf;
            start += parameter.Size;
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

    private List<NamedArray> Read(Tensor flat)
    {
        using var scope = NewDisposeScope();
        var all = flat.cpu().data<float>().ToArray();
        var start = 0;
        var arrays = new List<NamedArray>();
        foreach (var parameter in _parameters)
        {
            arrays.Add(new NamedArray(parameter.Name, parameter.Shape, all[start..(start + parameter.Size)]));
            start += parameter.Size;
        }

        return arrays;
    }

    private static void Write(Tensor flat, IReadOnlyList<NamedArray> arrays)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        flat.copy_(tensor(arrays.SelectMany(array => array.Values).ToArray()));
    }
}
