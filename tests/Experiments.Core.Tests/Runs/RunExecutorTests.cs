using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;

namespace Experiments.Core.Tests.Runs;

public sealed class RunExecutorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_interrupted_keeps_the_measurements_of_its_whole_epochs()
    {
        // 40 images in batches of 8: step 7 is the second of the second epoch
        using var stop = new CancellationTokenSource();
        var step = 0;
        var machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { AtEachStep = () => StopAt(7) }));
        var results = new ResultsFolder(_folder["mine"]);
        var run = NewRun(machine, MeasurementKinds.Percentiles | MeasurementKinds.Histograms);
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(machine, results, "mine").Execute(run, null, null, null, stop.Token));
        Assert.Equal([0, 1, 2, 3, 4], results.Read<PercentileRow>(run.Id).Select(row => row.Row.Step));
        Assert.All(results.Read<PercentileRow>(run.Id), row => Assert.Equal((run.Id, "gn", 8, 8, "norm4"), (row.Key.Run, row.Key.Norm, row.Key.Groups!.Value, row.Key.Batch, row.Row.Layer)));
        Assert.Equal(5 * 40, results.Read<HistogramRow>(run.Id).Count);
        Assert.Null(results.ReadRow(run.Id));

        void StopAt(int last)
        {
            if (++step == last)
                stop.Cancel();
        }
    }

    [Fact]
    public void The_display_hears_of_every_score_on_shifted_images_and_how_long_the_others_take()
    {
        var machine = Machine(new RecordingProvider());
        var results = new ResultsFolder(_folder["mine"]);
        var run = NewRun(machine, MeasurementKinds.DistributionShift);
        var reports = new List<TrainingProgress>();
        new RunExecutor(machine, results, "mine").Execute(run, new DirectProgress<TrainingProgress>(reports.Add), null, null, default);
        var rows = results.Read<DistributionShiftRow>(run.Id).Select(row => row.Row).ToList();
        Assert.Equal(21, rows.Count);
        Assert.Equal((DistributionShiftRow.None, 0, "moving_average", 25.0), (rows[0].Shift, rows[0].Strength, rows[0].Statistics, rows[0].Error));
        Assert.Equal(10 + 21, reports.Count);
        Assert.All(reports.TakeLast(21), report => Assert.Equal((2, 1.0, 25.0), (report.Epoch, report.Fraction, report.TestError!.Value)));
        Assert.Equal(TimeSpan.Zero, reports[^1].Left);
    }

    [Fact]
    public void Scores_on_shifted_images_that_are_no_numbers_are_no_errors_and_are_said()
    {
        var clean = 0;
        var machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { AtEachEvaluation = (_, _) => clean++ }));
        var run = NewRun(machine, MeasurementKinds.None);
        new RunExecutor(machine, new ResultsFolder(_folder["clean"]), "mine").Execute(run, null, null, null, default);

        // All batches of the training are scored well, and so are the first of those after it.
        machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { NotANumberFromEvaluation = clean + 6 }));
        var results = new ResultsFolder(_folder["mine"]);
        run = NewRun(machine, MeasurementKinds.DistributionShift);
        Assert.Equal(RunStatus.Finished, new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default).Status);
        var rows = results.Read<DistributionShiftRow>(run.Id).Select(row => row.Row).ToList();
        Assert.Equal((25.0, true), (rows[0].Error, double.IsFinite(rows[0].Loss!.Value)));
        var wrong = rows.Count(row => row is { Error: null, Loss: null });
        Assert.InRange(wrong, 1, 20);
        Assert.Contains($"at {wrong} of 21 measurements, some scores of the network are NaN or infinite", File.ReadAllText(RunLog.Of(results, run).Path), StringComparison.Ordinal);
        Assert.Contains("not finite", DistributionShiftTable.Of("", rows), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_is_not_scored_on_shifted_images()
    {
        var machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { NotANumberAtStep = 3 }));
        var results = new ResultsFolder(_folder["mine"]);
        var run = NewRun(machine, MeasurementKinds.DistributionShift);
        Assert.Equal(RunStatus.Diverged, new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default).Status);
        Assert.Empty(results.Read<DistributionShiftRow>(run.Id));
    }

    // 5 steps an epoch; the other statistics are those of the last of 2 epochs alone.
    [Theory]
    [InlineData(NormStatistics.MovingAverage, 1, 1)]
    [InlineData(NormStatistics.MovingAverage, 10, 2)]
    [InlineData(NormStatistics.Population, 1, 2)]
    [InlineData(NormStatistics.Batch, 10, 2)]
    public void A_run_whose_test_scores_are_no_numbers_has_diverged_and_enters_no_mean(NormStatistics statistics, int steps, int epoch)
    {
        var machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { NotANumberAtEvaluation = (statistics, steps) }));
        var results = new ResultsFolder(_folder["mine"]);
        var run = Run.Create(NewRun(machine, MeasurementKinds.None).Settings with { Norm = new("bn") });
        var row = new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default);
        Assert.Equal((RunStatus.Diverged, epoch), (row.Status, row.DivergedEpoch!.Value));
        Assert.Null(row.Error);
        var last = results.Read<EpochRow>(run.Id)[^1].Row;
        Assert.Equal((epoch, null, null, null), (last.Epoch, last.TestError, last.TestErrorPopulation, last.TestErrorBatch));
        var cell = Assert.Single(SummaryRow.Of([row]));
        Assert.Equal((0, 1, null), (cell.N, cell.NDiverged, cell.Mean));
    }

    [Fact]
    public void A_run_goes_on_with_its_epochs_and_its_clock_and_shows_where_it_is_at_once()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, engines) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        var stopped = Latest(results, run).Checkpoint;
        Assert.Equal((1, 2), (stopped.Position.Epochs.Count, stopped.Position.Step));

        var reports = new List<TrainingProgress>();
        var said = new List<string>();
        var row = new RunExecutor(machine, results, "mine").Execute(run, new DirectProgress<TrainingProgress>(reports.Add), null, said.Add, default);
        Assert.Equal((2, 7 / 10.0, 25.0), (reports[0].Epoch, reports[0].Fraction, reports[0].TestError!.Value));
        Assert.Equal([7, 3], engines.Select(engine => engine.Steps.Count));
        Assert.Equal([1, 2], results.Read<EpochRow>(run.Id).Select(epoch => epoch.Row.Epoch));
        Assert.True(row.Seconds > stopped.Position.Seconds);
        Assert.Contains("2 of 5 steps of epoch 2/2 are done", Assert.Single(said), StringComparison.Ordinal);
        Assert.Contains(said[0], File.ReadAllText(Path.Combine(results.PathOf(run.Id), "log.txt")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(new RunFolder(results, run).Checkpoints.Root));
    }

    [Fact]
    public void A_run_begins_anew_where_that_is_asked_for()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, engines) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        new RunExecutor(machine, results, "mine") { Again = true }.Execute(run, null, null, null, default);
        Assert.Equal([7, 10], engines.Select(engine => engine.Steps.Count));
    }

    [Fact]
    public void Checkpoints_are_written_between_epochs_too_and_the_last_two_are_kept()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        var kept = new List<string>();
        var watch = new DirectProgress<TrainingProgress>(_ => kept.Add(string.Join(' ', Files(results, run))));
        new RunExecutor(machine, results, "mine") { CheckpointEvery = 1e-9 }.Execute(run, watch, null, null, default);
        Assert.Equal(["", "1", "1 2", "2 3", "3 4", "4 5", "5 6", "6 7", "7 8", "8 9"], kept);
    }

    [Fact]
    public void Another_library_is_refused_unless_it_is_allowed()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        var other = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { Library = "recording 2.0" }));
        var error = Assert.Throws<ExperimentException>(() => new RunExecutor(other, results, "mine").Execute(run, null, null, null, default));
        Assert.Contains("library recording 1.0 then and recording 2.0 now. --allow-different-machine goes on", error.Message, StringComparison.Ordinal);
        Assert.True(new RunFolder(results, run).Checkpoints.Any);

        var said = new List<string>();
        new RunExecutor(other, results, "mine") { AllowDifferentMachine = true }.Execute(run, null, null, said.Add, default);
        Assert.Contains("library recording 1.0 then and recording 2.0 now", said[0], StringComparison.Ordinal);
        Assert.Contains("Goes on", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Other_images_are_refused()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        var (_, checkpoint, state) = Latest(results, run);
        new RunFolder(results, run).Checkpoints.Write(checkpoint with { Images = "others" }, 7, state);
        var error = Assert.Throws<ExperimentException>(() => new RunExecutor(machine, results, "mine") { AllowDifferentMachine = true }.Execute(run, null, null, null, default));
        Assert.Contains("the images of synthetic are not those that it was trained on so far", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_checkpoint_is_told_and_the_one_before_taken_and_where_both_are_the_run_begins_anew()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, engines) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        Assert.Equal([5, 7], Files(results, run));
        File.WriteAllText(Path.Combine(new RunFolder(results, run).Checkpoints.Root, "7.safetensors"), "");
        var said = Stop(machine, results, run, step: 1);
        Assert.Contains("7.safetensors is damaged: it is empty. The checkpoint before it is taken.", said[0], StringComparison.Ordinal);
        Assert.Equal([5, 6], Files(results, run));

        foreach (var file in Directory.GetFiles(new RunFolder(results, run).Checkpoints.Root))
            File.WriteAllText(file, "");
        said = Stop(machine, results, run, step: 3);
        Assert.Contains("There is no other checkpoint: the run begins anew.", said[1], StringComparison.Ordinal);
        Assert.Equal([3], Files(results, run));
        Assert.Equal([7, 1, 3], engines.Select(engine => engine.Steps.Count));
    }

    [Fact]
    public void A_damaged_row_is_told_and_kept_beside_while_the_run_is_trained_anew()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, engines) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        var row = Path.Combine(results.PathOf(run.Id), "row.csv");
        foreach (var content in new[] { "nonsense", "more of it" })
        {
            new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default);
            File.WriteAllText(row, content);
        }

        Assert.StartsWith($"{row}, line 1: missing column ", Assert.Single(new SweepFolder(results).DamagedRows([run])), StringComparison.Ordinal);
        var said = new List<string>();
        Assert.Equal(RunStatus.Finished, new RunExecutor(machine, results, "mine").Execute(run, null, null, said.Add, default).Status);
        Assert.Equal(3, engines.Count);
        Assert.Contains($" It is kept as {row}.damaged-2. The run is trained anew.", Assert.Single(said), StringComparison.Ordinal);
        Assert.Contains(said[0], File.ReadAllText(Path.Combine(results.PathOf(run.Id), "log.txt")), StringComparison.Ordinal);
        Assert.Equal(["nonsense", "more of it"], new[] { ".damaged", ".damaged-2" }.Select(end => File.ReadAllText(row + end)));
        Assert.Empty(new SweepFolder(results).DamagedRows([run]));
    }

    [Fact]
    public void A_run_that_fails_keeps_a_damaged_row_beside_its_own()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default);
        var row = Path.Combine(results.PathOf(run.Id), "row.csv");
        File.WriteAllText(row, "nonsense");
        new RunFolder(results, run).RecordFailure("mine", "ended by signal 9");
        Assert.Equal(RunStatus.Failed, results.ReadRow(run.Id)!.Status);
        Assert.Equal("nonsense", File.ReadAllText($"{row}.damaged"));
    }

    // Both engines may be missing on a machine that a sweep was moved to, and so may the data.
    [Fact]
    public void A_run_that_never_began_leaves_a_log_and_no_row()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var machine = Machine(new RecordingProvider(_ => throw new ExperimentException("There is no library.", ExperimentException.Unavailable)));
        var run = NewRun(machine, MeasurementKinds.None);
        Assert.Throws<ExperimentException>(() => new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default));
        new RunFolder(results, run).RecordFailure("mine", "There is no library.");
        Assert.Null(results.ReadRow(run.Id));
        Assert.Equal("Failed: There is no library.", RunLog.Of(results, run).LastLine);
        Assert.Empty(results.StartedRuns);
    }

    // Whoever asks whether a run is under way holds its lock for a moment.
    [Fact]
    public async Task A_failed_run_leaves_its_row_although_somebody_looks_at_its_lock()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Stop(machine, results, run, step: 7);
        var look = new FileStream(Path.Combine(results.PathOf(run.Id), ".lock"), FileMode.Open, FileAccess.Read, FileShare.Read);
        var record = Task.Run(() => new RunFolder(results, run).RecordFailure("mine", "ended by signal 9"));
        await Task.Delay(100);
        await look.DisposeAsync();
        await record;
        Assert.Equal(RunStatus.Failed, results.ReadRow(run.Id)!.Status);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_does_not_end_the_run()
    {
        var results = new ResultsFolder(_folder["mine"]);
        var (machine, _) = Recorded();
        var run = NewRun(machine, MeasurementKinds.None);
        Directory.CreateDirectory(results.PathOf(run.Id));
        File.WriteAllText(new RunFolder(results, run).Checkpoints.Root, "in the way");
        var said = new List<string>();
        Assert.Equal(RunStatus.Finished, new RunExecutor(machine, results, "mine").Execute(run, null, null, said.Add, default).Status);
        Assert.StartsWith("There is no checkpoint after step 5. Cannot write ", Assert.Single(said), StringComparison.Ordinal);
    }

    private static (Machine Machine, List<RecordingEngine> Engines) Recorded()
    {
        var engines = new List<RecordingEngine>();
        return (Machine(new RecordingProvider(settings =>
        {
            engines.Add(new RecordingEngine(settings.Network));
            return engines[^1];
        })), engines);
    }

    /// <summary>Trains so many steps more, and returns what was said.</summary>
    private static List<string> Stop(Machine machine, ResultsFolder results, Run run, int step)
    {
        using var stop = new CancellationTokenSource();
        var goesOn = false;
        var said = new List<string>();
        var reports = 0;
        var progress = new DirectProgress<TrainingProgress>(_ =>
        {
            if (++reports == step + (goesOn ? 1 : 0))
                stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(machine, results, "mine").Execute(run, progress, null, Say, stop.Token));
        return said;

        void Say(string sentence)
        {
            said.Add(sentence);
            goesOn |= sentence.StartsWith("Goes on", StringComparison.Ordinal);
        }
    }

    private static (string File, TrainingCheckpoint Checkpoint, EngineState State) Latest(ResultsFolder results, Run run) =>
        new RunFolder(results, run).Checkpoints.Latest(run.Id, message => Assert.Fail(message))!.Value;

    private static IEnumerable<int> Files(ResultsFolder results, Run run) => new RunFolder(results, run).Checkpoints is { Any: true } folder
        ? Directory.GetFiles(folder.Root).Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)).Order() : [];

    private static Machine Machine(RecordingProvider provider) => new([provider], new DataFolder());

    private static Run NewRun(Machine machine, MeasurementKinds measure) => Run.Create(machine.Resolve(new RunSettings
    {
        Dataset = "synthetic",
        Norm = new("gn", 8),
        Batch = 8,
        Epochs = 2,
        TrainLimit = 40,
        TestLimit = 20,
        Measure = measure,
    }));
}
