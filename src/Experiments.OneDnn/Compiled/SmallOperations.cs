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
        _shape = new PaddedIdentityShape(layer.In, layer.Out, input.Shape.Height, input.Shape.Width, layer.Stride, layer.Before);
        _kernels = MapKernels.For(input.Precision, _shape.CommonDivisor);
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

/// <summary>Sigmoid or hyperbolic tangent; a ReLU is part of a norm's operation.</summary>
internal sealed unsafe class ActivationOperation : Operation
{
    private readonly Map _input;
    private readonly bool _tanh;
    private readonly MapKernels _kernels;
    private Buffer? _dy;
    private Buffer? _dy2;
    private Buffer? _dx;

    internal ActivationOperation(Compilation compilation, ActivationKind kind, Map input) : base(compilation, "activation")
    {
        _input = input;
        _tanh = kind switch
        {
            ActivationKind.Tanh => true,
            ActivationKind.Sigmoid => false,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no activation of this operation"),
        };
        _kernels = MapKernels.For(input.Precision, input.Shape.Channels);
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(input.Shape, input.Precision, input.NeedsGradient, time);
        Output.KeptByMaker = true;
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        if (!_input.NeedsGradient)
            return;
        var time = Compilation.Buffers.Tick();
        (_dy, _dy2) = Output.OneOrTwoGradients(Layer);
        _dy.UsedAt(time);
        _dy2?.UsedAt(time);
        Output.Data.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() =>
        [new("activation", Layer, (first, count) =>
            _kernels.Activate(_input.Data.At(first), Output.Data.At(first), _tanh, (nint)count * _input.Shape.Size))];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward() => _dx is null
        ? []
        : [new("activation", Layer, (first, count) =>
            {
                var dy2 = _dy2 is null ? null : _dy2.At(first);
                _kernels.ActivateGradient(_dy!.At(first), dy2, Output.Data.At(first), _dx.At(first), _tanh, (nint)count * _input.Shape.Size);
            })];
}

/// <summary>The largest of each 2 x 2 places.</summary>
internal sealed unsafe class MaxPoolOperation : Operation
{
    private readonly Map _input;
    private readonly MapKernels _kernels;
    private Buffer? _dy;
    private Buffer? _dx;

    internal MaxPoolOperation(Compilation compilation, Map input) : base(compilation, "pool")
    {
        _input = input;
        _kernels = MapKernels.For(input.Precision, input.Shape.Channels);
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(new(input.Shape.Channels, input.Shape.Height / 2, input.Shape.Width / 2), input.Precision, input.NeedsGradient, time);
        Output.KeptByMaker = true;
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
        _input.Data.UsedAt(time);
        Output.Data.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() =>
        [new("max pool", Layer, (first, count) => _kernels.MaxPool(
            _input.Data.At(first), Output.Data.At(first), count, _input.Shape.Height, _input.Shape.Width, _input.Shape.Channels))];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward() => _dx is null
        ? []
        : [new("max pool", Layer, (first, count) => _kernels.MaxPoolGradient(
            _dy!.At(first), _input.Data.At(first), Output.Data.At(first), _dx.At(first), count, _input.Shape.Height, _input.Shape.Width, _input.Shape.Channels))];
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
