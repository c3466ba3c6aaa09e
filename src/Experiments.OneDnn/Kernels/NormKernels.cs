using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// The passes of a norm layer over feature maps [N, H*W, C], channels last, with the residual sum and the ReLU that follow it in the
/// same pass. Forward: <see cref="Moments"/>, pooling, <see cref="Normalize"/>. Backward: <see cref="GradientSums"/>, pooling,
/// <see cref="InputGradient"/>. Which cells share a statistic is the pooling's business alone; these passes are the same for every norm.
/// </summary>
/// <remarks>Both directions compute with x less a mean and never with x itself, so that a large mean costs no precision.</remarks>
internal abstract unsafe class NormKernels
{
    /// <summary>The kernels for maps of so many channels, compiled for the widest vector that divides them.</summary>
    public static NormKernels For(Precision precision, int channels) =>
        precision == Precision.Bf16 ? For<Bf16>(channels) : For<Fp32>(channels);

    /// <summary>
    /// Each cell's mean and sum of squared deviations M2, in one pass: the sums are of x less the cell's first value p. Being one of the
    /// n values, p obeys (p - mean)^2 &lt;= M2, so what cancels in M2 = sum (x-p)^2 - (sum (x-p))^2 / n is at most n times M2, whatever
    /// the mean; about p it is a few times M2.
    /// </summary>
    /// <param name="x">[images, area, C].</param>
    /// <param name="images">How many images.</param>
    /// <param name="area">H * W.</param>
    /// <param name="tables">Receive mean and deviations, from their first row on.</param>
    public abstract void Moments(void* x, int images, int area, in NormTables tables);

    /// <summary>y = (x - mean) * scale + shift, then + residual, then ReLU.</summary>
    /// <param name="x">[images, area, C].</param>
    /// <param name="residual">Likewise; null: none.</param>
    /// <param name="y">Likewise; may be x.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="images">How many images.</param>
    /// <param name="area">H * W.</param>
    /// <param name="tables">Mean, scale and shift.</param>
    public abstract void Normalize(void* x, void* residual, void* y, bool relu, int images, int area, in NormTables tables);

    /// <summary>
    /// Computes two sums for each cell: of g, and of g * (x - mean), where g = dy (+ dy2), and 0 where the ReLU was cut off.
    /// </summary>
    /// <param name="dy">Gradient by the output, [images, area, C].</param>
    /// <param name="dy2">A second one, to be added; null: none.</param>
    /// <param name="x">The layer's input.</param>
    /// <param name="y">The layer's output, read for <see cref="ReluMask.FromOutput"/> alone.</param>
    /// <param name="g">Receives g where there are two gradients or a mask from the output; may be dy. Elsewhere g follows from dy and x.</param>
    /// <param name="mask">How the ReLU's cut is found.</param>
    /// <param name="images">How many images.</param>
    /// <param name="area">H * W.</param>
    /// <param name="tables">Mean, scale and shift; receive the sums.</param>
    public abstract void GradientSums(
        void* dy, void* dy2, void* x, void* y, void* g, ReluMask mask, int images, int area, in NormTables tables);

    /// <summary>dx = scale * g - level - slope * (x - mean).</summary>
    /// <param name="g">The gradient [images, area, C] that the sums were over, or dy where it was not written.</param>
    /// <param name="x">The layer's input.</param>
    /// <param name="dx">Receives the gradient by the input; may be x.</param>
    /// <param name="maskFromInput">Whether the ReLU's cut is still to be applied to g.</param>
    /// <param name="images">How many images.</param>
    /// <param name="area">H * W.</param>
    /// <param name="tables">Mean, scale, shift, level and slope.</param>
    public abstract void InputGradient(void* g, void* x, void* dx, bool maskFromInput, int images, int area, in NormTables tables);

    private static NormKernels For<TElement>(int channels)
        where TElement : unmanaged, IElement<TElement> => channels switch
        {
            _ when Vector512.IsHardwareAccelerated && channels % 32 == 0 => new NormKernels<Pair<Vector16>, TElement>(channels),
            _ when Vector512.IsHardwareAccelerated && channels % 16 == 0 => new NormKernels<Vector16, TElement>(channels),
            _ when channels % 16 == 0 => new NormKernels<Pair<Vector8>, TElement>(channels),
            _ when channels % 8 == 0 => new NormKernels<Vector8, TElement>(channels),
            _ => new NormKernels<Vector1, TElement>(channels),
        };
}

