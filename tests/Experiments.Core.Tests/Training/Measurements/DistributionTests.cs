using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Tests.Training.Measurements;

public sealed class DistributionTests
{
    // 5, 4, ..., 105: the p-th percentile is 5 + p
    private static Distribution Hundred => new([.. Enumerable.Range(5, 101).Reverse().Select(i => (float)i)]);

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 6)]
    [InlineData(20, 25)]
    [InlineData(99.5, 104.5)]
    [InlineData(100, 105)]
    public void Percentiles_lie_between_the_values_that_they_part(double percent, double expected) =>
        Assert.Equal(expected, Hundred.Percentile(percent), 1e-9);

    [Fact]
    public void A_single_value_is_every_percentile() => Assert.Equal(7, new Distribution([7]).Percentile(80));

    [Fact]
    public void A_histogram_has_every_value_in_one_of_its_equal_bins()
    {
        var bins = Hundred.Histogram(4, 10, 90);
        Assert.Equal([(15.0, 35.0), (35, 55), (55, 75), (75, 95)], bins.Select(bin => (bin.Low, bin.High)));

        // 5 to 34, 35 to 54, 55 to 74, 75 to 105
        Assert.Equal([30, 20, 20, 31], bins.Select(bin => (int)Math.Round(bin.Fraction * 101)));
        Assert.Equal(1, bins.Sum(bin => bin.Fraction), 1e-12);
    }

    [Fact]
    public void Values_that_are_all_the_same_lie_in_one_bin()
    {
        var bins = new Distribution([.. Enumerable.Repeat(3f, 10)]).Histogram(5, 0.1, 99.9);
        Assert.Equal([0.0, 0, 1, 0, 0], bins.Select(bin => bin.Fraction));
        Assert.Equal((2.5, 3.5), (bins[0].Low, bins[^1].High));
    }
}
