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
