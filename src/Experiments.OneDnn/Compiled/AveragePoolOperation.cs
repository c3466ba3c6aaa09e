using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>The mean over height and width, from the maps' number format to fp32.</summary>
internal sealed unsafe class AveragePoolOperation(Compilation compilation, Map input) : MapOperation(
    compilation, "pool", "average pool", input, new(input.Shape.Channels, 1, 1), Precision.Fp32, BackwardReads.GradientAlone)
{
    private readonly MapKernels _kernels = MapKernels.For(input.Precision, input.Shape.Channels);

    /// <inheritdoc/>
    protected override void Forward(void* x, void* y, int count) => _kernels.AveragePool(x, (float*)y, count, Input.Area, Input.Shape.Channels);

    /// <inheritdoc/>
    protected override void Backward(void* dy, void* dx, int first, int count) =>
        _kernels.AveragePoolGradient((float*)dy, dx, count, Input.Area, Input.Shape.Channels);
}
