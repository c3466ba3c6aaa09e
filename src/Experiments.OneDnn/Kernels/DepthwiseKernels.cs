using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// The three passes of a depthwise convolution over feature maps [N, H, W, C], channels last: each channel with a kernel of its own. The weights lie
/// as [K, K, C], so that a tap's weights of neighbouring channels are neighbours, as the map's values are. oneDNN has these passes too, but spends
/// many times as long on maps no larger than the kernel.
/// </summary>
internal abstract unsafe class DepthwiseKernels
{
    /// <summary>The kernels for maps of so many channels, compiled for the widest vector that divides them.</summary>
    public static DepthwiseKernels For(Precision precision, in DepthwiseShape shape) =>
        precision == Precision.Bf16 ? For<Bf16>(shape) : For<Fp32>(shape);

    /// <summary>y = bias + the sum over the taps of weight * x, with zeros beside the map.</summary>
    /// <param name="x">[images, H, W, C].</param>
    /// <param name="weights">[K, K, C].</param>
    /// <param name="bias">[C]; null: none.</param>
    /// <param name="y">Receives [images, H', W', C].</param>
    /// <param name="images">How many images.</param>
    public abstract void Forward(void* x, float* weights, float* bias, void* y, int images);

    /// <summary>dx: each value of the input is in as many outputs as there are taps.</summary>
    /// <param name="dy">Gradient by the output, [images, H', W', C].</param>
    /// <param name="weights">[K, K, C].</param>
    /// <param name="dx">Receives [images, H, W, C].</param>
    /// <param name="images">How many images.</param>
    public abstract void InputGradient(void* dy, float* weights, void* dx, int images);

    /// <summary>Adds the gradient by some taps' weights: the sum over the places of x * dy.</summary>
    /// <param name="dy">Gradient by the output, [images, H', W', C].</param>
    /// <param name="x">The input.</param>
    /// <param name="dw">Is added to, [K, K, C].</param>
    /// <param name="images">How many images.</param>
    /// <param name="first">The first tap.</param>
    /// <param name="count">How many taps.</param>
    public abstract void WeightGradient(void* dy, void* x, float* dw, int images, int first, int count);

    /// <summary>Adds the gradient by the bias: the sum over the places of dy.</summary>
    /// <param name="dy">Gradient by the output, [images, H', W', C].</param>
    /// <param name="db">Is added to, [C].</param>
    /// <param name="images">How many images.</param>
    public abstract void BiasGradient(void* dy, float* db, int images);

    private static DepthwiseKernels For<TElement>(in DepthwiseShape shape)
        where TElement : unmanaged, IElement<TElement> => shape.Channels switch
        {
            var channels when Vector512.IsHardwareAccelerated && channels % 16 == 0 => new DepthwiseKernels<Vector16, TElement>(shape),
            var channels when channels % 8 == 0 => new DepthwiseKernels<Vector8, TElement>(shape),
            _ => new DepthwiseKernels<Vector1, TElement>(shape),
        };
}

/// <summary>A depthwise convolution's sizes.</summary>
/// <param name="Channels">C.</param>
/// <param name="Height">H, of the input.</param>
/// <param name="Width">W, of the input.</param>
/// <param name="Kernel">K.</param>
/// <param name="Stride">The stride.</param>
/// <param name="Padding">Zeros on every side.</param>
internal readonly record struct DepthwiseShape(int Channels, int Height, int Width, int Kernel, int Stride, int Padding)
{
    /// <summary>H', of the output.</summary>
    public int OutHeight => ((Height + (2 * Padding) - Kernel) / Stride) + 1;

    /// <summary>W', of the output.</summary>
    public int OutWidth => ((Width + (2 * Padding) - Kernel) / Stride) + 1;
}

