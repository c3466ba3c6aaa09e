using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>The largest of each 2 x 2 places.</summary>
internal sealed unsafe class MaxPoolOperation(Compilation compilation, Map input) : MapOperation(
    compilation, "pool", "max pool", input, new(input.Shape.Channels, input.Shape.Height / 2, input.Shape.Width / 2), input.Precision,
    BackwardReads.Input | BackwardReads.Output)
{
    private readonly MapKernels _kernels = MapKernels.For(input.Precision, input.Shape.Channels);

    /// <inheritdoc/>
    protected override void Forward(void* x, void* y, int count) =>
        _kernels.MaxPool(x, y, count, Input.Shape.Height, Input.Shape.Width, Input.Shape.Channels);

    /// <inheritdoc/>
    protected override void Backward(void* dy, void* dx, int first, int count) => _kernels.MaxPoolGradient(
        dy, Input.Data.At(first), Output.Data.At(first), dx, count, Input.Shape.Height, Input.Shape.Width, Input.Shape.Channels);
}
