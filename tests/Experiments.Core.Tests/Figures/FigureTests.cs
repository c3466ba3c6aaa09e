using Experiments.Core.Figures;
using Experiments.Core.Files;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Tests.Results;

namespace Experiments.Core.Tests.Figures;

public sealed class FigureTests : IDisposable
{
    private static readonly FigureSpec Batch = Spec(FigureKind.ErrorAgainstBatch);
    private static readonly FigureSpec Epoch = Spec(FigureKind.ErrorAgainstEpoch);
    private static readonly FigureSpec Groups = Spec(FigureKind.ErrorAgainstGroups);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_error_against_batch_shows_is_the_file_in_the_repository()
    {
        CsvFile.Write(_folder["figure.csv"], FigureRow.Of(Build(Batch with { References = [SummaryTests.WuAndHe] }, Sample.Figure1())));
        Golden.Matches(File.ReadAllText(_folder["figure.csv"]), "error-against-batch.csv");
    }

    [Fact]
    public void Reference_numbers_are_shown_as_rises_without_bars_in_a_panel_of_their_own_over_as_many_points()
    {
        var figure = Build(Batch with { References = [SummaryTests.WuAndHe] }, Sample.Figure1());
        var (ours, theirs) = (figure.Panels.First(), figure.Panels.Last());
        Assert.Equal(2, figure.Panels.Count());
        Assert.Equal(new FigurePoint(2, 34.7 - 23.6), theirs.Series.Single(series => series.Label == "BN").Points[^1]);
        Assert.Equal(ours.Y.High - ours.Y.Low, theirs.Y.High - theirs.Y.Low, 9);
        Assert.Empty(figure.Subtitle);
        Assert.Contains("cifar10, resnet20", ours.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diverged_run_is_crossed_and_a_cell_without_a_finished_run_breaks_the_line()
    {
        var figure = Build(Batch, [.. Sample.Figure1().Select(run => run is { Norm: "gn", Batch: 4 } ? run.Diverged() : run)]);
        var panel = Assert.Single(figure.Panels);
        Assert.Equal([("BN", 2.0, 1, 3), ("GN (G=8)", 4.0, 3, 3)], panel.Crosses.Select(cross => (cross.Series, cross.X, cross.Diverged, cross.Runs)));
        Assert.True(double.IsNaN(Line(figure, "GN (G=8)").Points.Single(point => point.X == 4).Y));
        Assert.Contains(figure.Notes, note => note.StartsWith("Crosses:", StringComparison.Ordinal));
    }

    [Fact]
    public void The_legend_names_what_draws_something_be_it_a_cross_alone()
    {
        RunRow[] runs = [.. Sample.Figure1(), Sample.Run("in").Diverged(), Sample.Run("ln") with { Error = double.NaN }];
        var legend = Build(Batch, runs).Legend;
        Assert.Null(legend.Single(entry => entry.Label == "IN").Shape);
        Assert.DoesNotContain(legend, entry => entry.Label == "LN");
    }

    [Fact]
    public void With_one_seed_there_are_no_bars_and_the_note_says_so()
    {
        var figure = Build(Batch, [.. Sample.Figure1().Where(run => run.Seed == 1)]);
        Assert.All(figure.Panels.SelectMany(panel => panel.Series).SelectMany(series => series.Points), point => Assert.True(double.IsNaN(point.Low) && double.IsNaN(point.High)));
        Assert.Equal("One seed, so there are no bars.", figure.Notes[0]);
    }

    [Fact]
    public void Bars_end_at_0_at_the_error_of_guessing_or_where_that_is_passed_at_100()
    {
        static RunRow[] Pair(string norm, double low, double high) => [Sample.Run(norm, error: low), Sample.Run(norm, seed: 2, error: high)];
        var figure = Build(Batch, [.. Pair("bn", 1, 5), .. Pair("ln", 80, 88), .. Pair("in", 91, 93)]);
        Assert.Equal((3, 0), (Line(figure, "BN").Points[0].Y, Line(figure, "BN").Points[0].Low));
        Assert.Equal(90, Line(figure, "LN").Points[0].High);
        Assert.Equal(100, Line(figure, "IN").Points[0].High);
        Assert.InRange(figure.Panels.Single().Y.Low, 0, 1);
        Assert.InRange(figure.Panels.Single().Y.High, 92, 100);
    }

    [Fact]
    public void Axes_end_at_the_data()
    {
        var panel = Build(Batch, Sample.Figure1()).Panels.Single();
        Assert.Equal((2, 32), (panel.X.Low, panel.X.High));
        var bars = panel.Series.SelectMany(series => series.Points).SelectMany(point => new[] { point.Y, point.Low, point.High }).Where(double.IsFinite).ToList();
        Assert.InRange(bars.Min() - panel.Y.Low, 0, 1);
        Assert.InRange(panel.Y.High - bars.Max(), 0, 1);
        RunRow[] runs = [Sample.Run()];
        var epochs = Build(Epoch, runs, [.. Enumerable.Range(1, 8).Select(epoch => runs[0].Epoch(epoch, 20))]).Panels.First().X;
        Assert.Equal((1, 8, true), (epochs.Low, epochs.High, epochs.IsWhole));
    }

    [Fact]
    public void Population_statistics_have_a_line_of_their_own_where_asked_for_and_where_they_differ()
    {
        Assert.Contains("BN, population statistics", Labels(Build(Batch, Sample.Figure1())));
        Assert.DoesNotContain("GN (G=8), population statistics", Labels(Build(Batch, Sample.Figure1())));
        Assert.DoesNotContain("BN, population statistics", Labels(Build(Batch with { Population = false }, Sample.Figure1())));
    }

    [Fact]
    public void Each_figure_is_titled_after_what_it_shows_and_the_main_one_says_what_the_sweep_was_for()
    {
        var titles = FigureKinds.All.Select(figure => figure.Title).ToList();
        Assert.Equal(titles.Count, titles.Distinct().Count());
        var figure = Build(Batch with { Purpose = "Synchronized BN" }, Sample.Figure1());
        Assert.Equal(("Error against batch size", "Synchronized BN: cifar10, resnet20, 100 epochs"), (figure.Title, figure.Subtitle));
        Assert.Equal("cifar10, resnet20, 100 epochs", Build(Batch with { Purpose = "Error against batch size, in short" }, Sample.Figure1()).Subtitle);
        Assert.Equal("Mine", Build(Batch with { Title = "Mine" }, Sample.Figure1()).Title);
    }

    [Fact]
    public void Two_models_in_one_folder_are_two_lines_that_say_which_they_are()
    {
        var figure = Build(Batch, [.. Sample.Figure1(), .. Sample.Figure1().Select(run => run with { Model = "resnet8", Error = run.Error + 5 })]);
        Assert.Contains("BN, resnet20", Labels(figure));
        Assert.Contains("GN (G=8), resnet8", Labels(figure));
        Assert.Equal("cifar10, 100 epochs", figure.Subtitle);
    }

    [Fact]
    public void Two_sweeps_in_one_figure_are_named_by_their_folders_though_they_hold_the_same_runs()
    {
        foreach (var (folder, more) in new[] { ("mine", 0.0), ("yours", 5.0) })
        {
            Directory.CreateDirectory(_folder[folder]);
            var runs = Sample.Figure1().Select(run => run with { Error = run.Error + more }).ToList();
            CsvFile.Write(Path.Combine(_folder[folder], "runs.csv"), runs);
            CsvFile.Write(Path.Combine(_folder[folder], "epochs.csv"), runs.Where(run => run.Error is not null).Select(run => run.Epoch(1, run.Error!.Value)).ToList());
        }

        var data = FigureData.Read([_folder["mine"], _folder["yours"]]);
        Assert.Equal(["BN, mine", "GN (G=8), mine", "BN, yours", "GN (G=8), yours"], Labels(FigureBuilder.Build(Batch with { Population = false }, data)));
        var epochs = FigureBuilder.Build(Epoch, data);
        Assert.Equal(["BN, mine", "GN (G=8), mine", "BN, yours", "GN (G=8), yours"], epochs.Rows.Select(row => row[0].Title));
        Assert.Equal(5, Points(epochs, "BN, yours, test error", "batch 32")[0].Y - Points(epochs, "BN, mine, test error", "batch 32")[0].Y, 9);
        Assert.Equal(["BN", "GN (G=8)"], Labels(FigureBuilder.Build(Batch with { Population = false }, FigureData.Read([_folder["mine"]]))));
    }

    [Fact]
    public void Folders_of_one_name_are_named_with_those_above_them()
    {
        foreach (var folder in new[] { "a", "b" })
        {
            Directory.CreateDirectory(_folder[folder, "quick"]);
            CsvFile.Write(_folder[folder, "quick", "runs.csv"], [Sample.Run()]);
        }

        Assert.Equal(["BN, a/quick", "BN, b/quick"], Labels(FigureBuilder.Build(Batch, FigureData.Read([_folder["a", "quick"], _folder["b", "quick"]]))));
    }

    [Fact]
    public void Two_data_sets_are_not_drawn_into_one_figure()
    {
        var error = Assert.Throws<ExperimentException>(() => Build(Batch, [Sample.Run(), Sample.Run() with { Dataset = "synthetic" }]));
        Assert.Contains("cifar10, synthetic", error.Message, StringComparison.Ordinal);
        Assert.Equal(ExperimentException.BadInput, error.ExitCode);
    }

    [Fact]
    public void Runs_of_which_none_finished_are_not_drawn() =>
        Assert.Contains("1 diverged, 1 failed", Assert.Throws<ExperimentException>(
            () => Build(Batch, [Sample.Run(seed: 1).Diverged(), Sample.Run(seed: 2).Failed()])).Message, StringComparison.Ordinal);

    [Fact]
    public void Epochs_are_averaged_over_the_seeds_that_finished_in_a_band_from_the_lowest_to_the_highest()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3).Diverged()];
        var figure = Build(Epoch, runs, [.. runs.SelectMany(run => new[] { run.Epoch(1, 30 + run.Seed), run.Epoch(2, 20 + run.Seed) })]);
        Assert.Equal([new FigurePoint(1, 31.5, 31, 32), new FigurePoint(2, 21.5, 21, 22)], Points(figure, "test error", "BN"));
        Assert.Contains("1 diverged run is left out.", figure.Notes);
        Assert.Equal(2, figure.Panels.Count());
    }

    [Fact]
    public void Norms_at_several_batch_sizes_have_a_row_of_panels_each_and_batch_sizes_are_shades_of_one_hue()
    {
        var figure = Build(Epoch, Sample.Figure1(), [.. Sample.Figure1().Select(run => run.Epoch(1, 20))]);
        Assert.Equal(4, figure.Panels.Count());
        Assert.Equal(["batch 32", "batch 16", "batch 8", "batch 4", "batch 2"], Labels(figure));
        static int Brightness(string colour) => Enumerable.Range(0, 3).Sum(part => Convert.ToInt32(colour.Substring(1 + (2 * part), 2), 16));
        var shades = figure.Legend.Select(entry => Brightness(entry.Look.Colour)).ToList();
        Assert.Equal(shades.OrderDescending(), shades);
    }

    [Fact]
    public void Epochs_that_are_not_there_are_asked_for() =>
        Assert.Throws<ExperimentException>(() => Build(Epoch, Sample.Figure1()));

    [Fact]
    public void LN_is_one_group_and_IN_is_one_channel_per_group_and_BN_is_a_line_across()
    {
        var figure = Build(Groups,
        [
            Sample.Run("gn", groups: 8, error: 24), Sample.Run("gn", channelsPerGroup: 4, error: 25),
            Sample.Run("ln", error: 26), Sample.Run("in", error: 28), Sample.Run("bn", error: 23.5),
        ]);
        Assert.Equal([new FigurePoint(8, 24), new FigurePoint(1, 26)], Points(figure, "number of groups, G", "GN"));
        Assert.Equal([new FigurePoint(4, 25), new FigurePoint(1, 28)], Points(figure, "channels per group, C/G", "GN"));
        Assert.Equal((SeriesShape.Across, 23.5), (Line(figure, "BN").Shape, Line(figure, "BN").Points[0].Y));
        Assert.Contains(new Tick(1, "1 (LN)"), figure.Panels.First().X.Ticks!);
    }

    [Fact]
    public void A_sweep_without_groups_cannot_be_drawn_against_groups() =>
        Assert.Contains("runs of bn", Assert.Throws<ExperimentException>(() => Build(Groups, [Sample.Run()])).Message, StringComparison.Ordinal);

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
        var figure = Build(Spec(FigureKind.ErrorAgainstLr), runs);
        Assert.Equal([0.00001, 0.1, 1], Line(figure, "no norm").Points.Select(point => point.X));
        Assert.Equal(["0.00001", "0.1", "1"], figure.Panels.Single().X.Ticks!.Select(tick => tick.Text));
        Assert.Equal((1, 2, 2), figure.Panels.Single().Crosses.Select(cross => (cross.X, cross.Diverged, cross.Runs)).Single());
    }

    [Fact]
    public void Crosses_that_stand_densely_have_a_row_for_each_norm()
    {
        RunRow[] runs =
        [
            .. from norm in new[] { "bn", "none" }
               from rate in Enumerable.Range(0, 8)
               from seed in new[] { 1, 2 }
               let run = Sample.Run(norm, seed: seed) with { Lr = 0.001 * (1 << rate) }
               select (norm, rate, seed) is (_, 7, _) or ("none", 6, 1) ? run.Diverged() : run,
        ];
        var crosses = Build(Spec(FigureKind.ErrorAgainstLr), runs).Panels.Single().Crosses;
        Assert.Equal([("BN", 0), ("no norm", 1), ("no norm", 1)], crosses.Select(cross => (cross.Series, cross.Row)));
    }

    [Fact]
    public void Error_against_the_scale_of_the_initial_weights_is_the_same_figure_on_another_axis()
    {
        var x = Build(Spec(FigureKind.ErrorAgainstInitScale), [.. new[] { 0.01, 1, 100 }.Select(scale => Sample.Run() with { InitScale = scale })]).Panels.Single().X;
        Assert.Equal(["0.01", "1", "100"], x.Ticks!.Select(tick => tick.Text));
        Assert.Equal("scale of the initial weights", x.Label);
    }

    [Fact]
    public void Every_norm_has_a_look_of_its_own_that_does_not_depend_on_the_others_nor_on_colour()
    {
        var norms = NormCatalog.Entries.Select(entry => (Label: NormLabel.Of(entry.Name), entry.Name)).ToList();
        var looks = Palette.Assign(norms);
        Assert.Equal(norms.Count, looks.Values.DistinctBy(look => look.Colour).Count());
        Assert.Equal(norms.Count, looks.Values.DistinctBy(look => (look.Marker, look.Dash)).Count());
        Assert.All(norms, norm => Assert.Equal(looks[norm.Label], Palette.Assign([norm])[norm.Label]));
    }

    [Fact]
    public void A_new_norm_of_the_catalog_takes_a_look_that_is_free_and_leaves_the_others_theirs()
    {
        var places = Palette.OfNorms([new("a new norm", new("new"), _ => new("new", null, Affine.None)), .. NormCatalog.Entries]);
        Assert.Equal(places.Count, places.Values.Distinct().Count());
        Assert.All(NormCatalog.Entries.Where(entry => entry.Look is not null), entry => Assert.Equal(entry.Look, places[entry.Name]));
    }

    [Fact]
    public void Learning_rates_at_two_batch_sizes_are_two_panels_with_one_legend()
    {
        var figure = Build(Spec(FigureKind.ErrorAgainstLr), [.. new[] { 32, 2 }.SelectMany(batch => new[] { 0.1, 1 }.Select(rate => Sample.Run(batch: batch) with { Lr = rate }))]);
        Assert.Equal(["batch 32", "batch 2"], figure.Panels.Select(panel => panel.Title));
        Assert.Equal(["BN"], Labels(figure));
    }

    [Fact]
    public void Error_by_norm_has_a_row_for_each_variant_in_the_grids_order_and_a_shade_for_each_batch_size()
    {
        RunRow[] runs = [Sample.Run(), Sample.Run(batch: 2), Sample.Run("gn", groups: 8), Sample.Run("ln").Diverged()];
        var figure = Build(Spec(FigureKind.ErrorByNorm), runs);
        Assert.Equal(["BN", "GN (G=8)", "LN"], figure.Panels.Single().Y.Ticks!.Select(tick => tick.Text));
        Assert.Equal(["batch 32", "batch 2"], Labels(figure));
        Assert.Equal((3, 1), figure.Panels.Single().Crosses.Select(cross => (cross.X, cross.Diverged)).Single());
        Assert.Contains(FigureRow.Of(figure), row => row is { X: "GN (G=8)", Series: "batch 32", Y: 13.6 });
        Assert.Empty(Build(Spec(FigureKind.ErrorByNorm), [.. runs.Where(run => run.Batch == 32)]).Legend);
    }

    [Fact]
    public void Error_by_statistics_shows_norms_over_samples_alone()
    {
        RunRow[] runs =
        [
            Sample.Run(error: 20) with { ErrorMovingAverage = 20, ErrorPopulation = 15, ErrorBatch = 25 },
            Sample.Run("gn", groups: 8, error: 14) with { ErrorMovingAverage = 14, ErrorPopulation = 14, ErrorBatch = 14 },
        ];
        var figure = Build(Spec(FigureKind.ErrorByStatistics), runs);
        Assert.Equal([new FigurePoint(32, 25)], Points(figure, "BN", "statistics of the test batch"));
        Assert.Single(figure.Panels);
        Assert.Contains("bn, syncbn", Assert.Throws<ExperimentException>(
            () => Build(Spec(FigureKind.ErrorByStatistics), [runs[1]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(3, new[] { 3 })]
    [InlineData(4, new[] { 2, 2 })]
    [InlineData(5, new[] { 3, 2 })]
    public void Panels_stand_three_side_by_side_and_four_as_two_and_two(int panels, int[] rows) =>
        Assert.Equal(rows, Figure.InRows(Enumerable.Range(0, panels)).Select(row => row.Count));

    [Fact]
    public void Percentiles_draw_the_lowest_seed_and_say_so()
    {
        RunRow[] runs = [Sample.Run(seed: 3), Sample.Run(seed: 2), Sample.Run("gn", groups: 8, seed: 2)];
        var figure = Build(Spec(FigureKind.Percentiles), new FigureData(runs).With<PercentileRow>([.. runs.SelectMany(run => new[] { run.Percentile(100), run.Percentile(0) })]));
        Assert.Equal([new FigurePoint(0, -2.3), new FigurePoint(1, -2.3)], Points(figure, "BN: norm1", "1%"));
        Assert.Contains("Of several seeds one is drawn, the lowest (seed 2).", figure.Notes);
        Assert.Equal(["1%", "20%", "80%", "99%"], Labels(figure));
    }

    [Fact]
    public void Of_many_layers_the_first_the_middle_and_the_last_are_drawn_a_row_for_each_norm()
    {
        var run = Sample.Run();
        var figure = Build(Spec(FigureKind.Percentiles), new FigureData([run]).With<PercentileRow>([.. "abcde".Select(layer => run.Percentile(0, $"{layer}"))]));
        Assert.Equal(["BN: a", "BN: c", "BN: e"], figure.Panels.Select(panel => panel.Title));
        Assert.Contains(figure.Notes, note => note.Contains("Of 5 layers", StringComparison.Ordinal));
    }

    [Fact]
    public void Histograms_are_densities_from_the_first_step_at_the_top_and_the_last_step_of_an_epoch_is_that_epoch()
    {
        var run = Sample.Run();
        OfRun<HistogramRow>[] rows =
        [
            run.Histogram(0, -0.5, 0.25), run.Histogram(0, 0, 0.75),
            run.Histogram(799, -0.5, 0.5), run.Histogram(799, 0, 0.5),
        ];
        var figure = Build(Spec(FigureKind.Histograms), new FigureData([run]).With<HistogramRow>(rows));
        Assert.Equal([new FigurePoint(-0.25, 0.5), new FigurePoint(0.25, 1.5)], figure.Panels.Single().Series[0].Points);
        Assert.Equal([new Tick(1, "epoch 0"), new Tick(2, "epoch 8")], figure.Panels.Single().Y.Ticks!);
        Assert.Empty(figure.Legend);
    }

    [Fact]
    public void A_landscape_reaches_over_step_sizes_and_is_the_median_over_seeds()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3).Diverged()];
        OfRun<LandscapeRow>[] rows =
        [
            .. runs.SelectMany(run => new[]
            {
                run.Landscape(5, 0, 1), run.Landscape(5, 0.1, 1 + run.Seed), run.Landscape(5, 0.2, 10 * run.Seed), run.Landscape(5, 0.4, double.NaN),
            }),
        ];
        var figure = Build(Spec(FigureKind.Landscape), new FigureData(runs).With<LandscapeRow>(rows));
        Assert.Equal([(3, 20), (1, 4)], figure.Panels.Take(2).Select(panel => panel.Series.Single().Points.Single()).Select(point => (point.Low, point.High)));
        Assert.Equal(100, figure.Panels.Last().Series.Single().Points.Single().Y);
        Assert.Contains("At every step the median over 3 seeds.", figure.Notes);
    }

    [Fact]
    public void Covariate_shift_is_the_median_over_layers_of_the_median_over_seeds()
    {
        RunRow[] runs = [Sample.Run(seed: 1), Sample.Run(seed: 2), Sample.Run(seed: 3)];
        OfRun<CovariateShiftRow>[] rows = [.. runs.SelectMany(run => Enumerable.Range(1, 5).Select(layer => run.CovariateShift(10, $"conv{layer}", (0.1 * layer) + (0.01 * run.Seed))))];
        var points = FigureRow.Of(Build(Spec(FigureKind.CovariateShift), new FigureData(runs).With<CovariateShiftRow>(rows)));
        Assert.Equal([("10", 0.32, 0.22, 0.42), ("10", 0.68, 0.58, 0.78)], points.Select(row => (row.X, row.Y!.Value, row.Low!.Value, row.High!.Value)));
    }

    [Fact]
    public void Errors_on_altered_images_begin_with_clean_ones_and_have_a_line_for_each_kind_of_statistics_that_differs()
    {
        RunRow[] runs = [Sample.Run(), Sample.Run("gn", groups: 8)];
        OfRun<DistributionShiftRow>[] rows =
        [
            .. from run in runs
               from statistics in new[] { "moving_average", "population", "batch" }
               from strength in new[] { 0, 1, 2 }
               select run.DistributionShift(strength == 0 ? "none" : "blur", strength, 12 + (3 * strength) + (run.Norm == "bn" && statistics == "batch" ? 1 : 0), statistics),
        ];
        var figure = Build(Spec(FigureKind.DistributionShift), new FigureData(runs).With<DistributionShiftRow>(rows));
        Assert.Equal([new FigurePoint(0, 13), new FigurePoint(1, 16), new FigurePoint(2, 19)], Points(figure, "blur", "BN, statistics of the test batch"));
        Assert.Equal(["BN", "BN, population statistics", "BN, statistics of the test batch", "GN (G=8)"], Labels(figure));
        Assert.Equal("One seed, so there are no bars.", figure.Notes[0]);
    }

    [Fact]
    public void Errors_against_the_length_of_the_test_sequence_say_what_was_trained_on_and_where_statistics_end()
    {
        RunRow[] runs = [Sample.Run() with { Rows = "12..20" }, Sample.Run("ln-channels") with { Rows = "12..20" }];
        OfRun<SequenceLengthRow>[] rows =
        [
            .. from run in runs
               from statistics in run.Norm == "bn" ? new[] { "moving_average", "batch" } : ["moving_average"]
               from length in new[] { 4, 20, 28 }
               select run.SequenceLength(length, 60 - length + (length > 20 && statistics == "moving_average" && run.Norm == "bn" ? 20 : 0), statistics, run.Norm == "bn" ? 20 : null),
        ];
        var figure = Build(Spec(FigureKind.ErrorAgainstLength), new FigureData(runs).With<SequenceLengthRow>(rows));
        Assert.Equal(["BN", "BN, statistics of the test batch", "LN (channels)"], Labels(figure));
        Assert.Equal([new FigurePoint(4, 56), new FigurePoint(20, 40), new FigurePoint(28, 52)], Points(figure, "", "BN"));
        Assert.Contains("Trained on 12 to 20 rows.", figure.Notes);
        Assert.Contains("Statistics of each step are kept for 20 steps; beyond, the last one's are used.", figure.Notes);
        Assert.StartsWith("There is nothing to draw: in each of the 1 measurements", Assert.Throws<ExperimentException>(
            () => Build(Spec(FigureKind.ErrorAgainstLength), new FigureData(runs).With<SequenceLengthRow>([runs[0].SequenceLength(4, null)]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Distribution_shift_leaves_out_what_was_no_number_and_says_so()
    {
        RunRow[] runs = [Sample.Run(norm: "gn", seed: 1), Sample.Run(norm: "gn", seed: 2)];
        var noLoss = runs[0].DistributionShift("noise", 3, 90);
        noLoss = noLoss with { Row = noLoss.Row with { Loss = double.NaN } };
        OfRun<DistributionShiftRow>[] rows =
        [
            .. runs.SelectMany(run => new[] { 0, 1 }.Select(strength => run.DistributionShift(strength == 0 ? "none" : "noise", strength, 20))),
            runs[0].DistributionShift("noise", 2, 40), runs[1].DistributionShift("noise", 2, null),
            noLoss, runs[1].DistributionShift("noise", 3, null),
        ];
        var figure = Build(Spec(FigureKind.DistributionShift), new FigureData(runs).With<DistributionShiftRow>(rows));
        Assert.Equal([0, 1, 2], figure.Rows[0][0].Series[0].Points.Select(point => point.X));
        Assert.Contains("3 of 8 measurements are left out: there, scores of the network are not numbers.", figure.Notes);
        var nothing = rows.Select(row => row with { Row = row.Row with { Error = null, Loss = null } });
        Assert.StartsWith("There is nothing to draw: in each of the 8 measurements", Assert.Throws<ExperimentException>(
            () => Build(Spec(FigureKind.DistributionShift), new FigureData(runs).With<DistributionShiftRow>([.. nothing]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_of_measurements_that_no_run_has_is_answered_with_its_file() =>
        Assert.Equal("landscape is drawn from landscape.csv, which none of 1 runs has written: train with --measure landscape.",
            Assert.Throws<ExperimentException>(() => Build(Spec(FigureKind.Landscape), [Sample.Run()])).Message);

    [Fact]
    public void Figures_have_the_names_that_sweep_files_use_and_their_data_never_takes_the_name_of_what_they_are_drawn_from()
    {
        Assert.All(Enum.GetValues<FigureKind>(), kind => Assert.Equal(kind, FigureKinds.Parse(kind.Name())));
        Assert.Contains("error-against-batch, error-against-epoch", Assert.Throws<ExperimentException>(
            () => FigureKinds.Parse("error")).Message, StringComparison.Ordinal);
        Assert.Empty(FigureKinds.All.Select(figure => figure.DataFile).Intersect([.. FigureKinds.All.Select(figure => figure.File), "summary.csv", "differences.csv"]));
    }

    [Theory]
    [InlineData(FigureKind.ErrorAgainstLr, "--lr; here all have 0.1")]
    [InlineData(FigureKind.ErrorAgainstInitScale, "--init-scale; here all have 1")]
    public void A_figure_against_an_option_that_does_not_vary_is_refused(FigureKind kind, string message) =>
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => Build(Spec(kind), Sample.Figure1())).Message, StringComparison.Ordinal);

    private static FigureSpec Spec(FigureKind kind) => new() { Kind = kind };

    private static Figure Build(FigureSpec spec, IReadOnlyList<RunRow> runs, IReadOnlyList<OfRun<EpochRow>>? epochs = null) =>
        Build(spec, new FigureData(runs).With(epochs ?? []));

    private static Figure Build(FigureSpec spec, FigureData data) => FigureBuilder.Build(spec, data);

    private static PanelSeries Line(Figure figure, string label) => figure.Panels.SelectMany(panel => panel.Series).First(series => series.Label == label);

    private static IReadOnlyList<FigurePoint> Points(Figure figure, string panel, string label) =>
        figure.Panels.Single(one => one.Name == panel).Series.Single(series => series.Label == label).Points;

    [Fact]
    public void The_legend_shows_a_line_only_where_one_is_drawn()
    {
        RunRow[] runs = [Sample.Run("bn", 32, 1, 10), Sample.Run("gn", 32, 1, 10, 8), Sample.Run("gn", 2, 1, 10, 8)];
        Assert.Equal([("BN", false), ("GN (G=8)", true)], Build(Batch, runs).Legend.Select(entry => (entry.Label, entry.HasLine)));
    }

    [Fact]
    public void Where_a_line_leaves_its_panel_at_the_bottom_a_note_says_so()
    {
        const string Note = "Lines that leave a panel at its bottom go on below it.";
        var run = Sample.Run();
        Figure Shifting(params double[] by) => Build(Spec(FigureKind.CovariateShift), new FigureData([run]).With<CovariateShiftRow>([.. by.Select((one, step) => run.CovariateShift(step, "conv1", one))]));
        Assert.Contains(Note, Shifting(0.5, 0.1, 0.00001).Notes);
        Assert.DoesNotContain(Note, Shifting(0.5, 0.1, 0.01).Notes);
    }

    private static IEnumerable<string> Labels(Figure figure) => figure.Legend.Select(entry => entry.Label);
}
