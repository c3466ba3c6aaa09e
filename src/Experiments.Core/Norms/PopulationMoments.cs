namespace Experiments.Core.Norms;

/// <summary>
/// The moments of all images that a norm has seen since the last <see cref="Clear"/>, channel by channel in fp64: the population statistics that
/// evaluation may use in place of moving averages. Batches are pooled one after the other by Chan's formula, so the spread stays exact where the
/// mean is large.
/// </summary>
/// <param name="channels">C.</param>
public sealed class PopulationMoments(int channels)
{
    private readonly double[] _mean = new double[channels];
    private readonly double[] _deviations = new double[channels];
    private double _count;

    /// <summary>Adds a batch (Chan et al. 1979): with d the difference of the means, <c>M2 = M2a + M2b + d^2 * na * nb / (na + nb)</c>.</summary>
    /// <param name="mean">The batch's mean, [G], of G blocks of neighbouring channels.</param>
    /// <param name="deviations">M2, its sum of squared deviations from that mean, [G].</param>
    /// <param name="count">The values that each mean is over.</param>
    public void Add(ReadOnlySpan<double> mean, ReadOnlySpan<double> deviations, double count)
    {
        var total = _count + count;
        var channelsPerBlock = channels / mean.Length;
        for (var c = 0; c < channels; c++)
        {
            var delta = mean[c / channelsPerBlock] - _mean[c];
            _mean[c] += delta * count / total;
            _deviations[c] += deviations[c / channelsPerBlock] + (delta * delta * _count * count / total);
        }

        _count = total;
    }

    /// <summary>Mean and biased variance of a channel.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been pooled.</exception>
    public (double Mean, double Variance) this[int channel] => _count > 0
        ? (_mean[channel], _deviations[channel] / _count)
        : throw new InvalidOperationException("There are no population statistics: collect them first.");

    /// <summary>Whether nothing has been pooled.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _count = 0;
        Array.Clear(_mean);
        Array.Clear(_deviations);
    }
}
