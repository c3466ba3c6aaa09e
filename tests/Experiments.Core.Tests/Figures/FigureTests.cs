using System.Text;
using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Tests.Results;

namespace Experiments.Core.Tests.Figures;

public sealed class FigureTests : IDisposable
{
    private static readonly FigureSpec Batch = new() { Kind = FigureKind.ErrorAgainstBatch, Title = "Error against batch size" };
    private static readonly FigureSpec Epoch = new() { Kind = FigureKind.ErrorAgainstEpoch, Title = "Error against epoch" };
    private static readonly FigureSpec Groups = new() { Kind = FigureKind.ErrorAgainstGroups, Title = "Groups" };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Error_against_batch_is_drawn_by_the_script_in_the_repository() =>
        Golden.Matches(Script(Batch with { References = [SummaryTests.WuAndHe] }, Sample.Figure1()), "error-against-batch.gp");

    [Fact]
    public void Reference_numbers_are_shown_as_rises_in_a_panel_of_their_own()
    {
        var script = Script(Batch with { References = [SummaryTests.WuAndHe] }, Sample.Figure1());
        Assert.Contains("2  11.1  34.7", script, StringComparison.Ordinal);
        Assert.Contains("$reference1_1 using ($1*1.0175):2 with linespoints", script, StringComparison.Ordinal);
        Assert.DoesNotContain("$reference1_1 using ($1*1.0175):3", script, StringComparison.Ordinal);
        Assert.Equal(2, Occurrences(script, "\nplot "));
    }

