using System.Text;
using Experiments.Core.Figures;
using Experiments.Core.Norms;
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
    public void Error_against_the_learning_rate_runs_from_small_to_large_and_ends_where_all_runs_diverge()
    {
        RunRow[] runs =
        [
            .. from rate in new[] { 1, 0.1, 0.00001 }
               from seed in new[] { 1, 2 }
               let run = Sample.Run("none", seed: seed, error: 20 + seed) with { Run = $"none-{rate}-{seed}", Lr = rate, LearningRate = rate }
               select rate == 1 ? run.Diverged() : run,
        ];
        var script = Script(Spec(FigureKind.ErrorAgainstLr), runs);
        Assert.Contains("\n1E-05  21.5  15.1469  27.8531  2  0  NaN\n0.1  21.5  15.1469  27.8531  2  0  NaN\n1  NaN  NaN  NaN  0  2  NaN\n", script, StringComparison.Ordinal);
        Assert.Contains("set logscale x 10; set xrange [5.012E-06:", script, StringComparison.Ordinal);
        Assert.Contains("'0.00001' 1E-05, '0.1' 0.1, '1' 1", script, StringComparison.Ordinal);
        Assert.Contains("set label '2 of 2' at 1, graph 0.96", script, StringComparison.Ordinal);
        Assert.Contains("'no norm'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Crosses_that_stand_densely_have_a_row_for_each_norm_and_words_only_where_some_runs_finished()
    {
        RunRow[] runs =
        [
            .. from norm in new[] { "bn", "none" }
               from rate in Enumerable.Range(0, 8)
               from seed in new[] { 1, 2 }
               let run = Sample.Run(norm, seed: seed) with { Lr = 0.001 * (1 << rate) }
               select (norm, rate, seed) is (_, 7, _) or ("none", 6, 1) ? run.Diverged() : run,
        ];
        var script = Script(Spec(FigureKind.ErrorAgainstLr), runs);
        Assert.Contains("set label '' at 0.128, graph 0.96", script, StringComparison.Ordinal);
        Assert.Contains("set label '' at 0.128, graph 0.895", script, StringComparison.Ordinal);
        Assert.Contains("set label '1/2' at 0.064, graph 0.895", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_against_the_scale_of_the_initial_weights_is_the_same_drawing_on_another_axis()
    {
        var script = Script(Spec(FigureKind.ErrorAgainstInitScale), [.. new[] { 0.01, 1, 100 }.Select(scale => Sample.Run() with { InitScale = scale })]);
        Assert.Contains("'0.01' 0.01, '1' 1, '100' 100", script, StringComparison.Ordinal);
        Assert.Contains("'scale of the initial weights'", script, StringComparison.Ordinal);
        Assert.Contains("set label 'BN'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_norm_has_a_look_of_its_own_that_does_not_depend_on_the_others()
    {
        var norms = NormCatalog.Entries.Select(entry => (Label: NormLabel.Of(entry.Name), entry.Name)).ToList();
        var styles = Palette.Assign(norms);
        Assert.Equal(norms.Count, styles.Values.DistinctBy(style => style.Colour).Count());
        Assert.All(norms, norm => Assert.Equal(styles[norm.Label].Colour, Palette.Assign([norm])[norm.Label].Colour));
    }

    [Fact]
    public void Learning_rates_at_two_batch_sizes_are_two_panels_with_one_legend()
    {
        var script = Script(Spec(FigureKind.ErrorAgainstLr), [.. new[] { 32, 2 }.SelectMany(batch => new[] { 0.1, 1 }.Select(rate => Sample.Run(batch: batch) with { Lr = rate }))]);
        Assert.Equal(2, Occurrences(script, "\nplot "));
        Assert.Contains("'batch 2'", script, StringComparison.Ordinal);
        Assert.Equal(1, Occurrences(script, "set label 'BN'"));
    }

    [Fact]
    public void Error_by_norm_has_a_row_for_each_variant_in_the_grids_order_and_a_colour_for_each_batch_size()
    {
        RunRow[] runs = [Sample.Run(), Sample.Run(batch: 2), Sample.Run("gn", groups: 8), Sample.Run("ln").Diverged()];
        var script = Script(Spec(FigureKind.ErrorByNorm), runs);
        Assert.Contains("set ytics ('BN' 1, 'GN (G=8)' 2, 'LN' 3)", script, StringComparison.Ordinal);
        Assert.Contains("set label 'batch 2'", script, StringComparison.Ordinal);
        Assert.Contains("set label '1 of 1' at graph 0.97, first 2.81", script, StringComparison.Ordinal);
        Assert.DoesNotContain("set label 'batch 32'", Script(Spec(FigureKind.ErrorByNorm), [.. runs.Where(run => run.Batch == 32)]), StringComparison.Ordinal);
    }

    [Fact]
    public void Error_by_statistics_shows_norms_over_samples_alone()
    {
        RunRow[] runs =
        [
            Sample.Run(error: 20) with { ErrorMovingAverage = 20, ErrorPopulation = 15, ErrorBatch = 25 },
            Sample.Run("gn", groups: 8, error: 14) with { ErrorMovingAverage = 14, ErrorPopulation = 14, ErrorBatch = 14 },
        ];
        var script = Script(Spec(FigureKind.ErrorByStatistics), runs);
        Assert.Equal(1, Occurrences(script, "\nplot "));
        Assert.Contains("# BN, statistics of the test batch\n$batch1 << END\n", script, StringComparison.Ordinal);
        Assert.Contains("\n32  25  25  25  1  0  15\n", script, StringComparison.Ordinal);
        Assert.Contains("bn, syncbn", Assert.Throws<ExperimentException>(
            () => Script(Spec(FigureKind.ErrorByStatistics), [runs[1]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(3, new[] { 3 })]
    [InlineData(4, new[] { 2, 2 })]
    [InlineData(5, new[] { 3, 2 })]
    public void Panels_stand_three_side_by_side_and_four_as_two_and_two(int panels, int[] rows) =>
        Assert.Equal(rows, GnuplotScript.Rows(Enumerable.Range(0, panels)).Select(row => row.Count));

    [Fact]
    public void Percentiles_draw_the_lowest_seed_and_say_so()
    {
        RunRow[] runs = [Sample.Run(seed: 3), Sample.Run(seed: 2), Sample.Run("gn", groups: 8, seed: 2)];
        var script = Script(Spec(FigureKind.Percentiles), new FigureData(runs).With<PercentileRow>([.. runs.SelectMany(run => new[] { run.Percentile(100), run.Percentile(0) })]));
        Assert.Contains("# BN: norm1\n$panel1 << END\n# epoch  1%  20%  80%  99%\n0  -2.3  -0.8  0.8  2.5\n1  -2.3  -0.8  0.8  2.5\nEND", script, StringComparison.Ordinal);
        Assert.Contains("Of several seeds the lowest is drawn (2).", script, StringComparison.Ordinal);
        Assert.Equal(2, Occurrences(script, "\nplot "));
    }

    [Fact]
    public void Of_many_layers_the_first_the_middle_and_the_last_are_drawn_a_row_for_each_norm()
    {
        var run = Sample.Run();
        var script = Script(Spec(FigureKind.Percentiles), new FigureData([run]).With<PercentileRow>([.. "abcde".Select(layer => run.Percentile(0, $"{layer}"))]));
        Assert.Contains("# BN: c\n", script, StringComparison.Ordinal);
        Assert.DoesNotContain("# BN: b\n", script, StringComparison.Ordinal);
        Assert.Contains("Of 5 layers", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Histograms_are_densities_and_the_last_step_lies_at_the_bottom()
    {
        var run = Sample.Run();
        HistogramRow[] rows = [run.Histogram(0, -0.5, 0.25), run.Histogram(0, 0, 0.75), run.Histogram(100, -0.5, 0.5), run.Histogram(100, 0, 0.5)];
        var script = Script(Spec(FigureKind.Histograms), new FigureData([run]).With<HistogramRow>(rows));
        Assert.Contains("# value  base  top  density\n-0.25  1  1.5  0.5\n0.25  1  2.5  1.5\nEND", script, StringComparison.Ordinal);
        Assert.Contains("set ytics ('epoch 0' 1, 'epoch 1' 0)", script, StringComparison.Ordinal);
    }

    [Fact]
    public void A_landscape_reaches_over_step_sizes_and_is_the_median_over_seeds()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3).Diverged()];
        LandscapeRow[] rows =
        [
            .. runs.SelectMany(run => new[]
            {
                run.Landscape(5, 0, 1), run.Landscape(5, 0.1, 1 + run.Seed), run.Landscape(5, 0.2, 10 * run.Seed), run.Landscape(5, 0.4, double.NaN),
            }),
        ];
        var script = Script(Spec(FigureKind.Landscape), new FigureData(runs).With<LandscapeRow>(rows));
        Assert.Contains("\n5  3  20  1  4  100\n", script, StringComparison.Ordinal);
        Assert.Contains("At every step the median over 3 seeds.", script, StringComparison.Ordinal);
        Assert.Equal(3, Occurrences(script, "\nplot "));
    }

    [Fact]
    public void Covariate_shift_is_the_median_over_layers_of_the_median_over_seeds()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3)];
        CovariateShiftRow[] rows = [.. runs.SelectMany(run => Enumerable.Range(1, 5).Select(layer => run.CovariateShift(10, $"conv{layer}", (0.1 * layer) + (0.01 * run.Seed))))];
        var script = Script(Spec(FigureKind.CovariateShift), new FigureData(runs).With<CovariateShiftRow>(rows));
        Assert.Contains("\n10  0.32  0.22  0.42\n", script, StringComparison.Ordinal);
        Assert.Contains("\n10  0.68  0.58  0.78\n", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_on_altered_images_begin_with_clean_ones_and_have_a_line_for_each_kind_of_statistics_that_differs()
    {
        RunRow[] runs = [Sample.Run(), Sample.Run("gn", groups: 8)];
        DistributionShiftRow[] rows =
        [
            .. from run in runs
               from statistics in new[] { "moving_average", "population", "batch" }
               from strength in new[] { 0, 1, 2 }
               select run.DistributionShift(strength == 0 ? "none" : "blur", strength, 12 + (3 * strength) + (run.Norm == "bn" && statistics == "batch" ? 1 : 0), statistics),
        ];
        var script = Script(Spec(FigureKind.DistributionShift), new FigureData(runs).With<DistributionShiftRow>(rows));
        Assert.Contains("# BN, statistics of the test batch, blur\n$blur1_3 << END\n# strength  error  low  high  seeds\n0  13  13  13  1\n1  16  16  16  1\n", script, StringComparison.Ordinal);
        Assert.Contains("# GN (G=8), blur\n", script, StringComparison.Ordinal);
        Assert.DoesNotContain("GN (G=8), population", script, StringComparison.Ordinal);
        Assert.Equal(1, Occurrences(script, "\nplot "));
    }

    [Fact]
    public void A_figure_of_measurements_that_no_run_has_is_answered_with_its_file() =>
        Assert.Equal("landscape is drawn from landscape.csv, and none of 1 runs has measured what belongs there.",
            Assert.Throws<ExperimentException>(() => Script(Spec(FigureKind.Landscape), [Sample.Run()])).Message);

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

    [Theory]
    [InlineData(FigureKind.ErrorAgainstLr, "--lr; here all have 0.1")]
    [InlineData(FigureKind.ErrorAgainstInitScale, "--init-scale; here all have 1")]
    public void A_figure_against_an_option_that_does_not_vary_is_refused(FigureKind kind, string message) =>
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => Script(Spec(kind), Sample.Figure1())).Message, StringComparison.Ordinal);

    [FactWhere("gnuplot (Debian: gnuplot-nox)", "gnuplot")]
    public void Each_kind_is_drawn_in_each_format()
    {
        RunRow[] runs = [.. Sample.Figure1(), .. new[] { 2, 4 }.Select(groups => Sample.Run("gn", 32, 1, 14, groups)), Sample.Run("gn", 32, channelsPerGroup: 4)];
        runs = [.. runs, runs[0] with { Run = "faster", Lr = 0.2 }, runs[0] with { Run = "larger", InitScale = 2 }];
        EpochRow[] epochs = [.. runs.Where(run => run.Error is not null).SelectMany(run => Enumerable.Range(1, 10).Select(epoch => run.Epoch(epoch, 20)))];
        runs[0] = runs[0] with { ErrorBatch = 50 };
        var data = new FigureData(runs).With(epochs)
            .With<PercentileRow>([.. runs.SelectMany(run => new[] { run.Percentile(0), run.Percentile(100) })])
            .With<HistogramRow>([.. runs.SelectMany(run => new[] { run.Histogram(0, 0, 0.5), run.Histogram(0, 0.5, 0.5) })])
            .With<LandscapeRow>([.. runs.SelectMany(run => new[] { run.Landscape(0, 0.1, 2), run.Landscape(10, 0.1, 200) })])
            .With<CovariateShiftRow>([.. runs.SelectMany(run => new[] { run.CovariateShift(0, "conv1", 0.5), run.CovariateShift(10, "conv1", 0.4) })])
            .With<DistributionShiftRow>([.. runs.SelectMany(run => new[] { run.DistributionShift("none", 0, 12), run.DistributionShift("blur", 1, 20) })]);
        foreach (var spec in Enum.GetValues<FigureKind>().Select(Spec).Select(spec => spec with { References = [SummaryTests.WuAndHe] }))
        {
            var files = FigureWriter.Write(spec, data, _folder.Path);
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

    private static FigureSpec Spec(FigureKind kind) => new() { Kind = kind, Title = $"Figure of {kind.Name()}" };

    private static string Script(FigureSpec spec, IReadOnlyList<RunRow> runs, IReadOnlyList<EpochRow>? epochs = null) =>
        Script(spec, new FigureData(runs).With(epochs ?? []));

    private static string Script(FigureSpec spec, FigureData data) => FigureWriter.Script(spec, data, Enum.GetValues<FigureFormat>());

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;
}