/// <inheritdoc/>
internal sealed unsafe class NormKernels<TVector, TElement>(int channels) : NormKernels
    where TVector : unmanaged, IVector<TVector>
    where TElement : unmanaged, IElement<TElement>
{
    private readonly nint _channels = channels;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Moments(void* x, int images, int area, in NormTables tables)
    {
        var channels = _channels;
        var means = tables.Mean;
        var deviations = tables.Deviations;
        var part = TVector.Of(1f / area);
        for (nint n = 0; n < images; n++)
        {
            var image = (TElement*)x + (n * area * channels);
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var first = TElement.Load<TVector>(image + c);
                // Two of each, so that one addition need not wait for the one before.
                var (sum0, sum1) = (TVector.Of(0), TVector.Of(0));
                var (squares0, squares1) = (TVector.Of(0), TVector.Of(0));
                var at = image + c;
                var end = at + (area * channels);
                for (; at + channels < end; at += 2 * channels)
                {
                    var offset0 = TElement.Load<TVector>(at) - first;
                    var offset1 = TElement.Load<TVector>(at + channels) - first;
                    sum0 += offset0;
                    sum1 += offset1;
                    squares0 = TVector.MultiplyAdd(offset0, offset0, squares0);
                    squares1 = TVector.MultiplyAdd(offset1, offset1, squares1);
                }

                if (at < end)
                {
                    var offset = TElement.Load<TVector>(at) - first;
                    sum0 += offset;
                    squares0 = TVector.MultiplyAdd(offset, offset, squares0);
                }

                var total = sum0 + sum1;
                var mean = total * part;
                TVector.Store(first + mean, means + (n * channels) + c);
                TVector.Store(TVector.Relu(squares0 + squares1 - (total * mean)), deviations + (n * channels) + c);
            }
        }
    }

    /// <inheritdoc/>
    public override void Normalize(void* x, void* residual, void* y, bool relu, int images, int area, in NormTables tables)
    {
        switch (residual != null, relu)
        {
            case (false, false): Normalize<No, No>((TElement*)x, null, (TElement*)y, images, area, tables); break;
            case (false, true): Normalize<No, Yes>((TElement*)x, null, (TElement*)y, images, area, tables); break;
            case (true, false): Normalize<Yes, No>((TElement*)x, (TElement*)residual, (TElement*)y, images, area, tables); break;
            case (true, true): Normalize<Yes, Yes>((TElement*)x, (TElement*)residual, (TElement*)y, images, area, tables); break;
        }
    }

    /// <inheritdoc/>
    public override void GradientSums(
        void* dy, void* dy2, void* x, void* y, void* g, ReluMask mask, int images, int area, in NormTables tables)
    {
        var a = (TElement*)dy;
        var b = (TElement*)dy2;
        var c = (TElement*)x;
        var d = (TElement*)y;
        var e = (TElement*)g;
        switch (dy2 != null, mask)
        {
            case (false, ReluMask.None): GradientSums<No, No, No>(a, b, c, d, e, images, area, tables); break;
            case (false, ReluMask.FromInput): GradientSums<No, Yes, No>(a, b, c, d, e, images, area, tables); break;
            case (false, ReluMask.FromOutput): GradientSums<No, No, Yes>(a, b, c, d, e, images, area, tables); break;
            case (true, ReluMask.None): GradientSums<Yes, No, No>(a, b, c, d, e, images, area, tables); break;
            case (true, ReluMask.FromInput): GradientSums<Yes, Yes, No>(a, b, c, d, e, images, area, tables); break;
            case (true, ReluMask.FromOutput): GradientSums<Yes, No, Yes>(a, b, c, d, e, images, area, tables); break;
        }
    }

    /// <inheritdoc/>
    public override void InputGradient(void* g, void* x, void* dx, bool maskFromInput, int images, int area, in NormTables tables)
    {
        if (maskFromInput)
            InputGradient<Yes>((TElement*)g, (TElement*)x, (TElement*)dx, images, area, tables);
        else
            InputGradient<No>((TElement*)g, (TElement*)x, (TElement*)dx, images, area, tables);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize<TResidual, TRelu>(TElement* x, TElement* residual, TElement* y, int images, int area, in NormTables tables)
        where TResidual : struct, IChoice
        where TRelu : struct, IChoice
    {
        var channels = _channels;
        var means = tables.Mean;
        var scales = tables.Scale;
        var shifts = tables.Shift;
        var stride = tables.ShiftStride;
        for (nint n = 0; n < images; n++)
        {
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var mean = TVector.Load(means + (n * channels) + c);
                var scale = TVector.Load(scales + (n * channels) + c);
                var shift = TVector.Load(shifts + (n * stride) + c);
                var at = (n * area * channels) + c;
                for (var end = at + (area * channels); at < end; at += channels)
                {
                    var value = TVector.MultiplyAdd(TElement.Load<TVector>(x + at) - mean, scale, shift);
                    if (TResidual.Made)
                        value += TElement.Load<TVector>(residual + at);
                    if (TRelu.Made)
                        value = TVector.Relu(value);
                    TElement.Store(value, y + at);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GradientSums<TSecond, TFromInput, TFromOutput>(
        TElement* dy, TElement* dy2, TElement* x, TElement* y, TElement* g, int images, int area, in NormTables tables)
        where TSecond : struct, IChoice
        where TFromInput : struct, IChoice
        where TFromOutput : struct, IChoice
    {
        var channels = _channels;
        var means = tables.Mean;
        var scales = tables.Scale;
        var shifts = tables.Shift;
        var stride = tables.ShiftStride;
        var sums = tables.Sum;
        var products = tables.Product;
        for (nint n = 0; n < images; n++)
        {
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var mean = TVector.Load(means + (n * channels) + c);
                var scale = TVector.Load(scales + (n * channels) + c);
                var shift = TVector.Load(shifts + (n * stride) + c);
                var (sum, product) = (TVector.Of(0), TVector.Of(0));
                var at = (n * area * channels) + c;
                for (var end = at + (area * channels); at < end; at += channels)
                {
                    var centred = TElement.Load<TVector>(x + at) - mean;
                    var gradient = TElement.Load<TVector>(dy + at);
                    if (TSecond.Made)
                        gradient += TElement.Load<TVector>(dy2 + at);
                    if (TFromInput.Made)
                        gradient = TVector.WherePositive(TVector.MultiplyAdd(centred, scale, shift), gradient);
                    if (TFromOutput.Made)
                        gradient = TVector.WherePositive(TElement.Load<TVector>(y + at), gradient);
                    if (TSecond.Made || TFromOutput.Made)
                        TElement.Store(gradient, g + at);
                    sum += gradient;
                    product = TVector.MultiplyAdd(gradient, centred, product);
                }

                TVector.Store(sum, sums + (n * channels) + c);
                TVector.Store(product, products + (n * channels) + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void InputGradient<TFromInput>(TElement* g, TElement* x, TElement* dx, int images, int area, in NormTables tables)
        where TFromInput : struct, IChoice
    {
        var channels = _channels;
        var means = tables.Mean;
        var scales = tables.Scale;
        var shifts = tables.Shift;
        var stride = tables.ShiftStride;
        var levels = tables.Level;
        var slopes = tables.Slope;
        for (nint n = 0; n < images; n++)
        {
            for (nint c = 0; c < channels; c += TVector.Width)
            {
                var cell = (n * channels) + c;
                var mean = TVector.Load(means + cell);
                var scale = TVector.Load(scales + cell);
                var shift = TVector.Load(shifts + (n * stride) + c);
                var level = TVector.Load(levels + cell);
                var slope = TVector.Of(0) - TVector.Load(slopes + cell);
                var at = (n * area * channels) + c;
                for (var end = at + (area * channels); at < end; at += channels)
                {
                    var centred = TElement.Load<TVector>(x + at) - mean;
                    var gradient = TElement.Load<TVector>(g + at);
                    if (TFromInput.Made)
                        gradient = TVector.WherePositive(TVector.MultiplyAdd(centred, scale, shift), gradient);
                    TElement.Store(TVector.MultiplyAdd(centred, slope, (gradient * scale) - level), dx + at);
                }
            }
        }
    }
}

/// <summary>A choice made when a kernel is compiled.</summary>
internal interface IChoice
{
    /// <summary>Whether the answer is yes.</summary>
    static abstract bool Made { get; }
}

/// <summary>Yes.</summary>
internal readonly struct Yes : IChoice
{
    public static bool Made => true;
}

/// <summary>No.</summary>
internal readonly struct No : IChoice
{
    public static bool Made => false;
}
