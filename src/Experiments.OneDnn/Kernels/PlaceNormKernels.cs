using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// The passes of a norm whose statistics are over the channels of one place, or a group of them, over feature maps [N, H*W, C], channels
/// last: a set S_i lies in one piece of memory. So each pass does all its work on one place after the other, and nothing is pooled
/// between the passes. With u = 1 / sqrt(var + epsilon), x^ = (x - mean) * u and t = gamma * dy:
/// <code>
///   y  = gamma * x^ + beta
///   dx = u * (t - mean of t - x^ * mean of t * x^)
/// </code>
/// </summary>
internal abstract unsafe class PlaceNormKernels
{
    /// <summary>The kernels for groups of so many channels, compiled for the widest vector that divides them.</summary>
    /// <param name="precision">The number format of the maps.</param>
    /// <param name="channels">C.</param>
    /// <param name="groups">G, the groups that these fall into.</param>
    /// <param name="use">What the statistics are used for.</param>
    public static PlaceNormKernels For(Precision precision, int channels, int groups, StatisticsUse use) =>
        precision == Precision.Bf16 ? For<Bf16>(channels, groups, use) : For<Fp32>(channels, groups, use);

    /// <summary>Normalizes, scales and shifts.</summary>
    /// <param name="x">[places, C].</param>
    /// <param name="y">Receives the output, [places, C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="statistics">Receives mean and u of each place's groups, [places, G, 2].</param>
    /// <param name="places">The places of all images.</param>
    public abstract void Forward(void* x, void* y, float* gamma, float* beta, float* statistics, nint places);

    /// <summary>The gradients.</summary>
    /// <param name="dy">Gradient by the output, [places, C].</param>
    /// <param name="dy2">A second one, to be added; null: none.</param>
    /// <param name="x">The input.</param>
    /// <param name="dx">Receives the gradient by the input; may be dy or x. Null: not wanted.</param>
    /// <param name="gamma">[C].</param>
    /// <param name="statistics">What the forward pass left.</param>
    /// <param name="dgamma">Receives the sum over the places of dy * x^, [C].</param>
    /// <param name="dbeta">Receives the sum over the places of dy, [C].</param>
    /// <param name="places">The places of one image: more would lose digits in sums of fp32.</param>
    public abstract void Backward(void* dy, void* dy2, void* x, void* dx, float* gamma, float* statistics, float* dgamma, float* dbeta, nint places);

    private static PlaceNormKernels For<TElement>(int channels, int groups, StatisticsUse use)
        where TElement : unmanaged, IElement<TElement> => (channels / groups) switch
        {
            var size when Vector512.IsHardwareAccelerated && size % 16 == 0 => new PlaceNormKernels<Vector16, TElement>(channels, groups, use),
            var size when size % 8 == 0 => new PlaceNormKernels<Vector8, TElement>(channels, groups, use),
            _ => new PlaceNormKernels<Vector1, TElement>(channels, groups, use),
        };
}

/// <inheritdoc/>
internal sealed unsafe class PlaceNormKernels<TVector, TElement>(int channels, int groups, StatisticsUse use) : PlaceNormKernels
    where TVector : unmanaged, IVector<TVector>
    where TElement : unmanaged, IElement<TElement>
{
    private readonly nint _size = channels / groups;
    private readonly bool _centres = use.HasFlag(StatisticsUse.Centre);
    private readonly bool _scales = use.HasFlag(StatisticsUse.Scale);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(void* x, void* y, float* gamma, float* beta, float* statistics, nint places)
    {
        var from = (TElement*)x;
        var to = (TElement*)y;
        for (nint place = 0; place < places; place++)
        {
            for (nint group = 0; group < groups; group++, from += _size, to += _size, statistics += 2)
            {
                var (mean, inverse) = Statistics(from);
                (statistics[0], statistics[1]) = (mean, inverse);
                var (means, inverses) = (TVector.Of(mean), TVector.Of(inverse));
                var channel = group * _size;
                for (nint c = 0; c < _size; c += TVector.Width)
                {
                    var normalized = (TElement.Load<TVector>(from + c) - means) * inverses;
                    TElement.Store(TVector.MultiplyAdd(normalized, TVector.Load(gamma + channel + c), TVector.Load(beta + channel + c)), to + c);
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(
        void* dy, void* dy2, void* x, void* dx, float* gamma, float* statistics, float* dgamma, float* dbeta, nint places)
    {
        for (nint c = 0; c < groups * _size; c++)
            (dgamma[c], dbeta[c]) = (0, 0);
        var part = 1f / _size;
        var at = (nint)0;
        for (nint place = 0; place < places; place++)
        {
            for (nint group = 0; group < groups; group++, at += _size, statistics += 2)
            {
                var (means, inverses) = (TVector.Of(statistics[0]), TVector.Of(statistics[1]));
                var (sum, product) = (TVector.Of(0), TVector.Of(0));
                var channel = group * _size;
                for (nint c = 0; c < _size; c += TVector.Width)
                {
                    var gradient = Gradient(dy, dy2, at + c);
                    var normalized = (TElement.Load<TVector>((TElement*)x + at + c) - means) * inverses;
                    TVector.Store(TVector.MultiplyAdd(gradient, normalized, TVector.Load(dgamma + channel + c)), dgamma + channel + c);
                    TVector.Store(TVector.Load(dbeta + channel + c) + gradient, dbeta + channel + c);
                    gradient *= TVector.Load(gamma + channel + c);
                    sum += gradient;
                    product = TVector.MultiplyAdd(gradient, normalized, product);
                }

                if (dx is null)
                    continue;
                var level = TVector.Of(_centres ? TVector.Sum(sum) * part : 0);
                var slope = TVector.Of(_scales ? -TVector.Sum(product) * part : 0);
                for (nint c = 0; c < _size; c += TVector.Width)
                {
                    var gradient = Gradient(dy, dy2, at + c) * TVector.Load(gamma + channel + c);
                    var normalized = (TElement.Load<TVector>((TElement*)x + at + c) - means) * inverses;
                    TElement.Store(TVector.MultiplyAdd(normalized, slope, gradient - level) * inverses, (TElement*)dx + at + c);
                }
            }
        }
    }

    /// <summary>
    /// Mean and 1 / sqrt(var + epsilon) of one place's group. The mean is that of x less the group's first value, and the variance that of x less
    /// the mean, in a second walk over what is still in the cache: so a large mean costs no precision. Without centring, x itself is squared.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (float Mean, float Inverse) Statistics(TElement* x)
    {
        var mean = 0f;
        if (_centres)
        {
            var first = Vector1.Sum(TElement.Load<Vector1>(x));
            var (origin, sum) = (TVector.Of(first), TVector.Of(0));
            for (nint c = 0; c < _size; c += TVector.Width)
                sum += TElement.Load<TVector>(x + c) - origin;
            mean = first + (TVector.Sum(sum) / _size);
        }

        if (!_scales)
            return (mean, 1);
        var (means, squares) = (TVector.Of(mean), TVector.Of(0));
        for (nint c = 0; c < _size; c += TVector.Width)
        {
            var offset = TElement.Load<TVector>(x + c) - means;
            squares = TVector.MultiplyAdd(offset, offset, squares);
        }

        return (mean, (float)(1 / Math.Sqrt((TVector.Sum(squares) / (double)_size) + Norm.Epsilon)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Gradient(void* dy, void* dy2, nint at)
    {
        var gradient = TElement.Load<TVector>((TElement*)dy + at);
        return dy2 is null ? gradient : gradient + TElement.Load<TVector>((TElement*)dy2 + at);
    }
}
