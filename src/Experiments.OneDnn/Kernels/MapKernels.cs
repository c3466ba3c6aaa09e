using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Kernels;

/// <summary>The passes over feature maps [N, H, W, C] that are no norm's.</summary>
internal abstract unsafe class MapKernels
{
    /// <summary>The kernels for maps whose channels are all multiples of so many.</summary>
    public static MapKernels For(Precision precision, int channels) =>
        precision == Precision.Bf16 ? For<Bf16>(channels) : For<Fp32>(channels);

    /// <summary>The mean over H * W: [images, area, C] becomes [images, C] in fp32.</summary>
    public abstract void AveragePool(void* x, float* y, int images, int area, int channels);

    /// <summary>Its gradient: dy / area in every place.</summary>
    public abstract void AveragePoolGradient(float* dy, void* dx, int images, int area, int channels);

    /// <summary>Every stride-th row and column, and zeros for the channels that are new, after the old ones.</summary>
    public abstract void PaddedIdentity(void* x, void* y, int images, in PaddedIdentityShape shape);

    /// <summary>Its gradient: zeros where nothing was taken.</summary>
    public abstract void PaddedIdentityGradient(void* dy, void* dx, int images, in PaddedIdentityShape shape);

    private static MapKernels For<TElement>(int channels)
        where TElement : unmanaged, IElement<TElement> => channels switch
        {
            _ when Vector512.IsHardwareAccelerated && channels % 16 == 0 => new MapKernels<Vector16, TElement>(),
            _ when channels % 8 == 0 => new MapKernels<Vector8, TElement>(),
            _ => new MapKernels<Vector1, TElement>(),
        };
}

/// <summary>Sizes of a <see cref="Core.Networks.PaddedIdentity"/>.</summary>
/// <param name="In">Input channels.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Height">Of the input.</param>
/// <param name="Width">Of the input.</param>
/// <param name="Stride">The stride.</param>
internal readonly record struct PaddedIdentityShape(int In, int Out, int Height, int Width, int Stride)
{
    /// <summary>Height of the output.</summary>
    public int OutHeight => (Height + Stride - 1) / Stride;

    /// <summary>Width of the output.</summary>
    public int OutWidth => (Width + Stride - 1) / Stride;
}

/// <inheritdoc/>
internal sealed unsafe class MapKernels<TVector, TElement> : MapKernels
    where TVector : unmanaged, IVector<TVector>
    where TElement : unmanaged, IElement<TElement>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AveragePool(void* x, float* y, int images, int area, int channels)
    {
        var part = TVector.Of(1f / area);
        for (nint n = 0; n < images; n++)
        {
            var image = (TElement*)x + (n * area * channels);
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var sum = TVector.Of(0);
                for (nint p = 0; p < area; p++)
                    sum += TElement.Load<TVector>(image + (p * channels) + c);
                TVector.Store(sum * part, y + (n * channels) + c);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AveragePoolGradient(float* dy, void* dx, int images, int area, int channels)
    {
        var part = TVector.Of(1f / area);
        for (nint n = 0; n < images; n++)
        {
            var image = (TElement*)dx + (n * area * channels);
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var gradient = TVector.Load(dy + (n * channels) + c) * part;
                for (nint p = 0; p < area; p++)
                    TElement.Store(gradient, image + (p * channels) + c);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void PaddedIdentity(void* x, void* y, int images, in PaddedIdentityShape shape)
    {
        var to = (TElement*)y;
        for (nint n = 0; n < images; n++)
        {
            for (nint h = 0; h < shape.Height; h += shape.Stride)
            {
                for (nint w = 0; w < shape.Width; w += shape.Stride)
                {
                    var from = (TElement*)x + ((((n * shape.Height) + h) * shape.Width) + w) * shape.In;
                    for (nint c = 0; c < shape.In; c += TVector.Width)
                        TElement.Store(TElement.Load<TVector>(from + c), to + c);
                    for (nint c = shape.In; c < shape.Out; c += TVector.Width)
                        TElement.Store(TVector.Of(0), to + c);
                    to += shape.Out;
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void PaddedIdentityGradient(void* dy, void* dx, int images, in PaddedIdentityShape shape)
    {
        var to = (TElement*)dx;
        for (nint n = 0; n < images; n++)
        {
            for (nint h = 0; h < shape.Height; h++)
            {
                for (nint w = 0; w < shape.Width; w++, to += shape.In)
                {
                    var taken = h % shape.Stride == 0 && w % shape.Stride == 0;
                    var from = (TElement*)dy + ((((n * shape.OutHeight) + (h / shape.Stride)) * shape.OutWidth) + (w / shape.Stride)) * shape.Out;
                    for (nint c = 0; c < shape.In; c += TVector.Width)
                        TElement.Store(taken ? TElement.Load<TVector>(from + c) : TVector.Of(0), to + c);
                }
            }
        }
    }
}
