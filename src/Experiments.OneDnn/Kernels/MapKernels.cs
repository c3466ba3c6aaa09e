using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Kernels;

/// <summary>The passes over feature maps [N, H, W, C] that do not belong to a norm.</summary>
internal abstract unsafe class MapKernels
{
    /// <summary>The kernels for maps whose numbers of channels are all multiples of this number.</summary>
    public static MapKernels For(Precision precision, int channels) =>
        precision == Precision.Bf16 ? For<Bf16>(channels) : For<Fp32>(channels);

    /// <summary>The mean over H * W: [images, area, C] becomes [images, C] in fp32.</summary>
    public abstract void AveragePool(void* x, float* y, int images, int area, int channels);

    /// <summary>The gradient of the average pool: dy / area in every place.</summary>
    public abstract void AveragePoolGradient(float* dy, void* dx, int images, int area, int channels);

    /// <summary>Takes every stride-th row and column, and zeros for the new channels.</summary>
    public abstract void PaddedIdentity(void* x, void* y, int images, in PaddedIdentityShape shape);

    /// <summary>The gradient of the padded identity: zeros where nothing was taken.</summary>
    public abstract void PaddedIdentityGradient(void* dy, void* dx, int images, in PaddedIdentityShape shape);

    /// <summary>y = 1 / (1 + exp(-x)), or tanh(x) = 2 / (1 + exp(-2x)) - 1.</summary>
    /// <param name="x">The values.</param>
    /// <param name="y">Receives as many.</param>
    /// <param name="tanh">Which of the two.</param>
    /// <param name="values">How many, a multiple of the channels.</param>
    public abstract void Activate(void* x, void* y, bool tanh, nint values);

    /// <summary>dx = dy * y * (1 - y), or dy * (1 - y^2).</summary>
    /// <param name="dy">Gradient by the output.</param>
    /// <param name="dy2">A second one, to be added; null: none.</param>
    /// <param name="y">The output.</param>
    /// <param name="dx">Receives the gradient by the input.</param>
    /// <param name="tanh">Which of the two.</param>
    /// <param name="values">How many, a multiple of the channels.</param>
    public abstract void ActivateGradient(void* dy, void* dy2, void* y, void* dx, bool tanh, nint values);

    /// <summary>y = x * Phi(x), by the error function.</summary>
    /// <param name="x">The values.</param>
    /// <param name="y">Receives as many.</param>
    /// <param name="values">How many, a multiple of the channels.</param>
    public abstract void Gelu(void* x, void* y, nint values);

    /// <summary>dx = dy * (Phi(x) + x * phi(x)).</summary>
    /// <param name="dy">Gradient by the output.</param>
    /// <param name="dy2">A second one, to be added; null: none.</param>
    /// <param name="x">The input.</param>
    /// <param name="dx">Receives the gradient by the input.</param>
    /// <param name="values">How many, a multiple of the channels.</param>
    public abstract void GeluGradient(void* dy, void* dy2, void* x, void* dx, nint values);

    /// <summary>The largest of each 2 x 2 places: [images, H, W, C] becomes [images, H/2, W/2, C].</summary>
    public abstract void MaxPool(void* x, void* y, int images, int height, int width, int channels);

