using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>A convolution of each channel with a kernel of its own, by kernels of ours.</summary>
internal sealed unsafe class DepthwiseOperation : Operation
{
    private readonly Map _input;
    private readonly DepthwiseKernels _kernels;
    private readonly LearnableArray _weights;
    private readonly LearnableArray? _bias;
    private readonly int _taps;
    private readonly Action<int, int> _forward;
    private readonly Action<int, int> _byInput;
    private readonly Action<int, int> _byWeights;
    private Buffer? _outputGradient;
    private Buffer? _inputGradient;
    private int _first;
    private int _count;

    /// <summary>Makes the operation.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="layer">The layer, with as many groups as channels.</param>
    /// <param name="input">The map that is read.</param>
    internal DepthwiseOperation(Compilation compilation, Convolution layer, Map input) : base(compilation, layer.Name)
    {
        _input = input;
        var shape = new DepthwiseShape(layer.In, input.Shape.Height, input.Shape.Width, layer.Kernel, layer.Stride, layer.Padding);
        _kernels = DepthwiseKernels.For(input.Precision, shape);
        _taps = layer.Kernel * layer.Kernel;
        // The weights lie as [K, K, C]; PyTorch's order is [C, 1, K, K].
        _weights = compilation.Parameters.Get(Network.WeightName(layer, compilation.Settings.Network.Norm),
            () => [.. Enumerable.Range(0, _taps * layer.In).Select(place => (place % layer.In * _taps) + (place / layer.In))]);
        _bias = layer.HasBias ? compilation.Parameters.Get(Network.BiasName(layer)) : null;
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(new(layer.Out, shape.OutHeight, shape.OutWidth), input.Precision, needsGradient: true, time);
        (_forward, _byInput, _byWeights) = (ForwardOf, InputGradientOf, WeightGradientOf);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        _outputGradient = Output.OnlyGradient(Layer);
        _outputGradient.UsedAt(time);
        _input.Data.UsedAt(time);
        _inputGradient = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward() => [new("convolution forward", Layer, Forwards)];

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward()
    {
        yield return new("convolution weight gradient", Layer, ByWeights);
        if (_inputGradient is not null)
            yield return new("convolution input gradient", Layer, (first, count) => Compilation.Team.Split(_byInput, first, count));
        if (Compilation.Settings.Network.Norm.Weights != WeightTransform.None)
            yield return new("weight transform", Layer, (_, _) => _weights.CompleteGradient(), CallTime.GradientComplete);
        yield return new("update", Layer, (_, _) => Update(), CallTime.Update);
    }

    private void Forwards(int first, int count)
    {
        _weights.RefreshApplied();
        Compilation.Team.Split(_forward, first, count);
    }

    /// <summary>Shares out the taps, each with all images of the chunk, so that the sum's order is the same for any number of threads.</summary>
    private void ByWeights(int first, int count)
    {
        if (first == 0)
        {
            _weights.ClearGradient();
            _bias?.ClearGradient();
        }

        (_first, _count) = (first, count);
        Compilation.Team.Split(_byWeights, 0, _taps);
        if (_bias is not null)
            _kernels.BiasGradient(_outputGradient!.At(first), _bias.Gradients, count);
    }

    private void ForwardOf(int first, int count) =>
        _kernels.Forward(_input.Data.At(first), _weights.Applied, _bias is null ? null : _bias.Values, Output.Data.At(first), count);

    private void InputGradientOf(int first, int count) =>
        _kernels.InputGradient(_outputGradient!.At(first), _weights.Applied, _inputGradient!.At(first), count);

    private void WeightGradientOf(int first, int count) =>
        _kernels.WeightGradient(_outputGradient!.At(_first), _input.Data.At(_first), _weights.Gradients, _count, first, count);

    private void Update()
    {
        _weights.Update(Compilation.Pass.Update);
        _bias?.Update(Compilation.Pass.Update);
    }
}
