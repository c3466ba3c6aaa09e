using Experiments.Core.Networks;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>Sigmoid or hyperbolic tangent; a ReLU is part of a norm's operation.</summary>
internal sealed unsafe class ActivationOperation : MapOperation
{
    private readonly bool _tanh;
    private readonly MapKernels _kernels;
    private Buffer? _secondGradient;

    internal ActivationOperation(Compilation compilation, ActivationKind kind, Map input)
        : base(compilation, "activation", "activation", input, input.Shape, input.Precision, BackwardReads.Output)
    {
        _tanh = kind switch
        {
            ActivationKind.Tanh => true,
            ActivationKind.Sigmoid => false,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no activation of this operation"),
        };
        _kernels = MapKernels.For(input.Precision, input.Shape.Channels);
    }

    /// <inheritdoc/>
    protected override Buffer PlanOutputGradient(int time)
    {
        (var first, _secondGradient) = Output.OneOrTwoGradients(Layer);
        first.UsedAt(time);
        _secondGradient?.UsedAt(time);
        return first;
    }

    /// <inheritdoc/>
    protected override void Forward(void* x, void* y, int count) => _kernels.Activate(x, y, _tanh, (nint)count * Input.Shape.Size);

    /// <inheritdoc/>
    protected override void Backward(void* dy, void* dx, int first, int count)
    {
        var dy2 = _secondGradient is null ? null : _secondGradient.At(first);
        _kernels.ActivateGradient(dy, dy2, Output.Data.At(first), dx, _tanh, (nint)count * Input.Shape.Size);
    }
}
