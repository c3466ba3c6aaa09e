using Experiments.Core.Networks;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>The shortcut without parameters where a block changes shape.</summary>
internal sealed unsafe class PaddedIdentityOperation : MapOperation
{
    private readonly PaddedIdentityShape _shape;
    private readonly MapKernels _kernels;

    private PaddedIdentityOperation(Compilation compilation, PaddedIdentityShape shape, Map input)
        : base(compilation, "shortcut", "padded identity", input, new(shape.Out, shape.OutHeight, shape.OutWidth), input.Precision, BackwardReads.GradientAlone)
    {
        _shape = shape;
        _kernels = MapKernels.For(input.Precision, shape.CommonDivisor);
    }

    internal PaddedIdentityOperation(Compilation compilation, PaddedIdentity layer, Map input)
        : this(compilation, new PaddedIdentityShape(layer.In, layer.Out, input.Shape.Height, input.Shape.Width, layer.Stride, layer.Before), input)
    {
    }

    /// <inheritdoc/>
    protected override void Forward(void* x, void* y, int count) => _kernels.PaddedIdentity(x, y, count, _shape);

    /// <inheritdoc/>
    protected override void Backward(void* dy, void* dx, int first, int count) => _kernels.PaddedIdentityGradient(dy, dx, count, _shape);
}
