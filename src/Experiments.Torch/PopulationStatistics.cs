namespace Experiments.Torch;

/// <summary>
/// The moments of everything a norm has seen since it was told to forget: count, mean and sum of squared deviations per channel, in
/// fp64, one batch after the other pooled in by Chan's formula.
/// </summary>
internal sealed class PopulationStatistics : IDisposable
{
    private double _count;
    private Tensor? _mean;
    private Tensor? _deviations;

    /// <summary>Pools in a batch.</summary>
    /// <param name="mean">Its mean of each channel, [C].</param>
    /// <param name="variance">Its biased variance of each channel, [C].</param>
    /// <param name="count">The values that each of them is over.</param>
    internal void Add(Tensor mean, Tensor variance, double count)
    {
        using var scope = NewDisposeScope();
        var batchMean = mean.to(float64);
        var batchDeviations = variance.to(float64) * count;
        _mean ??= zeros_like(batchMean).DetachFromDisposeScope();
        _deviations ??= zeros_like(batchDeviations).DetachFromDisposeScope();

        // Chan et al. 1979: with delta the difference of the means, M2 = M2a + M2b + delta^2 * na * nb / (na + nb).
        var total = _count + count;
        var delta = batchMean - _mean;
        _mean.add_(delta, count / total);
        _deviations.add_(batchDeviations).add_(delta.square(), _count * count / total);
        _count = total;
    }

    /// <summary>The mean of each channel, [C], in the precision of the layer.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been collected.</exception>
    internal Tensor Mean(ScalarType type) => Collected(_mean).to(type);

    /// <summary>The biased variance of each channel, likewise.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been collected.</exception>
    internal Tensor Variance(ScalarType type) => (Collected(_deviations) / _count).to(type);

    private static Tensor Collected(Tensor? sum) => sum ?? throw new InvalidOperationException("There are no population statistics: collect them first.");

    /// <summary>Forgets all.</summary>
    internal void Clear()
    {
        _mean?.Dispose();
        _deviations?.Dispose();
        (_count, _mean, _deviations) = (0, null, null);
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
