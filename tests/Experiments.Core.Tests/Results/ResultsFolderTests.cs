using System.Diagnostics;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Tests.Results;

public sealed class ResultsFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly ResultsFolder _folder;

    public ResultsFolderTests() => _folder = new ResultsFolder(_temporary.Path);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void What_a_run_leaves_is_read_back_and_what_has_not_ended_is_not_there()
    {
        var run = Sample.Run();
        Write<EpochRow>(run, [run.Epoch(1, 30), run.Epoch(2, 20)]);
        Assert.Null(_folder.ReadRow(run.Run));
        Assert.Equal(2, _folder.Read<EpochRow>(run.Run).Count);
        _folder.WriteRow(run);
        Assert.Equal(run, _folder.ReadRow(run.Run));
        Assert.Empty(_folder.Read<EpochRow>("another"));
    }

    [Fact]
    public void Runs_stand_in_the_grids_order_and_others_follow_sorted()
    {
        RunRow[] runs = [Sample.Run("ln"), Sample.Run(batch: 2), Sample.Run(seed: 2), Sample.Run(), Sample.Run("gn", groups: 8), Sample.Run("gn", groups: 2)];
        foreach (var run in runs)
            _folder.WriteRow(run);
        Assert.Empty(_folder.Rebuild(["ln-32-1", "not-yet-run", "bn-2-1"]));
        Assert.Equal(["ln-32-1", "bn-2-1", "bn-32-1", "bn-32-2", "gn2-32-1", "gn8-32-1"], ResultsFolder.ReadRuns(_temporary.Path).Select(run => run.Run));
    }

    [Fact]
    public void The_derived_files_hold_all_runs_their_epochs_and_their_summary()
    {
        foreach (var run in Sample.Figure1())
        {
            Write<EpochRow>(run, [run.Epoch(1, 30), run.Epoch(2, 20)]);
            _folder.WriteRow(run);
        }

        _folder.Rebuild([.. Sample.Figure1().Select(run => run.Run)]);
        Assert.Equal(Sample.Figure1(), ResultsFolder.ReadRuns(_temporary.Path));
        Assert.Equal(Sample.Figure1().Select(run => run.Run), ResultsFolder.ReadRows<EpochRow>(_temporary.Path).Select(epoch => epoch.Key.Run).Distinct());
        Assert.Equal(SummaryRow.Of(Sample.Figure1()), CsvFile.Read<SummaryRow>(_temporary["summary.csv"]));
        Assert.Equal(DifferenceRow.Of(Sample.Figure1()), CsvFile.Read<DifferenceRow>(_temporary["differences.csv"]));
    }

    [Fact]
    public void Measurements_are_gathered_in_the_runs_order_and_a_kind_that_no_run_has_is_not_there()
    {
        var (first, second) = (Sample.Run(seed: 1), Sample.Run(seed: 2));
        OfRun<PercentileRow>[] percentiles = [first.Percentile(0), first.Percentile(100), second.Percentile(0)];
        OfRun<HistogramRow>[] histograms = [second.Histogram(0, -0.5, 0.25), second.Histogram(0, 0, 0.75)];
        OfRun<LandscapeRow>[] landscape = [first.Landscape(0, 0, 2.3), first.Landscape(0, 0.1, double.PositiveInfinity)];
        OfRun<CovariateShiftRow>[] covariate = [first.CovariateShift(0, "conv1", 0.5)];
        OfRun<DistributionShiftRow>[] shifted = [first.DistributionShift("none", 0, 12.5, "population"), first.DistributionShift("blur", 3, 30)];
        foreach (var run in new[] { second, first })
            _folder.WriteRow(run);
        Write<PercentileRow>(first, percentiles[..2]);
        Write<PercentileRow>(second, percentiles[2..]);
        Write<HistogramRow>(second, histograms);
        Write<LandscapeRow>(first, landscape);
        Write<CovariateShiftRow>(first, covariate);
        Assert.Empty(_folder.Rebuild([first.Run, second.Run]));
        Assert.False(File.Exists(_temporary["distribution-shift.csv"]));

        Write<DistributionShiftRow>(first, shifted);
        File.Delete(_temporary["runs", second.Run, "histograms.csv"]);
        Assert.Equal(histograms, ResultsFolder.ReadRows<HistogramRow>(_temporary.Path));
        Assert.Empty(_folder.Rebuild([first.Run, second.Run]));
        Assert.Equal(percentiles, ResultsFolder.ReadRows<PercentileRow>(_temporary.Path));
        Assert.Equal(landscape, ResultsFolder.ReadRows<LandscapeRow>(_temporary.Path));
        Assert.Equal(covariate, ResultsFolder.ReadRows<CovariateShiftRow>(_temporary.Path));
        Assert.Equal(shifted, ResultsFolder.ReadRows<DistributionShiftRow>(_temporary.Path));
        Assert.False(File.Exists(_temporary["histograms.csv"]));
        Assert.Empty(ResultsFolder.ReadRows<HistogramRow>(_temporary.Path));
    }

    [Fact]
    public void A_damaged_row_is_reported_and_does_not_take_the_others_with_it()
    {
        _folder.WriteRow(Sample.Run(seed: 1));
        _folder.WriteRow(Sample.Run(seed: 2));
        _folder.WriteRow(Sample.Run(seed: 3));
        File.WriteAllText(_temporary["runs", "bn-32-2", "row.csv"], "run,experiment\nbn-32-2\n");
        File.Copy(_temporary["runs", "bn-32-1", "row.csv"], _temporary["runs", "bn-32-3", "row.csv"], overwrite: true);
        var warnings = _folder.Rebuild();
        Assert.Equal(2, warnings.Count);
        Assert.Contains(warnings, warning => warning.Contains(Path.Combine("bn-32-2", "row.csv"), StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("that of run bn-32-3", StringComparison.Ordinal));
        Assert.Equal([1], ResultsFolder.ReadRuns(_temporary.Path).Select(run => run.Seed));
    }

    [Fact]
    public void Runs_that_end_at_once_neither_tear_a_file_nor_lose_a_row()
    {
        Parallel.For(1, 65, new ParallelOptions { MaxDegreeOfParallelism = 16 }, seed =>
        {
            var folder = new ResultsFolder(_temporary.Path);
            var run = Sample.Run(seed: seed);
            folder.Write(run.Key(), [run.Epoch(1, 30).Row]);
            folder.WriteRow(run);
            Assert.Empty(folder.Rebuild());
            Assert.Contains(ResultsFolder.ReadRuns(_temporary.Path), row => row.Seed == seed);
        });
        Assert.Equal(Enumerable.Range(1, 64).Select(seed => (long)seed), ResultsFolder.ReadRuns(_temporary.Path).Select(run => run.Seed));
        Assert.Equal(64, ResultsFolder.ReadRows<EpochRow>(_temporary.Path).Count);
        Assert.Empty(Directory.EnumerateFiles(_temporary.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_row_that_is_there_already_needs_no_rebuild_and_one_that_changed_does()
    {
        var row = Sample.Run();
        _folder.WriteRow(row);
        _folder.Rebuild(unlessHas: row);
        var before = ResultsFolder.ReadRuns(_temporary.Path);
        File.Delete(_temporary["summary.csv"]);
        _folder.Rebuild(unlessHas: row);
        Assert.False(File.Exists(_temporary["summary.csv"]));

        var again = row with { Error = 12.5 };
        _folder.WriteRow(again);
        _folder.Rebuild(unlessHas: again);
        Assert.True(File.Exists(_temporary["summary.csv"]));
        Assert.Equal([row], before);
        Assert.Equal([again], ResultsFolder.ReadRuns(_temporary.Path));
    }

    [FactWhere("the program flock of util-linux, to stand for another process", "flock")]
    public void A_rebuild_waits_for_another_process_and_gives_up_with_a_sentence()
    {
        var held = _temporary["held"];
        using var other = Process.Start(new ProcessStartInfo("flock", [_temporary[".lock"], "sh", "-c", $"touch '{held}'; sleep 1"]))!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(held), TimeSpan.FromSeconds(20)));
        var error = Assert.Throws<ExperimentException>(() => FolderLock.Take(_temporary.Path, TimeSpan.FromMilliseconds(50)));
        Assert.Contains("Another process works in ", error.Message, StringComparison.Ordinal);
        _folder.WriteRow(Sample.Run());
        Assert.Empty(_folder.Rebuild());
        other.WaitForExit();
        Assert.Single(ResultsFolder.ReadRuns(_temporary.Path));
    }

    [Fact]
    public void Several_folders_or_files_are_read_as_one_and_a_run_in_both_counts_once()
    {
        using var second = new TemporaryFolder();
        _folder.WriteRow(Sample.Run(seed: 1));
        _folder.Rebuild();
        var other = new ResultsFolder(second.Path);
        other.WriteRow(Sample.Run(seed: 1));
        other.WriteRow(Sample.Run(seed: 2));
        other.Write(Sample.Run(seed: 2).Key(), [Sample.Run(seed: 2).Epoch(1, 20).Row]);
        other.Rebuild();
        string[] paths = [_temporary.Path, second["runs.csv"]];
        Assert.Equal([1, 2], ResultsFolder.ReadRuns(paths).Select(run => run.Seed));
        Assert.Single(ResultsFolder.ReadRows<EpochRow>(paths));
    }

    [Fact]
    public void A_folder_without_results_is_named()
    {
        Assert.Contains("no run has ended", Assert.Throws<ExperimentException>(() => ResultsFolder.ReadRuns(_temporary.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("There is no results folder", Assert.Throws<ExperimentException>(
            () => ResultsFolder.ReadRuns(_temporary["nowhere"])).Message, StringComparison.Ordinal);
    }

    private void Write<T>(RunRow run, IReadOnlyList<OfRun<T>> rows)
        where T : class, IRunFile => _folder.Write(run.Key(), rows.Select(row => row.Row));
}
