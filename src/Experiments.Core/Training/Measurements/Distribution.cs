namespace Experiments.Core.Training.Measurements;

/// <summary>A bin of a histogram.</summary>
/// <param name="Low">Where it begins.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Fraction">The part of all values that lie in it.</param>
public readonly record struct Bin(double Low, double High, double Fraction);

/// <summary>How finite values are distributed.</summary>
public sealed class Distribution
{
    private readonly float[] _sorted;

    /// <summary>Takes at least one value. It sorts the given array itself.</summary>
    public Distribution(float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        Array.Sort(values);
        _sorted = values;
    }

    /// <summary>The value that so many percent of the values lie under. Between two values it interpolates linearly, as NumPy does.</summary>
    /// <param name="percent">From 0, the smallest value, to 100, the largest.</param>
    public double Percentile(double percent)
    {
        var place = percent / 100 * (_sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((place - below) * ((double)_sorted[above] - _sorted[below]));
    }

    /// <summary>
    /// The values in equal bins between two percentiles; the first and the last bin also take what lies outside. Values that are all the
    /// same lie in the middle of a range of length 1.
    /// </summary>
    /// <param name="bins">How many bins.</param>
    /// <param name="lowPercent">The percentile at which the first begins.</param>
    /// <param name="highPercent">The percentile at which the last ends.</param>
    public IReadOnlyList<Bin> Histogram(int bins, double lowPercent, double highPercent)
    {
        var (low, high) = (Percentile(lowPercent), Percentile(highPercent));
        if (low == high)
            (low, high) = (low - 0.5, high + 0.5);
        var width = (high - low) / bins;
        var counts = new int[bins];
        foreach (var value in _sorted)
            counts[Math.Clamp((int)Math.Floor((value - low) / width), 0, bins - 1)]++;
        return [.. counts.Select((count, bin) => new Bin(low + (bin * width), low + ((bin + 1) * width), (double)count / _sorted.Length))];
    }
}
