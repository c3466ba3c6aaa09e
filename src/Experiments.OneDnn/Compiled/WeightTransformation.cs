using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// Computes a convolution's applied kernel, w, from the learnt one, v; both lie alike. Each output channel has a mean (0 under weight
/// normalization) and a sum of squares about it: <c>w = (v - mean) * scale</c>. The gradient goes back as through a norm.
/// </summary>
internal sealed unsafe class WeightTransformation : IDisposable
{
    private const int Alignment = 64;

    private readonly WeightTransform _transform;
    private readonly LearnableArray? _gain;
    private readonly WeightKernels _kernels;
    private readonly int _channels;
    private readonly int _fanIn;
    private readonly float* _memory;
    private readonly float* _mean;
    private readonly float* _squares;
    private readonly float* _scale;
    private readonly float* _sum;
    private readonly float* _product;
    private readonly float* _level;
    private readonly float* _slope;
    private int _version = -1;
    private int _gainVersion = -1;

    /// <summary>Prepares.</summary>
    /// <param name="transform">Which transform.</param>
    /// <param name="parameter">v, [Out, In, K, K].</param>
    /// <param name="order">For each place the index of what lies there, or -1 for padding.</param>
    /// <param name="room">Places in memory, zeros at the end included.</param>
    /// <param name="gain">Weight normalization's g.</param>
    internal WeightTransformation(WeightTransform transform, Parameter parameter, int[] order, nint room, LearnableArray? gain)
    {
        (_transform, _gain) = (transform, gain);
        _channels = parameter.Shape[0];
        _fanIn = parameter.Size / _channels;
        var channelOf = new int[room];
        Array.Fill(channelOf, -1);
        for (var place = 0; place < order.Length; place++)
            channelOf[place] = order[place] < 0 ? -1 : order[place] / _fanIn;
        _kernels = new WeightKernels(channelOf, _channels);
        var bytes = (nuint)((room + (7 * _kernels.Channels)) * sizeof(float));
        _memory = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_memory, bytes);
        _mean = _memory + room;
        _squares = _mean + _kernels.Channels;
        _scale = _squares + _kernels.Channels;
        _sum = _scale + _kernels.Channels;
        _product = _sum + _kernels.Channels;
        _level = _product + _kernels.Channels;
        _slope = _level + _kernels.Channels;
    }

    /// <summary>w.</summary>
    internal float* Applied => _memory;

    /// <summary>Makes w anew if v or g have changed since.</summary>
    internal void Refresh(LearnableArray weights)
    {
        if (_version == weights.Version && _gainVersion == (_gain?.Version ?? -1))
            return;
        (_version, _gainVersion) = (weights.Version, _gain?.Version ?? -1);
        var v = weights.Values;
        if (_transform == WeightTransform.Standardization)
        {
            _kernels.Sum(v, null, null, _mean);
            for (var c = 0; c < _channels; c++)
                _mean[c] /= _fanIn;
            SumOfSquares(v);
            for (var c = 0; c < _channels; c++)
                _scale[c] = (float)(1 / Math.Sqrt((_squares[c] / _fanIn) + Norm.Epsilon));
        }
        else
        {
            _kernels.Sum(v, v, null, _squares);
            for (var c = 0; c < _channels; c++)
                _scale[c] = (float)(_gain!.Values[c] / Math.Sqrt(_squares[c]));
        }

        _kernels.Scale(v, _mean, _scale, Applied);
    }

    /// <summary>Turns the gradient by w into the gradient by v, in place, and writes the gradient by g.</summary>
    internal void Gradients(LearnableArray weights)
    {
        _kernels.Sum(weights.Gradients, weights.Values, _mean, _product);
        if (_transform == WeightTransform.Standardization)
        {
            // As a norm without gamma and beta: dv = i * dw - i * A / n - (v - mean) * i^3 * B / n.
            _kernels.Sum(weights.Gradients, null, null, _sum);
            for (var c = 0; c < _channels; c++)
            {
                var inverse = (double)_scale[c];
                _level[c] = (float)(inverse * _sum[c] / _fanIn);
                _slope[c] = (float)(inverse * inverse * inverse * _product[c] / _fanIn);
            }
        }
        else
        {
            // dg = v * dw / ||v||, dv = g / ||v|| * dw - g * dg / ||v||^2 * v (Salimans & Kingma 2016, Eqn 3).
            for (var c = 0; c < _channels; c++)
            {
                _gain!.Gradients[c] = (float)(_product[c] / Math.Sqrt(_squares[c]));
                _slope[c] = _scale[c] * _product[c] / _squares[c];
            }
        }

        _kernels.Gradient(weights.Gradients, weights.Values, _mean, _scale, _level, _slope);
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_memory);

    /// <summary>Computes the sum of (v - mean)^2 from v - mean, kept in the memory of w. A sum of v * (v - mean) would lose digits to cancellation.</summary>
    private void SumOfSquares(float* v)
    {
        for (var c = 0; c < _channels; c++)
            _scale[c] = 1;
        _kernels.Scale(v, _mean, _scale, Applied);
        _kernels.Sum(Applied, Applied, null, _squares);
    }
}
