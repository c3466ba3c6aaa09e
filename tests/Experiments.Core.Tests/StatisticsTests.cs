using FsCheck;
using FsCheck.Fluent;

namespace Experiments.Core.Tests;

public sealed class StatisticsTests
{
    [Fact]
    public void The_median_is_the_middle_value_or_half_way_between_the_two_in_the_middle()
    {
        Assert.Equal(3, Statistics.Median([9, 1, 3, 2, 8]));
        Assert.Equal(2.5, Statistics.Median([4, 1, 3, 2]));
    }

    // Fisher and Yates' table, as NIST prints it (Engineering Statistics Handbook, 1.3.6.7.2), with more digits from R's qt.
    [Theory]
    [InlineData(0.975, 1, 12.706204736)]
    [InlineData(0.975, 2, 4.302652730)]
    [InlineData(0.975, 3, 3.182446305)]
    [InlineData(0.975, 4, 2.776445105)]
    [InlineData(0.975, 9, 2.262157163)]
    [InlineData(0.975, 30, 2.042272456)]
    [InlineData(0.975, 100, 1.983971519)]
    [InlineData(0.95, 5, 2.015048373)]
    [InlineData(0.995, 7, 3.499483297)]
    [InlineData(0.9995, 1, 636.6192488)]
    [InlineData(0.5, 6, 0)]
    public void Student_t_has_the_values_of_the_tables(double probability, int degreesOfFreedom, double expected)
    {
        Assert.Equal(expected, Statistics.StudentT(probability, degreesOfFreedom), 1e-8 * Math.Max(1, expected));
        Assert.Equal(-expected, Statistics.StudentT(1 - probability, degreesOfFreedom), 1e-8 * Math.Max(1, expected));
    }

    [Fact]
    public void Student_t_tends_to_the_normal_distribution() =>
        Assert.Equal(1.959963985, Statistics.StudentT(0.975, 1_000_000), 1e-5);

    // Two-sided values of R's 2 * pt(-abs(t), df).
    [Theory]
    [InlineData(0, 4, 1)]
    [InlineData(1, 1, 0.5)]
    [InlineData(12.706204736, 1, 0.05)]
    [InlineData(-2.776445105, 4, 0.05)]
    [InlineData(4.032142984, 5, 0.01)]
    [InlineData(2, 10, 0.07338803477)]
    public void A_p_value_is_that_of_the_tables(double t, int degreesOfFreedom, double expected) =>
        Assert.Equal(expected, Statistics.TwoSidedP(t, degreesOfFreedom), 1e-9);

    [Fact]
    public void P_values_are_those_of_another_library() =>
        Prop.ForAll(Gen.Choose(-9000, 9000).Select(t => t / 1000.0).Zip(Gen.Choose(1, 60)).ToArbitrary(), test =>
            Math.Abs((2 * MathNet.Numerics.Distributions.StudentT.CDF(0, 1, test.Item2, -Math.Abs(test.Item1))) - Statistics.TwoSidedP(test.Item1, test.Item2)) < 1e-12).QuickCheckThrowOnFailure();

    [Fact]
    public void A_mean_has_a_p_value_below_5_percent_exactly_where_its_interval_leaves_0_out() =>
        Prop.ForAll<int, int, int>((a, b, c) =>
        {
            var estimate = Statistics.Estimate([a % 100, b % 100, c % 100]);
            return estimate.Sd == 0 || Math.Abs(estimate.Low!.Value) < 1e-9 || Math.Abs(estimate.High!.Value) < 1e-9
                || (estimate.P < 0.05) == (estimate.Low > 0 || estimate.High < 0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Values_without_spread_prove_their_mean_and_one_value_proves_nothing()
    {
        Assert.Equal(0, Statistics.Estimate([2, 2, 2]).P);
        Assert.Equal(1, Statistics.Estimate([0, 0, 0]).P);
        Assert.Null(Statistics.Estimate([2]).P);
        Assert.Null(Statistics.Estimate([]).P);
    }

    // By hand: sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 are 0.04, 0.06, 0.06, 0.04, and none may be below one before it.
    [Fact]
    public void Holms_correction_is_that_by_hand()
    {
        Assert.Equal([0.06, 0.04, 0.06, 0.06], Statistics.Holm([0.04, 0.01, 0.03, 0.02]), new Near());
        Assert.Equal([0.9, 0.002], Statistics.Holm([0.9, 0.001]), new Near());
        Assert.Equal([1, 1], Statistics.Holm([0.7, 0.6]), new Near());
        Assert.Equal([0.03], Statistics.Holm([0.03]), new Near());
        Assert.Equal([0.06, 0.06, 0.06], Statistics.Holm([0.02, 0.02, 0.02]), new Near());
        Assert.Empty(Statistics.Holm([]));
    }

    [Fact]
    public void An_interval_is_that_of_a_worked_example()
    {
        // Mean 14, sd sqrt(2.5), so 2.776445105 * sqrt(2.5 / 5) to either side.
        var estimate = Statistics.Estimate([12, 13, 14, 15, 16]);
        Assert.Equal(14, estimate.Mean!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(2.5), estimate.Sd!.Value, 1e-12);
        Assert.Equal(14 - (2.776445105 * Math.Sqrt(0.5)), estimate.Low!.Value, 1e-8);
        Assert.Equal(14 + (2.776445105 * Math.Sqrt(0.5)), estimate.High!.Value, 1e-8);
    }

    [Fact]
    public void One_value_has_no_spread_and_none_has_no_mean()
    {
        Assert.Equal(new Estimate(1, 13.6, null, null), Statistics.Estimate([13.6]));
        Assert.Equal(new Estimate(0, null, null, null), Statistics.Estimate([]));
    }

    [Fact]
    public void A_paired_difference_is_over_the_seeds_that_both_have()
    {
        var difference = Statistics.PairedDifference(
            new Dictionary<long, double> { [1] = 20, [2] = 31, [3] = 99 }, new Dictionary<long, double> { [2] = 30, [1] = 18, [4] = 7 });
        Assert.Equal((2, 1.5), (difference.N, difference.Mean));
    }

    [Fact]
    public void What_a_seed_does_to_both_norms_leaves_their_difference_as_it_is() =>
        Prop.ForAll<int, int>((shift1, shift2) =>
        {
            var (a, b) = (shift1 % 1000, shift2 % 1000);
            var difference = Statistics.PairedDifference(
                new Dictionary<long, double> { [1] = 20 + a, [2] = 21 + b }, new Dictionary<long, double> { [1] = 18 + a, [2] = 20 + b });
            return Math.Abs(difference.Mean!.Value - 1.5) < 1e-9 && Math.Abs(difference.Sd!.Value - Math.Sqrt(0.5)) < 1e-9;
        }).QuickCheckThrowOnFailure();

    private sealed class Near : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) < 1e-12;

        public int GetHashCode(double obj) => 0;
    }
}
