using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>x W^T + b, in fp32.</summary>
internal sealed unsafe class LinearOperation : Operation
{
    private readonly Map _input;
    private readonly Linear _layer;
    private readonly LearnableArray _weights;
    private readonly LearnableArray _bias;
    private Buffer? _dy;
    private Buffer? _dx;

    internal LinearOperation(Compilation compilation, Linear layer, Map input) : base(compilation, layer.Name)
    {
        if (input.Precision != Precision.Fp32 || input.Shape.Size != layer.In)
            throw new NotSupportedException($"{layer.Name} takes {layer.In} pooled features, not maps of {input.Shape}.");
        (_input, _layer) = (input, layer);
        _weights = compilation.Parameters.Get($"{layer.Name}.weight");
        _bias = compilation.Parameters.Get($"{layer.Name}.bias");
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(new(layer.Out, 1, 1), Precision.Fp32, needsGradient: true, time);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        _dy = Output.OnlyGradient(Layer);
        _dy.UsedAt(time);
        _input.Data.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward() => [new("linear", Layer, Forwards)];

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward() =>
    [
        new("linear", Layer, Backwards),
        new("update", Layer, (_, _) =>
        {
            _weights.Update(Compilation.Pass.Update);
            _bias.Update(Compilation.Pass.Update);
        }, CallTime.Update),
    ];

    private void Forwards(int first, int count)
    {
        var x = (float*)_input.Data.At(first);
        var y = (float*)Output.Data.At(first);
        for (nint n = 0; n < count; n++)
        {
            for (nint o = 0; o < _layer.Out; o++)
                y[(n * _layer.Out) + o] = _bias.Values[o] + ParameterKernels.Dot(x + (n * _layer.In), _weights.Values + (o * _layer.In), _layer.In);
        }
    }

    private void Backwards(int first, int count)
    {
        var x = (float*)_input.Data.At(first);
        var dy = (float*)_dy!.At(first);
        var dx = _dx is null ? null : (float*)_dx.At(first);
        if (first == 0)
        {
            _weights.ClearGradient();
            _bias.ClearGradient();
        }

        if (dx is not null)
            new Span<float>(dx, count * _layer.In).Clear();
        for (nint n = 0; n < count; n++)
        {
            for (nint o = 0; o < _layer.Out; o++)
            {
                var gradient = dy[(n * _layer.Out) + o];
                _bias.Gradients[o] += gradient;
                ParameterKernels.AddScaled(gradient, x + (n * _layer.In), _weights.Gradients + (o * _layer.In), _layer.In);
                if (dx is not null)
                    ParameterKernels.AddScaled(gradient, _weights.Values + (o * _layer.In), dx + (n * _layer.In), _layer.In);
            }
        }
    }
}
