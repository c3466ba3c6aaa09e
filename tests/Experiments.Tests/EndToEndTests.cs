using System.Diagnostics;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training.Weights;

namespace Experiments.Tests;

public sealed class EndToEndTests : IDisposable
{
    private const string Small = "--dataset synthetic --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void A_sweep_ends_with_tables_and_a_figure_and_run_again_has_nothing_to_do()
    {
        var arguments = $"sweep {Small} --norm bn,gn --groups 4 --batch 8,4 --seeds 2 --out s";
        var first = Cli.Run(arguments, _folder.Path);
        Assert.Equal("", first.Error);
        Assert.Equal(0, first.ExitCode);
        var rows = ResultsFolder.ReadRuns(_folder["s"]);
        Assert.Equal(
            ["bn  8 1", "bn  8 2", "bn  4 1", "bn  4 2", "gn 4 8 1", "gn 4 8 2", "gn 4 4 1", "gn 4 4 2"],
            rows.Select(row => $"{row.Norm} {row.Groups} {row.Batch} {row.Seed}"));
        Assert.All(rows, row => Assert.Equal(RunStatus.Finished, row.Status));
        Assert.All(rows, row => Assert.InRange(row.Error!.Value, 1, 99));
        Assert.All(rows, row => Assert.True(row.PeakMemoryMib > 10 && row.ImagesPerSecond > 1));
        Assert.Contains("BN", first.Output, StringComparison.Ordinal);
        foreach (var file in new[] { "sweep.yaml", "runs.csv", "epochs.csv", "summary.csv", "error-against-batch.svg", "error-against-batch.png", "error-against-batch.pdf", "error-against-batch.csv" })
            Assert.True(new FileInfo(_folder["s", file]).Length > 100, file);

        var before = File.ReadAllText(_folder["s", "runs.csv"]);
        var again = Cli.Run(arguments, _folder.Path);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("8 finished before", again.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_folder["s", "runs.csv"]));

