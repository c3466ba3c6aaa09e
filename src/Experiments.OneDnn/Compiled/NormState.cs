using Experiments.Core.Networks;
using Experiments.Core.Norms;

namespace Experiments.OneDnn.Compiled;

/// <summary>What a norm layer remembers from batch to batch: running statistics, and the population's while it is collected.</summary>
/// <param name="slot">The layer.</param>
/// <param name="norm">The normalization.</param>
internal sealed class NormState(NormSlot slot, Norm norm)
{
    // The channels before those that have statistics of several images.
    private readonly int _before = norm.HasRunningStatistics ? norm.Parts(slot.Channels)[^1].Before : 0;

    /// <summary>The layer.</summary>
    internal NormSlot Slot { get; } = slot;

    /// <summary>The running mean, [C]. For channels that are normalized image by image it stays at 0.</summary>
    internal float[] RunningMean { get; } = new float[slot.Channels];

    /// <summary>The running variance, [C]. For such channels it stays at 1.</summary>
    internal float[] RunningVariance { get; } = [.. Enumerable.Repeat(1f, slot.Channels)];

    /// <summary>The population's moments of the channels that have statistics of several images.</summary>
    internal PopulationMoments Population { get; } = new(norm.HasRunningStatistics ? norm.Parts(slot.Channels)[^1].Channels : 0);

    /// <summary>Moves the running averages towards a batch: its mean, and its unbiased variance.</summary>
    /// <param name="mean">[G], of G blocks of neighbouring channels, the layer's last ones.</param>
    /// <param name="deviations">The sums of squared deviations, likewise.</param>
    /// <param name="count">The number of values in each block.</param>
    internal void MoveTowards(ReadOnlySpan<double> mean, ReadOnlySpan<double> deviations, double count)
    {
        var channels = (Slot.Channels - _before) / mean.Length;
        for (var c = _before; c < Slot.Channels; c++)
        {
            var block = (c - _before) / channels;
            RunningMean[c] = (float)(((1 - norm.RunningMomentum) * RunningMean[c]) + (norm.RunningMomentum * mean[block]));
            RunningVariance[c] = (float)(((1 - norm.RunningMomentum) * RunningVariance[c]) + (norm.RunningMomentum * deviations[block] / (count - 1)));
        }
    }

    /// <summary>Mean and 1 / sqrt(var + epsilon) of a channel, from the running statistics or the population's.</summary>
    /// <exception cref="InvalidOperationException">No population has been collected.</exception>
    internal (double Mean, double Inverse) Stored(int channel, bool population)
    {
        var (mean, variance) = population ? Population[channel - _before] : (RunningMean[channel], RunningVariance[channel]);
        return (mean, 1 / Math.Sqrt(variance + Norm.Epsilon));
    }
}
