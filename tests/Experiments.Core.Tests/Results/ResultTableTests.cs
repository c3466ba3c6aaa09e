using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;

namespace Experiments.Core.Tests.Results;

public sealed class ResultTableTests
{
    private static readonly IReadOnlyList<RunRow> Runs =
        [.. Sample.Figure1(), Sample.Run("ln", 32, 1, 15.25), Sample.Run("ln", 4).Diverged(), Sample.Run("ln", 2).Failed()];

    [Theory]
    [InlineData(TableFormat.Text, "table.txt")]
    [InlineData(TableFormat.Markdown, "table.md")]
    [InlineData(TableFormat.Latex, "table.tex")]
    [InlineData(TableFormat.Html, "table.html")]
    public void The_tables_of_a_sweep_read_as_in_the_file(TableFormat format, string file) =>
        Golden.Matches(string.Join('\n', ResultTable.Of(Runs, references: [SummaryTests.WuAndHe]).Select(table => table.Write(format))), file);

    [Fact]
    public void Columns_follow_the_first_option_that_varies_and_are_one_where_none_does()
    {
        static IEnumerable<string> Header(params RunRow[] runs) => ResultTable.Of(runs)[0].Header;
        Assert.Equal(["batch", "32", "2"], Header(Sample.Run(batch: 2), Sample.Run() with { Lr = 1 }));
        Assert.Equal(["groups", "G=8", "G=2", "16 ch/group", "none"],
            Header(Sample.Run("gn", groups: 2), Sample.Run("gn", groups: 8), Sample.Run("gn", channelsPerGroup: 16), Sample.Run()));
        Assert.Equal(["lr", "0.1", "1"], Header(Sample.Run() with { Lr = 1 }, Sample.Run(), Sample.Run("gn", groups: 8)));
        Assert.Equal(["norm", "error"], Header(Sample.Run(), Sample.Run("ln")));
    }

    [Fact]
    public void Rows_and_columns_may_follow_any_column_and_no_two_cells_are_mixed()
    {
        RunRow[] runs =
        [
            .. from model in new[] { "resnet20", "resnet8" }
               from norm in new[] { "bn", "ln" }
               from decay in new[] { "all", "weights" }
               select Sample.Run(norm, error: model.Length + norm.Length + decay.Length) with { Model = model, DecayOn = decay },
        ];
        var table = ResultTable.Of(runs, new TableLayout(Rows: "model", Columns: "norm"))[0];
        Assert.Equal(["norm", "BN", "LN"], table.Header);
        Assert.Equal(["resnet20, decay on all", "resnet20, decay on weights", "resnet8, decay on all", "resnet8, decay on weights"], table.Rows.Select(row => row[0]));
        Assert.Equal(["resnet20, decay on all", "13.0 (1)", "13.0 (1)"], table.Rows[0]);
    }

    [Fact]
    public void A_norm_with_its_options_is_one_column()
    {
        RunRow[] runs = [Sample.Run(), Sample.Run("batch-renorm") with { RMax = 3, DMax = 5 }, Sample.Run("batch-renorm") with { RMax = 2, DMax = 5 }];
        Assert.Equal(["norm", "BN", "Batch Renorm, r max 3", "Batch Renorm, r max 2"], ResultTable.Of(runs, new TableLayout("model", "norm"))[0].Header);
        Assert.Single(ResultTable.Of(runs, new TableLayout("model", "norm"))[0].Rows);
    }

    [Fact]
    public void Any_error_may_be_shown_and_its_differences_are_its_own()
    {
        RunRow[] runs = [Sample.Run() with { ErrorPopulation = 10 }, Sample.Run("ln") with { ErrorPopulation = 13 }, Sample.Run("in")];
        var tables = ResultTable.Of(runs, new TableLayout(Value: "error_population"));
        Assert.Equal(["10.0 (1)", "13.0 (1)", "-"], tables[0].Rows.Select(row => row[1]));
        Assert.Equal(["LN", "+3.0 (1)"], Assert.Single(tables[1].Rows));
        Assert.Equal(["6.8 (1)", "6.8 (1)", "6.8 (1)"], ResultTable.Of(runs, new TableLayout(Value: "train_error"))[0].Rows.Select(row => row[1]));
    }

    [Theory]
    [InlineData("gn", "GN (G=8)", "BN")]
    [InlineData("GN (G=8)", "GN (G=8)", "BN")]
    [InlineData("gn (g=8)", "GN (G=8)", "BN")]
    [InlineData("bn", "BN", "GN (G=8)")]
    [InlineData(null, "BN", "GN (G=8)")]
    public void Others_are_compared_with_any_norm(string? baseline, string label, string other)
    {
        var table = ResultTable.Of(Sample.Figure1(), new TableLayout(Baseline: baseline))[1];
        Assert.StartsWith($"difference to {label} in points", table.Heading, StringComparison.Ordinal);
        Assert.Equal(other, Assert.Single(table.Rows)[0]);
        Assert.All(table.Entries, entry => Assert.Equal((label, other), (NormLabel.Of(entry.Baseline!), NormLabel.Of(entry.Cell!))));
        Assert.Equal((other == "BN" ? 1 : -1) * 6.0, table.Entries[^1].Mean!.Value, 0.2);
    }