        var other = Cli.Run(arguments.Replace("8,4", "8,2", StringComparison.Ordinal), _folder.Path);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("batch is 8, 4 there and 8, 2 now", other.Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void A_training_begins_with_weights_and_says_so()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --batch 8 --classes 0-4 --out mine", _folder.Path).ExitCode);
        var weights = Path.Combine("mine", "runs", Path.GetFileName(Directory.GetDirectories(_folder["mine", "runs"]).Single()));
        var other = Cli.Run($"train {Small} --batch 4 --classes 5-9 --from {weights} --freeze norms --out other", _folder.Path);
        Assert.Equal("", other.Error);
        Assert.Contains("; the last layer is new, since it was trained on synthetic, classes 0-4, and this run is on synthetic, classes 5-9.", other.Output, StringComparison.Ordinal);
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["other"]));
        Assert.Equal((row.FromChecksum, "norms", "5-9"), (row.StartsFrom, row.Freeze, row.Classes));
        Assert.Equal($"{Path.GetFullPath(_folder[weights])}#{row.FromChecksum}", row.From);
        Assert.Contains("finished already", Cli.Run($"train {Small} --batch 4 --classes 5-9 --from {weights} --freeze norms --out other", _folder.Path).Output, StringComparison.Ordinal);

        var same = Cli.Run($"train {Small} --batch 4 --classes 0-4 --from {weights} --freeze all-but-last --out other", _folder.Path);
        Assert.Contains("weights.safetensors.\n", same.Output, StringComparison.Ordinal);
        var evaluated = Cli.Run($"eval {Path.Combine("other", "runs", row.Run)}", _folder.Path);
        Assert.Equal("", evaluated.Error);
        Assert.Contains(FormattableString.Invariant($"error {row.Error:0.00}%"), evaluated.Output, StringComparison.Ordinal);
        Assert.Contains("is the checkpoint of another network", Cli.Run($"train --dataset synthetic --model resnet8 --width 16 --epochs 1 --from {weights} --out other", _folder.Path).Error, StringComparison.Ordinal);
        Assert.Contains("Cannot read the checkpoint", Cli.Run("train --from nowhere", _folder.Path).Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void A_sweep_trains_first_what_its_runs_begin_from()
    {
        File.WriteAllText(_folder["t.yaml"], """
            dataset: synthetic
            model: resnet8
            width: 8
            train-limit: 64
            test-limit: 32
            epochs: 1
            seeds: 2
            batch: [8, 4]
            norm: [bn, { bn: { freeze: norm-statistics } }]
            classes: 5-9
            pretrain: { classes: 0-4, batch: 16 }
            """);
        var printed = Cli.Run("sweep t.yaml --print-commands --out t", _folder.Path);
        Assert.Equal(2, printed.Output.Split('\n').Count(line => line.Contains("--classes 0-4", StringComparison.Ordinal)));
        Assert.Contains("these are the runs that the others begin from", printed.Error, StringComparison.Ordinal);
        var first = Cli.Run("sweep t.yaml --out t", _folder.Path);
        Assert.Equal("", first.Error);
        Assert.Equal(2, ResultsFolder.ReadRuns(_folder["t", "pretrain"]).Count);
        var rows = ResultsFolder.ReadRuns(_folder["t"]);
        Assert.Equal(8, rows.Count);
        Assert.All(rows, row => Assert.Equal(("pretrain", "5-9", 16), (row.StartsFrom, row.Classes, row.FromChecksum!.Length)));
        Assert.Equal(2, rows.Select(row => row.FromChecksum).Distinct().Count());
        var again = Cli.Run("sweep t --dry-run", _folder.Path);
        Assert.Equal("", again.Error);
        Assert.Equal(2, again.Output.Split("Nothing is left to do.").Length - 1);
    }

    [TrainsFact]
    public void The_norms_of_a_sweep_begin_from_runs_of_another_sweep()
    {
        Assert.Equal("", Cli.Run($"sweep {Small} --norm bn,gn --groups 4 --batch 8 --classes 0-4 --out first", _folder.Path).Error);
        var runs = ResultsFolder.ReadRuns(_folder["first"]).Select(row => row.Run).ToList();
        File.WriteAllText(_folder["second.yaml"], $$"""
            dataset: synthetic
            model: resnet8
            width: 8
            train-limit: 64
            test-limit: 32
            epochs: 1
            seeds: 2
            batch: 4
            norm: [{ bn: { from: first/{{runs[0]}} } }, { bn: { from: first/runs/{{runs[0]}}, freeze: norms } }, { gn: { groups: 4, from: first/{{runs[1]}} } }]
            classes: 5-9
            """);
        Assert.Equal("", Cli.Run("sweep second.yaml --out second", _folder.Path).Error);
        var rows = ResultsFolder.ReadRuns(_folder["second"]);
        Assert.Equal(["bn none", "bn none", "bn norms", "bn norms", "gn none", "gn none"], rows.Select(row => $"{row.Norm} {row.Freeze}"));
        Assert.Equal([runs[0], runs[0], runs[0], runs[0], runs[1], runs[1]], rows.Select(row => Path.GetFileName(row.From!.Split('#')[0])));
        Assert.All(rows, row => Assert.Equal(row.From!.Split('#')[1], row.StartsFrom));

        // From another folder, too, the sweep knows its runs.
        var again = Cli.Run("sweep second --dry-run", _folder.Path);
        Assert.Equal(("", 1), (again.Error, again.Output.Split("Nothing is left to do.").Length - 1));
        File.WriteAllText(_folder["third.yaml"], "dataset: synthetic\nnorm: [{ bn: { from: first } }]\n");
        Assert.Contains("first is a folder without weights.safetensors: name a file of weights, or a run's folder, as ", Cli.Run("sweep third.yaml --out third", _folder.Path).Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void Runs_started_at_once_share_one_folder_which_plot_reads()
    {
        var processes = new[] { "--norm bn --seed 1", "--norm bn --seed 2", "--norm gn --groups 4", "--norm ln" }
            .Select(arguments => Cli.Start($"train {Small} {arguments} --batch 4 --out mine", _folder.Path)).ToList();
        foreach (var process in processes)
        {
            using (process)
            {
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                Assert.Equal(0, process.ExitCode);
            }
        }

        Assert.Equal(["bn", "bn", "gn", "ln"], ResultsFolder.ReadRuns(_folder["mine"]).Select(row => row.Norm).Order());
        var plot = Cli.Run("plot mine --format svg", _folder.Path);
        Assert.Equal(0, plot.ExitCode);
        Assert.Contains("error-against-batch.svg", plot.Output, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void The_same_seed_gives_the_same_numbers_in_another_process()
    {
        string Train(string folder)
        {
            Assert.Equal(0, Cli.Run($"train {Small} --norm bn --batch 4 --out {folder}", _folder.Path).ExitCode);
            var row = Assert.Single(ResultsFolder.ReadRuns(_folder[folder]));
            return $"{row.TrainLoss:R} {row.TestLoss:R} {row.ErrorPopulation:R} {row.ErrorBatch:R}";
        }

        Assert.Equal(Train("a"), Train("b"));
    }

    [TrainsFact]
    public void A_checkpoint_evaluates_to_the_error_its_run_reported()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --norm bn --batch 4 --out t", _folder.Path).ExitCode);
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["t"]));
        var checkpoint = _folder["t", "runs", row.Run, "weights.safetensors"];
        var result = Cli.Run($"eval {checkpoint} --statistics all", _folder.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(FormattableString.Invariant($"moving-average statistics  error {row.ErrorMovingAverage:0.00}%"), result.Output, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"population statistics      error {row.ErrorPopulation:0.00}%"), result.Output, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"batch statistics           error {row.ErrorBatch:0.00}%"), result.Output, StringComparison.Ordinal);

        var other = Cli.Run($"eval {checkpoint} --norm gn --groups 4", _folder.Path);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is the checkpoint of a network with norm bn, not gn: leave --norm out", other.Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void A_checkpoint_is_evaluated_on_shifted_images_as_a_table_and_a_csv()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --norm bn --batch 4 --out t", _folder.Path).ExitCode);
        var run = Assert.Single(ResultsFolder.ReadRuns(_folder["t"]));
        var checkpoint = _folder["t", "runs", run.Run, "weights.safetensors"];
        var result = Cli.Run($"eval {checkpoint} --statistics all --shift all --csv shifts.csv", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("shift        strength   moving_average   population   batch\n", result.Output, StringComparison.Ordinal);
        var all = CsvFile.Read<OfRun<DistributionShiftRow>>(_folder["shifts.csv"]);
        Assert.All(all, row => Assert.Equal((run.Run, run.Norm, run.Batch, run.Seed), (row.Key.Run, row.Key.Norm, row.Key.Batch, row.Key.Seed)));
        var rows = all.Select(row => row.Row).ToList();
        Assert.Equal(
            from statistics in new[] { "moving_average", "population", "batch" }
            from shift in new[] { "none", "brightness", "contrast", "noise", "blur", "invert", "tint" }
            from strength in shift == DistributionShiftRow.None ? [0] : shift == "invert" ? [5] : Enumerable.Range(1, 5)
            select (statistics, shift, strength),
            rows.Select(row => (row.Statistics, row.Shift, row.Strength)));

        // The images as they are have the errors that the run reported; shifted ones have other losses.
        Assert.Equal(
            [run.ErrorMovingAverage, run.ErrorPopulation, run.ErrorBatch], rows.Where(row => row.Shift == DistributionShiftRow.None).Select(row => (double?)row.Error));
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.Loss).Count());

        var single = Cli.Run($"eval {checkpoint} --shift blur --strength 4 --csv blur.csv", _folder.Path);
        Assert.Equal(0, single.ExitCode);
        Assert.Equal(rows.Single(row => row is { Shift: "blur", Strength: 4, Statistics: "moving_average" }), Assert.Single(CsvFile.Read<OfRun<DistributionShiftRow>>(_folder["blur.csv"])).Row);
    }

    [TrainsFact]
    public void Without_norms_over_samples_a_shifted_image_has_one_row_whatever_statistics_are_asked_for()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --norm gn --groups 4 --batch 4 --out t", _folder.Path).ExitCode);
        var checkpoint = _folder["t", "runs", Assert.Single(ResultsFolder.ReadRuns(_folder["t"])).Run, "weights.safetensors"];
        Assert.Equal(0, Cli.Run($"eval {checkpoint} --statistics all --shift blur --strength 4 --csv blur.csv", _folder.Path).ExitCode);
        var one = Assert.Single(CsvFile.Read<OfRun<DistributionShiftRow>>(_folder["blur.csv"]));
        Assert.Equal(("gn", 4, "blur", 4, "moving_average"), (one.Key.Norm, one.Key.Groups, one.Row.Shift, one.Row.Strength, one.Row.Statistics));
    }

    [TrainsFact]
    public void Shifts_that_do_not_exist_are_an_error_that_names_those_that_do()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --norm bn --batch 4 --out t", _folder.Path).ExitCode);
        var checkpoint = _folder["t", "runs", Assert.Single(ResultsFolder.ReadRuns(_folder["t"])).Run, "weights.safetensors"];
        foreach (var (arguments, message) in new[]
        {
            ("--shift fog", "Known: none, brightness, contrast, noise, blur, invert, tint, all."),
            ("--shift blur --strength 6", "--strength takes 1 to 5, or all, not '6'."),
            ("--strength 2", "--strength goes with --shift"),
            ("--csv x.csv", "--csv goes with --shift"),
        })
        {
            var result = Cli.Run($"eval {checkpoint} {arguments}", _folder.Path);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
        }
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void A_checkpoint_meets_the_input_normalization_of_its_training_again()
    {
        foreach (var input in new[] { "none", "min-max", "pca" })
        {
            Assert.Equal(0, Cli.Run($"train {Small} --norm gn --groups 4 --batch 4 --input {input} --out {input}", _folder.Path).ExitCode);
            var run = Assert.Single(ResultsFolder.ReadRuns(_folder[input]));
            var checkpoint = _folder[input, "runs", run.Run, "weights.safetensors"];
            var result = Cli.Run($"eval {checkpoint}", _folder.Path);
            Assert.Contains(FormattableString.Invariant($"error {run.Error:0.00}%  loss {run.TestLoss:0.0000}"), result.Output, StringComparison.Ordinal);
            var other = Cli.Run($"eval {checkpoint} --input-mean 0,0,0 --input-std 1,1,1", _folder.Path);
            Assert.Equal(2, other.ExitCode);
            Assert.Contains("go with --input z-score only", other.Error, StringComparison.Ordinal);
        }
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void Weights_from_elsewhere_are_evaluated_with_the_network_and_the_input_statistics_they_are_said_to_have()
    {
        Assert.Equal(0, Cli.Run($"train {Small} --norm gn --groups 4 --batch 4 --out t", _folder.Path).ExitCode);
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["t"]));
        var ours = Safetensors.Read(_folder["t", "runs", row.Run, "weights.safetensors"]);
        File.WriteAllBytes(_folder["foreign.safetensors"], Safetensors.Write(ours.Tensors.Select(pair => (pair.Key, pair.Value)), new Dictionary<string, string>()));
        var network = "--model resnet8 --width 8 --shortcut identity-centered --norm gn --groups 4 --dataset synthetic --test-limit 100";
        var input = $"--input-mean {ours.Metadata["input-mean"]} --input-std {ours.Metadata["input-std"]}";

        var right = Cli.Run($"eval foreign.safetensors {network} {input}", _folder.Path);
        Assert.Contains(FormattableString.Invariant($"error {row.Error:0.00}%  loss {row.TestLoss:0.0000}"), right.Output, StringComparison.Ordinal);
        var others = Cli.Run($"eval foreign.safetensors {network} --input-mean 0,0,0 --input-std 1,1,1", _folder.Path);
        Assert.Equal(0, others.ExitCode);
        Assert.NotEqual(right.Output, others.Output);
        Assert.Contains("belong together", Cli.Run($"eval foreign.safetensors {network} --input-mean 0,0,0", _folder.Path).Error, StringComparison.Ordinal);
        Assert.Contains("another network than small-cnn with bn", Cli.Run("eval foreign.safetensors --dataset synthetic --model small-cnn --norm bn", _folder.Path).Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void A_training_that_is_measured_leaves_a_file_for_each_measurement_and_the_same_errors()
    {
        var training = $"train {Small} --norm bn --batch 5";
        Assert.Equal(0, Cli.Run($"{training} --out plain", _folder.Path).ExitCode);
        var measured = Cli.Run(
            $"{training} --out measured --measure percentiles,histograms,landscape,covariate-shift,distribution-shift --measure-points 3 --measure-layer norm1", _folder.Path);
        Assert.Equal("", measured.Error);
        Assert.Equal(0, measured.ExitCode);

        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["measured"]));
        var plain = Assert.Single(ResultsFolder.ReadRuns(_folder["plain"]));
        Assert.Equal((plain.TrainLoss, plain.TestLoss, plain.ErrorPopulation, plain.ErrorBatch), (row.TrainLoss, row.TestLoss, row.ErrorPopulation, row.ErrorBatch));

        // 100 images are 20 steps; resnet8 has 7 convolutions
        var folder = new ResultsFolder(_folder["measured"]);
        var percentiles = folder.Read<PercentileRow>(row.Run).Select(at => at.Row).ToList();
        Assert.Equal([(0, 0.0, "norm1"), (9, 0.45, "norm1"), (19, 0.95, "norm1")], percentiles.Select(at => (at.Step, at.Epoch, at.Layer)));
        Assert.All(percentiles, at => Assert.True(at.P1 < at.P20 && at.P20 < at.P80 && at.P80 < at.P99, at.ToString()));
        var histograms = folder.Read<HistogramRow>(row.Run).Select(bin => bin.Row).GroupBy(bin => bin.Step).ToList();
        Assert.Equal(3, histograms.Count);
        Assert.All(histograms, bins => Assert.Equal(1, bins.Sum(bin => bin.Fraction), 1e-9));
        Assert.Equal(3 * 9, folder.Read<LandscapeRow>(row.Run).Count);
        Assert.Equal(3 * 7, folder.Read<CovariateShiftRow>(row.Run).Count);
        var shifts = folder.Read<DistributionShiftRow>(row.Run).Select(shift => shift.Row).ToList();
        Assert.Equal(3 * 21, shifts.Count);
        Assert.Equal(
            [("moving_average", 0, row.ErrorMovingAverage), ("population", 0, row.ErrorPopulation), ("batch", 0, row.ErrorBatch)],
            shifts.Where(shift => shift.Shift == DistributionShiftRow.None).Select(shift => (shift.Statistics, shift.Strength, (double?)shift.Error)));
    }

    [TrainsFact]
    public void A_run_that_diverges_is_recorded_and_its_command_succeeds()
    {
        var result = Cli.Run($"train {Small} --norm none --lr 1e30 --batch 4 --out d", _folder.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Diverged in epoch 1", result.Output, StringComparison.Ordinal);
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["d"]));
        Assert.Equal((RunStatus.Diverged, 1, null), (row.Status, row.DivergedEpoch, row.Error));
    }

    [TrainsFact]
    [Trait("Speed", "slow")]
    public void Ctrl_C_stops_a_sweep_and_the_same_command_goes_on()
    {
        var arguments = $"sweep {Small.Replace("--epochs 1", "--epochs 3", StringComparison.Ordinal)} --norm gn --groups 4 --batch 4 --seeds 6 --jobs 1 --out c";
        using (var process = Cli.Start(arguments, _folder.Path))
        {
            // the first run has ended when its line is printed
            while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith('['))
                continue;
            var clock = Stopwatch.StartNew();
            Cli.Signal(process, 2);
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Equal(130, process.ExitCode);
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"{clock.Elapsed}");
        }

        var kept = ResultsFolder.ReadRuns(_folder["c"]);
        Assert.InRange(kept.Count, 1, 5);
        Assert.Equal(0, Cli.Run(arguments, _folder.Path).ExitCode);
        Assert.Equal(6, ResultsFolder.ReadRuns(_folder["c"]).Count(row => row.Status == RunStatus.Finished));
        Assert.Equal(kept, ResultsFolder.ReadRuns(_folder["c"]).Where(row => kept.Any(k => k.Run == row.Run)));
    }

    [TrainsFact]
    public void The_status_of_a_sweep_that_has_not_begun_lists_its_runs_and_starts_none()
    {
        var result = Cli.Run($"sweep {Small} --norm bn,ln --batch 8,4 --status --out l", _folder.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(4, result.Output.Split('\n').Count(line => line.EndsWith(" to do", StringComparison.Ordinal) && line.Contains("-s1-", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(_folder["l"]));
    }
}
