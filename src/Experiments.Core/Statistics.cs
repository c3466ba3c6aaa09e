namespace Experiments.Core;

/// <summary>A mean over seeds, and how certain it is.</summary>
/// <param name="N">The number of values.</param>
/// <param name="Mean">Their mean; null without values.</param>
/// <param name="Sd">Their sample standard deviation (n - 1 in the denominator); null for fewer than two values.</param>
/// <param name="HalfWidth">Half the 95% interval of the mean by Student's t; null for fewer than two values.</param>
public sealed record Estimate(int N, double? Mean, double? Sd, double? HalfWidth)
{
    /// <summary>The interval's lower end.</summary>
    public double? Low => Mean - HalfWidth;

    /// <summary>The interval's upper end.</summary>
    public double? High => Mean + HalfWidth;

    /// <summary>
    /// The two-sided p-value of Student's t test that the mean is 0: below 0.05 exactly where the 95% interval leaves 0 out. Null for fewer than two
    /// values. Values without any spread prove their mean: 0, or 1 where it is 0.
    /// </summary>
    public double? P => Sd is not { } sd ? null : sd == 0 ? (Mean == 0 ? 1 : 0) : Statistics.TwoSidedP(Mean!.Value / (sd / Math.Sqrt(N)), N - 1);
}

/// <summary>Statistics of several values, such as those of seeds or of repetitions.</summary>
public static class Statistics
{
    /// <summary>The middle of some values: of an even number, half way between the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The value that a share (0 to 1) of some values lies under, interpolated linearly between two of them.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToList();
        var place = share * (sorted.Count - 1);
        var (low, high) = (sorted[(int)Math.Floor(place)], sorted[(int)Math.Ceiling(place)]);
        return low + ((place - Math.Floor(place)) * (high - low));
    }

    /// <summary>Mean, sample standard deviation and 95% interval of independent values.</summary>
    public static Estimate Estimate(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            return new Estimate(0, null, null, null);
        var mean = values.Average();
        if (values.Count == 1)
            return new Estimate(1, mean, null, null);
        var sd = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return new Estimate(values.Count, mean, sd, StudentT(0.975, values.Count - 1) * sd / Math.Sqrt(values.Count));
    }

    /// <summary>
    /// The difference between two treatments over the seeds that both have: each seed's own difference first, so what a seed does to
    /// both of them cancels.
    /// </summary>
    public static Estimate PairedDifference(IReadOnlyDictionary<long, double> of, IReadOnlyDictionary<long, double> from)
    {
        ArgumentNullException.ThrowIfNull(of);
        return Estimate([.. of.Where(pair => from.ContainsKey(pair.Key)).Select(pair => pair.Value - from[pair.Key])]);
    }

    /// <summary>
    /// The quantile of Student's t distribution with whole degrees of freedom, found by bisection of the finite series of
    /// Abramowitz and Stegun, 26.7.3 and 26.7.4.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not inside (0, 1), or there are no degrees of freedom.</exception>
    public static double StudentT(double probability, int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degreesOfFreedom);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        if (probability < 0.5)
            return -StudentT(1 - probability, degreesOfFreedom);

        // theta = arctan(t / sqrt(df)) runs over a finite interval, so 60 halvings reach the last bit.
        var inside = (2 * probability) - 1;
        var (low, high) = (0.0, Math.PI / 2);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = ProbabilityWithin(middle, degreesOfFreedom) < inside ? (middle, high) : (low, middle);
        }

        return Math.Sqrt(degreesOfFreedom) * Math.Tan((low + high) / 2);
    }

    /// <summary>The probability that Student's t lies at least as far from 0 as this, on either side; right to 1e-15, so that smaller ones may come as 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no degrees of freedom.</exception>
    public static double TwoSidedP(double t, int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(degreesOfFreedom);
        return Math.Clamp(1 - ProbabilityWithin(Math.Atan(Math.Abs(t) / Math.Sqrt(degreesOfFreedom)), degreesOfFreedom), 0, 1);
    }

    /// <summary>
    /// P-values of several tests, each adjusted for the others, in the order given: rejecting where they are below 0.05 keeps the chance of even one
    /// false rejection below 0.05, however the tests depend on each other (Holm 1979, "A simple sequentially rejective multiple test procedure").
    /// </summary>
    public static IReadOnlyList<double> Holm(IReadOnlyList<double> p)
    {
        ArgumentNullException.ThrowIfNull(p);
        var adjusted = new double[p.Count];
        var largest = 0.0;
        foreach (var (rank, test) in Enumerable.Range(0, p.Count).OrderBy(test => p[test]).Index())
            adjusted[test] = largest = Math.Max(largest, Math.Min(1, (p.Count - rank) * p[test]));
        return adjusted;
    }

    /// <summary>P(|T| &lt; sqrt(df) * tan(theta)).</summary>
    private static double ProbabilityWithin(double theta, int degreesOfFreedom)
    {
        var (sin, cos) = Math.SinCos(theta);
        var odd = degreesOfFreedom % 2 == 1;
        var term = odd ? cos : 1;
        var sum = degreesOfFreedom == 1 ? 0 : term;
        for (var k = odd ? 3 : 2; k < degreesOfFreedom; k += 2)
            sum += term *= cos * cos * (k - 1) / k;
        return odd ? 2 / Math.PI * (theta + (sin * sum)) : sin * sum;
    }
}