    /// <summary>The gradient of the max pool: dy at the first of the largest places, 0 elsewhere.</summary>
    public abstract void MaxPoolGradient(void* dy, void* x, void* y, void* dx, int images, int height, int width, int channels);

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
/// <param name="Before">New channels before the old ones.</param>
internal readonly record struct PaddedIdentityShape(int In, int Out, int Height, int Width, int Stride, int Before)
{
    /// <summary>The number that the width of the kernels' vectors must divide.</summary>
    public int CommonDivisor => (int)BigInteger.GreatestCommonDivisor(BigInteger.GreatestCommonDivisor(In, Out), Before);

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
                    for (nint c = 0; c < shape.Before; c += TVector.Width)
                        TElement.Store(TVector.Of(0), to + c);
                    for (nint c = 0; c < shape.In; c += TVector.Width)
                        TElement.Store(TElement.Load<TVector>(from + c), to + shape.Before + c);
                    for (nint c = shape.Before + shape.In; c < shape.Out; c += TVector.Width)
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
                    var from = (TElement*)dy + ((((n * shape.OutHeight) + (h / shape.Stride)) * shape.OutWidth) + (w / shape.Stride)) * shape.Out + shape.Before;
                    for (nint c = 0; c < shape.In; c += TVector.Width)
                        TElement.Store(taken ? TElement.Load<TVector>(from + c) : TVector.Of(0), to + c);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Activate(void* x, void* y, bool tanh, nint values)
    {
        var (factor, offset) = (TVector.Of(tanh ? 2 : 1), TVector.Of(tanh ? -1 : 0));
        for (nint i = 0; i < values; i += TVector.Width)
            TElement.Store(TVector.MultiplyAdd(TVector.Sigmoid(TElement.Load<TVector>((TElement*)x + i) * factor), factor, offset), (TElement*)y + i);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ActivateGradient(void* dy, void* dy2, void* y, void* dx, bool tanh, nint values)
    {
        var one = TVector.Of(1);
        for (nint i = 0; i < values; i += TVector.Width)
        {
            var gradient = TElement.Load<TVector>((TElement*)dy + i);
            if (dy2 is not null)
                gradient += TElement.Load<TVector>((TElement*)dy2 + i);
            var output = TElement.Load<TVector>((TElement*)y + i);
            var slope = tanh ? one - (output * output) : output * (one - output);
            TElement.Store(gradient * slope, (TElement*)dx + i);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Gelu(void* x, void* y, nint values)
    {
        for (nint i = 0; i < values; i += TVector.Width)
        {
            var input = TElement.Load<TVector>((TElement*)x + i);
            TElement.Store(input * Normal(input).Distribution, (TElement*)y + i);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void GeluGradient(void* dy, void* dy2, void* x, void* dx, nint values)
    {
        for (nint i = 0; i < values; i += TVector.Width)
        {
            var gradient = TElement.Load<TVector>((TElement*)dy + i);
            if (dy2 is not null)
                gradient += TElement.Load<TVector>((TElement*)dy2 + i);
            var input = TElement.Load<TVector>((TElement*)x + i);
            var (distribution, density) = Normal(input);
            TElement.Store(gradient * TVector.MultiplyAdd(input, density, distribution), (TElement*)dx + i);
        }
    }

    /// <summary>
    /// Phi(x) and phi(x) of the normal distribution. Below 0, Phi(x) = erfc(|x| / sqrt(2)) / 2, by Abramowitz and Stegun's 7.1.26, which is off
    /// by at most 1.5e-7: about as much as fp32 rounds.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Distribution, TVector Density) Normal(TVector x)
    {
        var one = TVector.Of(1);
        var size = TVector.Max(x, TVector.Of(0) - x);
        var bell = TVector.Exp(size * size * TVector.Of(-0.5f));
        var t = one / TVector.MultiplyAdd(size, TVector.Of(0.3275911f * 0.70710678f), one);
        var sum = TVector.MultiplyAdd(t, TVector.Of(1.061405429f), TVector.Of(-1.453152027f));
        sum = TVector.MultiplyAdd(t, sum, TVector.Of(1.421413741f));
        sum = TVector.MultiplyAdd(t, sum, TVector.Of(-0.284496736f));
        sum = TVector.MultiplyAdd(t, sum, TVector.Of(0.254829592f));
        var below = sum * t * bell * TVector.Of(0.5f);
        return (below + TVector.WherePositive(x, one - below - below), bell * TVector.Of(0.39894228f));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void MaxPool(void* x, void* y, int images, int height, int width, int channels)
    {
        var to = (TElement*)y;
        var row = (nint)width * channels;
        for (nint n = 0; n < images; n++)
        {
            for (nint h = 0; h + 1 < height; h += 2)
            {
                for (nint w = 0; w + 1 < width; w += 2, to += channels)
                {
                    var at = (TElement*)x + (((n * height) + h) * row) + (w * channels);
                    for (nint c = 0; c < channels; c += TVector.Width)
                    {
                        var upper = TVector.Max(TElement.Load<TVector>(at + c), TElement.Load<TVector>(at + channels + c));
                        var lower = TVector.Max(TElement.Load<TVector>(at + row + c), TElement.Load<TVector>(at + row + channels + c));
                        TElement.Store(TVector.Max(upper, lower), to + c);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void MaxPoolGradient(void* dy, void* x, void* y, void* dx, int images, int height, int width, int channels)
    {
        var gradients = (TElement*)dy;
        var outputs = (TElement*)y;
        var row = (nint)width * channels;
        if (height % 2 == 1 || width % 2 == 1)
            new Span<TElement>(dx, checked((int)(images * height * row))).Clear();
        for (nint n = 0; n < images; n++)
        {
            for (nint h = 0; h + 1 < height; h += 2)
            {
                for (nint w = 0; w + 1 < width; w += 2, gradients += channels, outputs += channels)
                {
                    var at = (((n * height) + h) * row) + (w * channels);
                    for (nint c = 0; c < channels; c += TVector.Width)
                    {
                        // The gradient that no place has taken yet: the first place with the largest value takes all of it.
                        var left = TElement.Load<TVector>(gradients + c);
                        var largest = TElement.Load<TVector>(outputs + c);
                        for (nint place = 0; place < 4; place++)
                        {
                            var here = at + c + ((place & 1) * channels) + ((place >> 1) * row);
                            var passed = TVector.WherePositive(largest - TElement.Load<TVector>((TElement*)x + here), left);
                            TElement.Store(left - passed, (TElement*)dx + here);
                            left = passed;
                        }
                    }
                }
            }
        }
    }
}
