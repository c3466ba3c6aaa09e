using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// Sums over each output channel of a kernel, and what is made of them, for weights in any layout: like a norm's passes over a map, but a
/// statistic is over the In * K * K weights of one output channel.
/// </summary>
/// <remarks>
/// oneDNN's layouts mostly have neighbouring output channels side by side, and then eight of them go at once; else one at a time. Padding
/// belongs to a channel of its own in which every number is 0, so it stays 0.
/// </remarks>
internal sealed class WeightKernels
{
    private readonly int[] _channelOf;
    private readonly int[]? _firstOf;

    /// <summary>Prepares for a layout.</summary>
    /// <param name="channelOf">For each place its output channel, or -1 for padding; a multiple of 8 places.</param>
    /// <param name="channels">The output channels.</param>
    internal WeightKernels(int[] channelOf, int channels)
    {
        // The padding's channel, and seven more that a vector may reach beyond the last.
        var padding = (channels + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
        Channels = padding + Vector256<float>.Count;
        _channelOf = [.. channelOf.Select(channel => channel < 0 ? padding : channel)];
        _firstOf = FirstOfEach(channelOf, channels, padding);
    }

    /// <summary>Values that a table by channel has, padding included.</summary>
    internal int Channels { get; }

    /// <summary>sums[channel] += a * b, or of a alone.</summary>
    /// <param name="a">The weights' places.</param>
    /// <param name="b">Likewise; null: 1.</param>
    /// <param name="centre">What is taken from b, by channel; null: 0.</param>
    /// <param name="sums">Receives the sums, by channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal unsafe void Sum(float* a, float* b, float* centre, float* sums)
    {
        new Span<float>(sums, Channels).Clear();
        if (_firstOf is null)
        {
            for (var place = 0; place < _channelOf.Length; place++)
            {
                var channel = _channelOf[place];
                sums[channel] += b is null ? a[place] : a[place] * (b[place] - (centre is null ? 0 : centre[channel]));
            }

            return;
        }

        for (var group = 0; group < _firstOf.Length; group++)
        {
            var (place, first) = (group * Vector256<float>.Count, _firstOf[group]);
            var value = Vector256.Load(a + place);
            if (b is not null)
                value *= centre is null ? Vector256.Load(b + place) : Vector256.Load(b + place) - Vector256.Load(centre + first);
            (Vector256.Load(sums + first) + value).Store(sums + first);
        }
    }

    /// <summary>to = (from - centre) * scale, by channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal unsafe void Scale(float* from, float* centre, float* scale, float* to)
    {
        if (_firstOf is null)
        {
            for (var place = 0; place < _channelOf.Length; place++)
                to[place] = (from[place] - centre[_channelOf[place]]) * scale[_channelOf[place]];
            return;
        }

        for (var group = 0; group < _firstOf.Length; group++)
        {
            var (place, first) = (group * Vector256<float>.Count, _firstOf[group]);
            ((Vector256.Load(from + place) - Vector256.Load(centre + first)) * Vector256.Load(scale + first)).Store(to + place);
        }
    }

    /// <summary>gradient = scale * gradient - level - slope * (value - centre), by channel: as a norm's dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal unsafe void Gradient(float* gradient, float* value, float* centre, float* scale, float* level, float* slope)
    {
        if (_firstOf is null)
        {
            for (var place = 0; place < _channelOf.Length; place++)
            {
                var channel = _channelOf[place];
                gradient[place] = (scale[channel] * gradient[place]) - level[channel] - (slope[channel] * (value[place] - centre[channel]));
            }

            return;
        }

        for (var group = 0; group < _firstOf.Length; group++)
        {
            var (place, first) = (group * Vector256<float>.Count, _firstOf[group]);
            var centred = Vector256.Load(value + place) - Vector256.Load(centre + first);
            ((Vector256.Load(scale + first) * Vector256.Load(gradient + place)) - Vector256.Load(level + first) - (Vector256.Load(slope + first) * centred))
                .Store(gradient + place);
        }
    }

    /// <summary>The first channel of each group of eight places, if every group holds eight neighbouring channels; null if one does not.</summary>
    private static int[]? FirstOfEach(int[] channelOf, int channels, int padding)
    {
        var groups = channelOf.Chunk(Vector256<float>.Count).Select(places =>
        {
            if (places.All(channel => channel < 0))
                return padding;
            // A last group may end in padding, in place of channels that do not exist.
            var neighbours = places.Select((channel, lane) => channel == places[0] + lane || (channel < 0 && places[0] + lane >= channels)).All(is8 => is8);
            return neighbours ? places[0] : -1;
        }).ToArray();
        return groups.All(first => first >= 0) ? groups : null;
    }
}
