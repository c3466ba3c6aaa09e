using Experiments.Core.Sweeps;

namespace Experiments.Core.Tests.Sweeps;

public sealed class SideBySideTimeTests
{
    [Theory]
    [InlineData(1, 13)]
    [InlineData(2, 10)]
    [InlineData(5, 7)]
    public void A_run_begins_where_a_place_is_free(int places, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), SideBySideTime.Of([.. new[] { 2, 3, 1, 7 }.Select(run => TimeSpan.FromSeconds(run))], places));
}
