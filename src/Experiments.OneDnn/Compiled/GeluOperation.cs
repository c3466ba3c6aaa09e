using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>GELU. Its slope follows from its input, not from its output.</summary>
internal sealed unsafe class GeluOperation(Compilation compilation, Map input)
    : MapOperation(compilation, "activation", "activation", input, input.Shape, input.Precision, BackwardReads.Input)
{
    private readonly MapKernels _kernels = MapKernels.For(input.Precision, input.Shape.Channels);
    private Buffer? _secondGradient;

    /// <inheritdoc/>
    protected override Buffer PlanOutputGradient(int time)
    {
        (var first, _secondGradient) = Output.OneOrTwoGradients(Layer);
        first.UsedAt(time);
        _secondGradient?.UsedAt(time);
        return first;
    }

    /// <inheritdoc/>
    protected override void Forward(void* x, void* y, int count) => _kernels.Gelu(x, y, (nint)count * Input.Shape.Size);

    /// <inheritdoc/>
    protected override void Backward(void* dy, void* dx, int first, int count)
    {
        var dy2 = _secondGradient is null ? null : _secondGradient.At(first);
        _kernels.GeluGradient(dy, dy2, Input.Data.At(first), dx, (nint)count * Input.Shape.Size);
    }
}