    [Fact]
    public void A_diverged_run_is_marked_and_a_cell_without_a_finished_run_breaks_the_line()
    {
        var runs = Sample.Figure1().Select(run => run is { Norm: "gn", Batch: 4 } ? run.Diverged() : run).ToList();
        var script = Script(Batch, runs);
        Assert.Contains("set label '1 of 3' at 2, graph 0.96", script, StringComparison.Ordinal);
        Assert.Contains("set label '3 of 3' at 4, graph 0.96", script, StringComparison.Ordinal);
        Assert.Contains("\n4  NaN  NaN  NaN  0  3  NaN\n", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Population_statistics_have_a_dashed_line_where_asked_for_and_where_they_differ()
    {
        Assert.Contains("'BN, population statistics'", Script(Batch, Sample.Figure1()), StringComparison.Ordinal);
        Assert.DoesNotContain("'GN (G=8), population statistics'", Script(Batch, Sample.Figure1()), StringComparison.Ordinal);
        Assert.DoesNotContain("'BN, population statistics'", Script(Batch with { Population = false }, Sample.Figure1()), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_models_in_one_folder_are_two_lines_that_say_which_they_are()
    {
        var script = Script(Batch, [.. Sample.Figure1(), .. Sample.Figure1().Select(run => run with { Model = "resnet8", Error = run.Error + 5 })]);
        Assert.Contains("'BN, resnet20'", script, StringComparison.Ordinal);
        Assert.Contains("'GN (G=8), resnet8'", script, StringComparison.Ordinal);
        Assert.Contains("'cifar10, 100 epochs'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_data_sets_are_not_drawn_into_one_figure()
    {
        var error = Assert.Throws<ExperimentException>(() => Script(Batch, [Sample.Run(), Sample.Run() with { Dataset = "synthetic" }]));
        Assert.Contains("cifar10, synthetic", error.Message, StringComparison.Ordinal);
        Assert.Equal(ExperimentException.BadInput, error.ExitCode);
    }

    [Fact]
    public void Runs_of_which_none_finished_are_not_drawn() =>
        Assert.Contains("1 diverged, 1 failed", Assert.Throws<ExperimentException>(
            () => Script(Batch, [Sample.Run(seed: 1).Diverged(), Sample.Run(seed: 2).Failed()])).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_from_a_file_cannot_become_a_command()
    {
        var script = Script(Batch with { Title = "it's `touch /tmp/x`\n! ls" }, Sample.Figure1());
        Assert.DoesNotContain("`", script, StringComparison.Ordinal);
        Assert.DoesNotContain("\n!", script, StringComparison.Ordinal);
        Assert.Contains("'it''s ''touch /tmp/x'' ! ls'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Epochs_are_averaged_over_the_seeds_that_finished()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3).Diverged()];
        var script = Script(Epoch, runs, [.. runs.SelectMany(run => new[] { run.Epoch(1, 30 + run.Seed), run.Epoch(2, 20 + run.Seed) })]);
        Assert.Contains("# BN, test\n$row1_1_test << END\n# epoch  error  lowest  highest\n1  31.5  31  32\n2  21.5  21  22\nEND", script, StringComparison.Ordinal);
        Assert.Contains("1 diverged run is left out.", script, StringComparison.Ordinal);
        Assert.Equal(2, Occurrences(script, "\nplot "));
    }

    [Fact]
    public void Norms_at_several_batch_sizes_have_a_row_of_panels_each()
    {
        var script = Script(Epoch, Sample.Figure1(), [.. Sample.Figure1().Select(run => run.Epoch(1, 20))]);
        Assert.Equal(4, Occurrences(script, "\nplot "));
        Assert.Contains("'batch 2'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Epochs_that_are_not_there_are_asked_for() =>
        Assert.Throws<ExperimentException>(() => Script(Epoch, Sample.Figure1()));

    [Fact]
    public void LN_is_one_group_and_IN_is_one_channel_per_group_and_BN_is_a_line_across()
    {
        var script = Script(Groups,
        [
            Sample.Run("gn", groups: 8, error: 24), Sample.Run("gn", channelsPerGroup: 4, error: 25),
            Sample.Run("ln", error: 26), Sample.Run("in", error: 28), Sample.Run("bn", error: 23.5),
        ]);
        Assert.Contains("8  24  24  24  1  0  NaN\n1  26  26  26  1  0  NaN\n", script, StringComparison.Ordinal);
        Assert.Contains("4  25  25  25  1  0  NaN\n1  28  28  28  1  0  NaN\n", script, StringComparison.Ordinal);
        Assert.Contains("plot 23.5 with lines", script, StringComparison.Ordinal);
        Assert.Contains("'1 (LN)' 1", script, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_without_groups_cannot_be_drawn_against_groups() =>
        Assert.Contains("runs of bn", Assert.Throws<ExperimentException>(() => Script(Groups, [Sample.Run()])).Message, StringComparison.Ordinal);

    [Fact]
    public void Figures_have_the_names_that_sweep_files_use()
    {
        Assert.All(Enum.GetValues<FigureKind>(), kind => Assert.Equal(kind, FigureKinds.Parse(kind.Name())));
        Assert.Contains("error-against-batch, error-against-epoch", Assert.Throws<ExperimentException>(
            () => FigureKinds.Parse("error")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_gnuplot_the_script_is_there_and_the_package_is_named()
    {
        var script = _folder["figure.gp"];
        var error = Assert.Throws<ExperimentException>(() => Gnuplot.Run(script, ["figure.svg"], "gnuplot-that-is-not-there"));
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.Contains("gnuplot-nox", error.Message, StringComparison.Ordinal);
    }

    [FactWhere("gnuplot (Debian: gnuplot-nox)", "gnuplot")]
    public void Each_kind_is_drawn_in_each_format()
    {
        RunRow[] runs = [.. Sample.Figure1(), .. new[] { 2, 4 }.Select(groups => Sample.Run("gn", 32, 1, 14, groups)), Sample.Run("gn", 32, channelsPerGroup: 4)];
        EpochRow[] epochs = [.. runs.Where(run => run.Error is not null).SelectMany(run => Enumerable.Range(1, 10).Select(epoch => run.Epoch(epoch, 20)))];
        foreach (var spec in new[] { Batch with { References = [SummaryTests.WuAndHe] }, Epoch, Groups })
        {
            var files = FigureWriter.Write(spec, runs, epochs, _folder.Path);
            var name = spec.Kind.Name();
            Assert.Equal(new[] { ".gp", ".svg", ".png", ".pdf" }.Select(end => _folder[name + end]), files);
            Assert.Contains(spec.Title, File.ReadAllText(files[1]), StringComparison.Ordinal);
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(files[2])[..4]);
            Assert.StartsWith("%PDF-", Encoding.ASCII.GetString(File.ReadAllBytes(files[3])), StringComparison.Ordinal);
        }
    }

    [FactWhere("gnuplot (Debian: gnuplot-nox)", "gnuplot")]
    public void What_gnuplot_complains_about_is_told()
    {
        AtomicFile.WriteText(_folder["bad.gp"], "plot nothing_of_the_kind\n");
        var error = Assert.Throws<ExperimentException>(() => Gnuplot.Run(_folder["bad.gp"], ["bad.svg"]));
        Assert.Contains("nothing_of_the_kind", error.Message, StringComparison.Ordinal);
    }

    private static string Script(FigureSpec spec, IReadOnlyList<RunRow> runs, IReadOnlyList<EpochRow>? epochs = null) =>
        FigureWriter.Script(spec, runs, epochs ?? [], Enum.GetValues<FigureFormat>());

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;
}
