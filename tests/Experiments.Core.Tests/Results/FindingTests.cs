using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;

namespace Experiments.Core.Tests.Results;

public sealed class FindingTests
{
    [Fact]
    public void A_rise_and_the_ends_at_the_smallest_batch_are_said_with_their_intervals() => Assert.Equal(
        [
            "BN: from batch 32 to batch 2 the error rises from 20.0% to 31.0%, a difference of +11.0 points (95% interval +8.5 to +13.5, paired over 3 seeds).",
            "GN (G=8): from batch 32 to batch 2 the error goes from 22.0% to 22.0%, a difference of 0.0 points (95% interval \u22122.5 to +2.5, paired over 3 seeds), not significantly different from 0.",
            "With batch 2, GN (G=8) has the lower error, 22.0%, and BN the higher, 31.0%, a difference of +9.0 points (95% interval +9.0 to +9.0, paired over 3 seeds).",
        ],
        Said([.. Seeds("bn", 32, 20, 20, 20), .. Seeds("bn", 2, 30, 31, 32), .. Seeds("gn", 32, 22, 22, 22, groups: 8), .. Seeds("gn", 2, 21, 22, 23, groups: 8)]));

    [Fact]
    public void Without_batch_sizes_the_lowest_and_the_highest_error_are_said_and_that_they_were_chosen() => Assert.Equal(
        ["BN has the lowest error, 18.0%, and LN the highest, 22.0%, a difference of +4.0 points (95% interval +1.5 to +6.5, paired over 3 seeds). They are the two ends of 3, so chance makes them lie farther apart."],
        Said([.. Seeds("bn", 32, 18, 18, 18), .. Seeds("in", 32, 19, 19, 19), .. Seeds("ln", 32, 21, 22, 23)]));

    [Fact]
    public void One_seed_gives_no_interval_and_says_so()
    {
        var said = Said([Sample.Run("bn", 32, 1, 20), Sample.Run("bn", 2, 1, 30)]);
        Assert.Equal(["BN: from batch 32 to batch 2 the error goes from 20.0% to 30.0%, a difference of +10.0 points; with one seed there is no interval, and another seed may say otherwise."], said);
    }

    [Fact]
    public void Where_the_shown_errors_lie_another_distance_apart_the_words_say_why()
    {
        Assert.Contains("from 22.6% to 22.3%, before rounding a difference of \u22120.4 points", Said([Sample.Run("bn", 32, 1, 22.64), Sample.Run("bn", 2, 1, 22.26)])[0], StringComparison.Ordinal);
        Assert.Contains("from 20.0% to 26.0%, a difference over the seeds that both have of +5.0 points", Said([Sample.Run("bn", 32, 1, 20), Sample.Run("bn", 2, 1, 25), Sample.Run("bn", 2, 2, 27)])[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_run_has_finished_it_says_where() => Assert.Equal(
        ["BN: no rise can be told, since no run has finished at batch 2 (1 diverged)."],
        Said([Sample.Run("bn", 32, 1, 20), Sample.Run("bn", 2, 1).Diverged()]));

    [Fact]
    public void Errors_of_different_networks_are_not_compared()
    {
        var said = Said([Sample.Run("bn"), Sample.Run("ln"), .. new[] { Sample.Run("bn", error: 50), Sample.Run("ln", error: 60) }.Select(run => run with { Model = "resnet8" })]);
        Assert.Equal(2, said.Count);
        Assert.StartsWith("With resnet8, BN has the lower error, 50.0%, and LN the higher, 60.0%", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_the_same_and_what_differs_is_the_protocol()
    {
        var protocol = Protocol.Of([.. Sample.Figure1()]);
        Assert.Equal(["norm: BN|GN (G=8)", "batch: 32|16|8|4|2", "seed: 1|2|3"], protocol.Differing.Select(setting => $"{setting.Column}: {string.Join('|', setting.Values)}"));
        Assert.Contains(("epochs", "100"), protocol.Same);
        Assert.DoesNotContain(protocol.Same, setting => setting.Value.Length == 0);
    }

    private static List<string> Said(IReadOnlyList<RunRow> runs) => [.. Finding.Of(runs).Select(finding => finding.ToString())];

    private static IEnumerable<RunRow> Seeds(string norm, int batch, double first, double second, double third, int? groups = null) =>
        new[] { first, second, third }.Select((error, index) => Sample.Run(norm, batch, index + 1, error, groups));
}
