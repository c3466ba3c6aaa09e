using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>The shortcut without parameters where a block changes shape.</summary>
internal sealed unsafe class PaddedIdentityOperation : Operation
{
    private readonly Map _input;
    private readonly PaddedIdentityShape _shape;
    private readonly MapKernels _kernels;
    private Buffer? _dy;
    private Buffer? _dx;

    internal PaddedIdentityOperation(Compilation compilation, PaddedIdentity layer, Map input) : base(compilation, "shortcut")
    {
        _input = input;
        _shape = new PaddedIdentityShape(layer.In, layer.Out, input.Shape.Height, input.Shape.Width, layer.Stride);
        _kernels = MapKernels.For(input.Precision, (int)System.Numerics.BigInteger.GreatestCommonDivisor(layer.In, layer.Out));
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(new(layer.Out, _shape.OutHeight, _shape.OutWidth), input.Precision, input.NeedsGradient, time);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        if (!_input.NeedsGradient)
            return;
        var time = Compilation.Buffers.Tick();
        _dy = Output.OnlyGradient(Layer);
        _dy.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() =>
        [new("padded identity", Layer, (first, count) =>
            _kernels.PaddedIdentity(_input.Data.At(first), Output.Data.At(first), count, _shape))];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward() => _dx is null
        ? []
        : [new("padded identity", Layer, (first, count) =>
            _kernels.PaddedIdentityGradient(_dy!.At(first), _dx.At(first), count, _shape))];
}

/// <summary>The mean over height and width, from the maps' number format to fp32.</summary>
internal sealed unsafe class AveragePoolOperation : Operation
{
    private readonly Map _input;
    private readonly MapKernels _kernels;
    private Buffer? _dy;
    private Buffer? _dx;

    internal AveragePoolOperation(Compilation compilation, Map input) : base(compilation, "pool")
    {
        _input = input;
        _kernels = MapKernels.For(input.Precision, input.Shape.Channels);
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(new(input.Shape.Channels, 1, 1), Precision.Fp32, input.NeedsGradient, time);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        if (!_input.NeedsGradient)
            return;
        var time = Compilation.Buffers.Tick();
        _dy = Output.OnlyGradient(Layer);
        _dy.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() =>
    [
        new("average pool", Layer, (first, count) => _kernels.AveragePool(
            _input.Data.At(first), (float*)Output.Data.At(first), count, _input.Area, _input.Shape.Channels)),
    ];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward() => _dx is null
        ? []
        :
        [
            new("average pool", Layer, (first, count) => _kernels.AveragePoolGradient(
                (float*)_dy!.At(first), _dx.At(first), count, _input.Area, _input.Shape.Channels)),
        ];
}

/// <summary>x W^T + b, in fp32.</summary>
internal sealed unsafe class LinearOperation : Operation
{
    private readonly Map _input;
    private readonly Linear _layer;
    private readonly ParameterArray _weights;
    private readonly ParameterArray _bias;
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
    internal override IEnumerable<Step> Forward() => [new("linear", Layer, Forwards)];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward() =>
    [
        new("linear", Layer, Backwards),
        new("update", Layer, (_, _) =>
        {
            _weights.Update(Compilation.Pass.Rate);
            _bias.Update(Compilation.Pass.Rate);
        }, StepKind.Update),
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
