using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;

namespace Experiments.Core.Tests.Results;

/// <summary>Two sweeps, paired by what they share.</summary>
public sealed class SweepComparisonTests
{
    private static readonly IReadOnlyList<RunRow> First = Sample.Figure1();

    // The same sweep, trained half as long: BN 2 points worse at every seed and a little more at each further one, GN as it was; one seed more, and no batch 16.
    private static readonly IReadOnlyList<RunRow> Second =
    [
        .. First.Where(run => run.Batch != 16).Select(run => run with { Run = $"{run.Run}-50", Epochs = 50, Error = run.Norm == "bn" ? run.Error + 1.9 + (0.1 * run.Seed) : run.Error }),
        Sample.Run("bn", 32, 4, 15) with { Epochs = 50 },
    ];

    [Theory]
    [InlineData(TableFormat.Text, "comparison.txt")]
    [InlineData(TableFormat.Markdown, "comparison.md")]
    [InlineData(TableFormat.Latex, "comparison.tex")]
    public void Two_sweeps_stand_side_by_side_with_their_difference_and_what_was_left_out(TableFormat format, string file) =>
        Golden.Matches(Compare(First, Second).Write(format), file);

    [Fact]
    public void Differences_are_of_the_same_cell_and_seed_the_second_sweep_less_the_first()
    {
        var entries = Compare(First, Second).Entries.Where(entry => entry.Kind == TableEntryKind.Difference).ToDictionary(entry => entry.Row);
        Assert.Equal(["BN, batch 2", "BN, batch 32", "BN, batch 4", "BN, batch 8", "GN (G=8), batch 2", "GN (G=8), batch 32", "GN (G=8), batch 4", "GN (G=8), batch 8"], entries.Keys.Order(StringComparer.Ordinal));
        var bn = entries["BN, batch 32"];
        Assert.Equal((3, 50, 100, "B - A"), (bn.N, bn.Cell!.Epochs, bn.Baseline!.Epochs, bn.Column));
        Assert.Equal(2.1, bn.Mean!.Value, 1e-9); // the mean of 2.0, 2.1 and 2.2
        Assert.Equal(2.1 - (4.302652730 * 0.1 / Math.Sqrt(3)), bn.Ci95Low!.Value, 1e-8);
        Assert.Equal((2, 2.05), (entries["BN, batch 2"].N, Math.Round(entries["BN, batch 2"].Mean!.Value, 9))); // a seed diverged
        Assert.Equal((0.0, 1.0), (entries["GN (G=8), batch 8"].Mean, entries["GN (G=8), batch 8"].P));
    }

    [Fact]
    public void Sweeps_that_differ_in_the_norm_are_paired_by_everything_else()
    {
        var table = Compare([.. First.Where(run => run.Norm == "bn")], [.. First.Where(run => run.Norm == "gn")]);
        Assert.Equal(["batch 32", "batch 16", "batch 8", "batch 4", "batch 2"], table.Rows.Select(row => row[0]));
        Assert.StartsWith("The two cells of a row differ in norm (bn in A, gn in B); groups (none in A, 8 in B).", table.Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void One_cell_is_compared_with_each_that_differs_from_it_as_the_sweeps_do()
    {
        var table = Compare([Sample.Run("bn")], [Sample.Run("gn", groups: 8), Sample.Run("gn", groups: 4, error: 15)]);
        Assert.Equal([["GN (G=8)", "13.6 (1)", "13.6 (1)", "0.0 (1)"], ["GN (G=4)", "13.6 (1)", "15.0 (1)", "+1.4 (1)"]], table.Rows);
    }

    [Fact]
    public void An_option_of_a_norm_may_differ_where_other_norms_have_none() =>
        Assert.Equal(["BN", "GN"], Compare([Sample.Run(), Sample.Run("gn", groups: 8)], [Sample.Run(), Sample.Run("gn", groups: 4)]).Rows.Select(row => row[0]));

    [Fact]
    public void Rows_may_be_led_by_a_column_that_both_share() =>
        Assert.Equal(["batch 32, BN", "batch 32, GN (G=8)"], SweepComparison.Of([new("A", First), new("B", Second)], new TableLayout(Rows: "batch"))[0].Rows.Take(2).Select(row => row[0]));

    [Fact]
    public void Rows_led_by_what_the_sweeps_differ_in_are_refused() =>
        Assert.Equal("Rows cannot follow epochs: it is among what the sweeps differ in.",
            Assert.Throws<ExperimentException>(() => SweepComparison.Of([new("A", First), new("B", Second)], new TableLayout(Rows: "epochs"))).Message);

    [Fact]
    public void Each_further_sweep_has_a_table_with_the_first() =>
        Assert.Equal(["B - A", "C - A"], SweepComparison.Of([new("A", First), new("B", Second), new("C", First)]).Select(table => table.Header[^1]));

    [Fact]
    public void The_same_runs_in_both_are_named_as_that() =>
        Assert.Contains("30 runs lie in both folders, and differ from themselves by 0.", Compare(First, First).Notes);

    public static TheoryData<RunRow[], RunRow[], string> Strangers => new()
    {
        { [Sample.Run(), Sample.Run("ln", 16)], [Sample.Run("bn", 16), Sample.Run("ln")], "A and B share no cell. Even the two nearest cells have another batch." },
        { [Sample.Run(), Sample.Run("ln", 16)], [Sample.Run("bn", 16) with { Epochs = 5 }, Sample.Run("ln") with { Epochs = 5 }], "A and B share no cell. They differ in epochs (100 in A, 5 in B), and even the two nearest cells have another batch." },
        { [Sample.Run(), Sample.Run("ln")], [Sample.Run("in"), Sample.Run("gn", groups: 8)], "A and B share no cell that pairs with one other. They differ in norm (bn, ln in A, in, gn in B); groups (none in A, none, 8 in B), and in all else 2 cells of one fit 2 of the other." },
        { [Sample.Run(seed: 1), Sample.Run(seed: 2)], [Sample.Run(seed: 3)], "A and B share 1 cell and no seed that finished in both: there are the seeds 1, 2 in A and the seeds 3 in B." },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Sweeps_that_share_nothing_are_told_why(RunRow[] first, RunRow[] second, string answer) =>
        Assert.Equal(answer, Assert.Throws<ExperimentException>(() => Compare(first, second)).Message);

    private static ResultTable Compare(IReadOnlyList<RunRow> first, IReadOnlyList<RunRow> second) => Assert.Single(SweepComparison.Of([new("A", first), new("B", second)]));
}