/// <inheritdoc/>
internal sealed unsafe class DepthwiseKernels<TVector, TElement>(DepthwiseShape shape) : DepthwiseKernels
    where TVector : unmanaged, IVector<TVector>
    where TElement : unmanaged, IElement<TElement>
{
    private readonly nint _channels = shape.Channels;
    private readonly nint _row = (nint)shape.Width * shape.Channels;
    private readonly nint _outRow = (nint)shape.OutWidth * shape.Channels;
    private readonly nint _image = (nint)shape.Height * shape.Width * shape.Channels;
    private readonly nint _outImage = (nint)shape.OutHeight * shape.OutWidth * shape.Channels;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(void* x, float* weights, float* bias, void* y, int images)
    {
        for (nint n = 0; n < images; n++)
        {
            var from = (TElement*)x + (n * _image);
            var to = (TElement*)y + (n * _outImage);
            for (var h = 0; h < shape.OutHeight; h++)
            {
                var (firstRow, lastRow) = Taps(h, shape.Height);
                for (var w = 0; w < shape.OutWidth; w++, to += _channels)
                {
                    var (firstColumn, lastColumn) = Taps(w, shape.Width);
                    for (nint c = 0; c < _channels; c += TVector.Width)
                    {
                        var sum = bias is null ? TVector.Of(0) : TVector.Load(bias + c);
                        for (var r = firstRow; r <= lastRow; r++)
                        {
                            var at = from + (((h * shape.Stride) + r - shape.Padding) * _row) + (((w * shape.Stride) + firstColumn - shape.Padding) * _channels) + c;
                            var weight = weights + (((r * shape.Kernel) + firstColumn) * _channels) + c;
                            for (var s = firstColumn; s <= lastColumn; s++, at += _channels, weight += _channels)
                                sum = TVector.MultiplyAdd(TElement.Load<TVector>(at), TVector.Load(weight), sum);
                        }

                        TElement.Store(sum, to + c);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void InputGradient(void* dy, float* weights, void* dx, int images)
    {
        for (nint n = 0; n < images; n++)
        {
            var from = (TElement*)dy + (n * _outImage);
            var to = (TElement*)dx + (n * _image);
            for (var h = 0; h < shape.Height; h++)
            {
                var (firstRow, lastRow) = Outputs(h, shape.OutHeight);
                for (var w = 0; w < shape.Width; w++, to += _channels)
                {
                    var (firstColumn, lastColumn) = Outputs(w, shape.OutWidth);
                    for (nint c = 0; c < _channels; c += TVector.Width)
                    {
                        var sum = TVector.Of(0);
                        for (var p = firstRow; p <= lastRow; p++)
                        {
                            var r = h + shape.Padding - (p * shape.Stride);
                            var at = from + (p * _outRow) + (firstColumn * _channels) + c;
                            var weight = weights + (((r * shape.Kernel) + w + shape.Padding - (firstColumn * shape.Stride)) * _channels) + c;
                            for (var q = firstColumn; q <= lastColumn; q++, at += _channels, weight -= shape.Stride * _channels)
                                sum = TVector.MultiplyAdd(TElement.Load<TVector>(at), TVector.Load(weight), sum);
                        }

                        TElement.Store(sum, to + c);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void WeightGradient(void* dy, void* x, float* dw, int images, int first, int count)
    {
        for (var tap = first; tap < first + count; tap++)
        {
            var (r, s) = (tap / shape.Kernel, tap % shape.Kernel);
            var (firstRow, lastRow) = Places(r, shape.Height, shape.OutHeight);
            var (firstColumn, lastColumn) = Places(s, shape.Width, shape.OutWidth);
            for (nint c = 0; c < _channels; c += TVector.Width)
            {
                var sum = TVector.Load(dw + (tap * _channels) + c);
                for (nint n = 0; n < images; n++)
                {
                    for (var h = firstRow; h <= lastRow; h++)
                    {
                        var gradient = (TElement*)dy + (n * _outImage) + (h * _outRow) + (firstColumn * _channels) + c;
                        var at = (TElement*)x + (n * _image) + (((h * shape.Stride) + r - shape.Padding) * _row)
                            + (((firstColumn * shape.Stride) + s - shape.Padding) * _channels) + c;
                        for (var w = firstColumn; w <= lastColumn; w++, gradient += _channels, at += shape.Stride * _channels)
                            sum = TVector.MultiplyAdd(TElement.Load<TVector>(gradient), TElement.Load<TVector>(at), sum);
                    }
                }

                TVector.Store(sum, dw + (tap * _channels) + c);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void BiasGradient(void* dy, float* db, int images)
    {
        for (nint c = 0; c < _channels; c += TVector.Width)
        {
            var sum = TVector.Load(db + c);
            for (nint at = c; at < images * _outImage; at += _channels)
                sum += TElement.Load<TVector>((TElement*)dy + at);
            TVector.Store(sum, db + c);
        }
    }

    /// <summary>The first and the last row (or column) of taps that an output at a place takes from within the map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (int First, int Last) Taps(int place, int size)
    {
        var start = (place * shape.Stride) - shape.Padding;
        return (Math.Max(0, -start), Math.Min(shape.Kernel - 1, size - 1 - start));
    }

    /// <summary>The first and the last row (or column) of outputs that an input at a place goes into.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (int First, int Last) Outputs(int place, int outSize)
    {
        var reached = place + shape.Padding;
        return (Math.Max(0, (reached - shape.Kernel + shape.Stride) / shape.Stride), Math.Min(outSize - 1, reached / shape.Stride));
    }

    /// <summary>The first and the last row (or column) of outputs for which a tap lies within the map.</summary>
    private (int First, int Last) Places(int tap, int size, int outSize) =>
        (Math.Max(0, (shape.Padding - tap + shape.Stride - 1) / shape.Stride),
            size - 1 + shape.Padding - tap < 0 ? -1 : Math.Min(outSize - 1, (size - 1 + shape.Padding - tap) / shape.Stride));
}