    [Fact]
    public void Others_are_compared_with_any_row_column_by_column()
    {
        RunRow[] runs = [.. from lr in new[] { 0.1, 0.3 } from batch in new[] { 32, 2 } from norm in new[] { "bn", "ln" } select Sample.Run(norm, batch, error: (100 * lr) + batch + norm[0]) with { Lr = lr }];
        var table = ResultTable.Of(runs, new TableLayout(Baseline: "LN, lr 0.3"))[1];
        Assert.Equal([["BN, lr 0.1", "-30.0 (1)", "-30.0 (1)"], ["LN, lr 0.1", "-20.0 (1)", "-20.0 (1)"], ["BN, lr 0.3", "-10.0 (1)", "-10.0 (1)"]], table.Rows);
        Assert.Empty(table.Notes); // one seed tests nothing
    }

    [Theory]
    [InlineData("lm", "There is no 'lm' here to compare with. There are the norms bn, gn, in, and labels such as these name them or a row: BN; GN (G=8); GN (G=4); IN.")]
    [InlineData("gn", "'gn' may be any of GN (G=8); GN (G=4) here: name one of them as the baseline.")]
    [InlineData("in", "Nothing here can be compared with IN: no other cell differs from it as rows of this table do and has a seed in common with it.")]
    public void A_baseline_that_would_not_do_is_answered_with_what_would(string baseline, string answer)
    {
        RunRow[] runs = [Sample.Run(), Sample.Run("gn", groups: 8), Sample.Run("gn", groups: 4), Sample.Run("in", seed: 7)];
        Assert.Equal(answer, Assert.Throws<ExperimentException>(() => ResultTable.Of(runs, new TableLayout(Columns: "batch", Baseline: baseline))).Message);
    }

    [Fact]
    public void Differences_are_marked_by_Holms_correction_for_all_of_their_table()
    {
        // Two seeds; the difference at the first batch is 10 +- 0.01, at the second 10 +- 1: p is 0.0006 and 0.063.
        RunRow[] runs =
        [
            Sample.Run("bn", 32, 1, 10), Sample.Run("bn", 32, 2, 10), Sample.Run("ln", 32, 1, 20.01), Sample.Run("ln", 32, 2, 19.99),
            Sample.Run("bn", 2, 1, 10), Sample.Run("bn", 2, 2, 10), Sample.Run("ln", 2, 1, 21), Sample.Run("ln", 2, 2, 19),
        ];
        var table = ResultTable.Of(runs)[1];
        var p = 2 / Math.PI * Math.Atan(0.01 / 10); // Cauchy's distribution: one degree of freedom
        var other = 2 / Math.PI * Math.Atan(1 / 10.0);
        Assert.Equal([p, other], table.Entries.Select(entry => entry.P!.Value), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([2 * p, other], table.Entries.Select(entry => entry.PHolm!.Value), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(["LN", "+10.0 ± 0.1 (2) *", "+10.0 ± 12.7 (2)"], Assert.Single(table.Rows));
        Assert.Equal("* is significant at the 5% level after Holm's correction (Holm 1979) for the 2 tests of this table; the intervals are 95% ones without that correction.", Assert.Single(table.Notes));
        Assert.Contains("LN      +10.0 ± 0.1 (2) *   +10.0 ± 12.7 (2)\n\n* is significant", table.Write(TableFormat.Text), StringComparison.Ordinal);
        Assert.EndsWith("\\end{tabular}\n% * is significant at the 5% level after Holm's correction (Holm 1979) for the 2 tests of this table; the intervals are 95% ones without that correction.\n", table.Write(TableFormat.Latex), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bach", null, null, "Unknown column 'bach'. Did you mean 'batch'?")]
    [InlineData(null, "error", null, "Unknown column 'error'.")]
    [InlineData("lr-scaling", "lr-scaling", null, "Rows and columns cannot both follow lr_scaling")]
    [InlineData(null, null, "eror", "Unknown value 'eror'. Did you mean 'error'?")]
    public void A_layout_that_there_is_not_is_answered_with_what_would_do(string? rows, string? columns, string? value, string answer) =>
        Assert.StartsWith(answer, Assert.Throws<ExperimentException>(() => ResultTable.Of(Runs, new TableLayout(rows, columns, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_in_cells_is_escaped_for_its_format()
    {
        var table = new ResultTable("a", ["50% & more", "x|y"], [["a_b{c}\\", "-1.5 ± 2"], ["~", "-"]]);
        Assert.Contains("  50\\% \\& more & x|y \\\\\n", table.Write(TableFormat.Latex), StringComparison.Ordinal);
        Assert.Contains("  a\\_b\\{c\\}\\textbackslash{} & $-$1.5 $\\pm$ 2 \\\\\n  \\textasciitilde{} & -- \\\\\n", table.Write(TableFormat.Latex), StringComparison.Ordinal);
        Assert.Contains("<th scope=\"col\">50% &amp; more</th>", table.Write(TableFormat.Html), StringComparison.Ordinal);
        Assert.Contains("<td>\u22121.5 ± 2</td>", table.Write(TableFormat.Html), StringComparison.Ordinal);
        Assert.Contains("| 50% & more | x\\|y |\n| --- | ---: |\n| a\\_b{c}\\\\ | -1.5 ± 2 |\n", table.Write(TableFormat.Markdown), StringComparison.Ordinal);
    }
}
