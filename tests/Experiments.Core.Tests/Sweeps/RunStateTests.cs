using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Sweeps;

public sealed class RunStateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SweepFolder _sweeps;

    public RunStateTests() => _sweeps = new SweepFolder(new ResultsFolder(_folder["mine"]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_is_to_do_under_way_half_done_and_finished_in_its_turn()
    {
        var machine = Machine(settings => new RecordingEngine(settings.Network));
        var run = NewRun(machine);
        var stages = new List<(RunStage, double?)> { Now() };
        using var stop = new CancellationTokenSource();
        var reports = 0;
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(machine, _sweeps.Results, "mine").Execute(run, new DirectProgress<TrainingProgress>(_ =>
        {
            stages.Add(Now());
            if (++reports == 2)
                stop.Cancel();
        }), null, null, stop.Token));
        stages.Add(Now());
        Assert.Null(ProgressFile.Read(_sweeps.Results, run));
        new RunExecutor(machine, _sweeps.Results, "mine").Execute(run, null, null, null, default);
        stages.Add(Now());

        // A run writes its progress file after it has told its own display. 40 images in batches of 8 are 5 steps.
        Assert.Equal(
            [(RunStage.ToDo, null), (RunStage.UnderWay, null), (RunStage.UnderWay, 0.1), (RunStage.HalfDone, null), (RunStage.Finished, null)], stages);

        (RunStage, double?) Now()
        {
            var state = State(run);
            Assert.Equal(state.Progress?.Process ?? Environment.ProcessId, Environment.ProcessId);
            return (state.Stage, state.Progress?.Training.Fraction);
        }
    }

    [Fact]
    public void A_run_that_throws_is_failed_with_a_row_and_its_last_word_in_the_log_and_goes_on_from_its_checkpoint()
    {
        var steps = 0;
        var breaks = Machine(settings => new RecordingEngine(settings.Network) { AtEachStep = () => { if (++steps == 7) throw new InvalidOperationException("the engine broke"); } });
        var run = NewRun(breaks);
        Assert.Throws<InvalidOperationException>(() => new RunExecutor(breaks, _sweeps.Results, "mine").Execute(run, null, null, null, default));
        Assert.Equal(RunStage.Failed, State(run).Stage);
        Assert.Equal("Failed: the engine broke", RunLog.Of(_sweeps.Results, run).LastLine);
        Assert.Equal(RunStatus.Failed, _sweeps.RowOf(run)!.Status);
        Assert.Equal([run], _sweeps.Missing([run]));

        var said = new List<string>();
        var whole = Machine(settings => new RecordingEngine(settings.Network));
        Assert.Equal(RunStatus.Finished, new RunExecutor(whole, _sweeps.Results, "mine").Execute(run, null, null, said.Add, default).Status);
        Assert.Contains("1 of 2 epochs are done", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_has_ended()
    {
        var machine = Machine(settings => new RecordingEngine(settings.Network) { NotANumberAtStep = 3 });
        var run = NewRun(machine);
        new RunExecutor(machine, _sweeps.Results, "mine").Execute(run, null, null, null, default);
        var state = State(run);
        Assert.Equal((RunStage.Diverged, true), (state.Stage, state.HasEnded));
    }

    [Fact]
    public void What_a_killed_run_said_of_its_progress_counts_no_longer()
    {
        var machine = Machine(settings => new RecordingEngine(settings.Network));
        var run = NewRun(machine);
        var progress = new TrainingProgress(1, 2, 0.25, default, null, 100, TimeSpan.FromSeconds(3));
        _sweeps.Results.Begin(run.Id).Dispose();
        using (var writer = new ProgressFile.Writer(_sweeps.Results, run, null))
        {
            writer.Report(progress);
            Assert.Equal(progress, ProgressFile.Read(_sweeps.Results, run)!.Training);
            Assert.Equal((RunStage.ToDo, null), (State(run).Stage, State(run).Progress));
            using var held = _sweeps.Results.Begin(run.Id);
            Assert.Equal((RunStage.UnderWay, progress), (State(run).Stage, State(run).Progress!.Training));
        }
    }

    [Fact]
    public void The_time_left_is_reckoned_from_runs_of_the_cell_and_else_from_the_work_of_others()
    {
        var machine = Machine(settings => new RecordingEngine(settings.Network));
        var runs = (from batch in new[] { 8, 4 } from seed in new[] { 1, 2, 3 } select NewRun(machine, batch, seed)).ToList();
        var states = runs.Select(run => new RunState(run, RunStage.ToDo, null, null)).ToArray();
        Assert.Null(Forecast.Left(states, 2));

        // 40 images, and a step costs as much as 8 more: an epoch costs 80 with batch 8 and 120 with batch 4.
        var row = RunRecord.Failed(runs[0], "mine") with { Status = RunStatus.Finished, Seconds = 8 };
        states[0] = new RunState(runs[0], RunStage.Finished, row, null);
        Assert.Equal(8 + 8 + 12 + 12 + 12, Forecast.Left(states, 1)!.Value.TotalSeconds, 1e-6);

        // Small batches first within a seed: 12 of seed 1; 12 and 8 of seed 2; 12 and 8 of seed 3.
        Assert.Equal(28, Forecast.Left(states, 2)!.Value.TotalSeconds, 1e-6);

        states[1] = new RunState(runs[1], RunStage.UnderWay, null, new RunProgress(new TrainingProgress(1, 2, 0.75, default, null, 100, TimeSpan.FromSeconds(999)), "elsewhere", 1));
        Assert.Equal(2 + 8 + 12 + 12 + 12, Forecast.Left(states, 1)!.Value.TotalSeconds, 1e-6);
        Assert.Equal(TimeSpan.Zero, Forecast.Left([states[0]], 1));
    }

    [Fact]
    public void A_folder_with_half_done_runs_is_not_given_to_another_sweep()
    {
        const string yaml = "dataset: synthetic\nnorm: gn\nbatch: 8\nepochs: 2\ntrain-limit: 40\ntest-limit: 20";
        var machine = Machine(settings => new RecordingEngine(settings.Network));
        var run = _sweeps.Claim(SweepFile.Parse(yaml, "mine.yaml", "mine"), machine).Runs()[0];
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            new RunExecutor(machine, _sweeps.Results, "mine").Execute(run, new DirectProgress<TrainingProgress>(_ => stop.Cancel()), null, null, stop.Token));
        var error = Assert.Throws<ExperimentException>(() => _sweeps.Claim(SweepFile.Parse(yaml.Replace("epochs: 2", "epochs: 3", StringComparison.Ordinal), "mine.yaml", "mine"), machine));
        Assert.Contains("holds another sweep: epochs is 2 there and 3 now", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_is_held_by_one_process_at_a_time()
    {
        Assert.Null(_sweeps.Holder);
        using (_sweeps.Hold())
        {
            Assert.StartsWith($"process {Environment.ProcessId} on {Environment.MachineName} since ", _sweeps.Holder, StringComparison.Ordinal);
            var error = Assert.Throws<ExperimentException>(() => _sweeps.Hold());
            Assert.Equal(ExperimentException.Busy, error.ExitCode);
            Assert.Contains("--status` shows how far it is.", error.Message, StringComparison.Ordinal);
        }

        Assert.Null(_sweeps.Holder);
        _sweeps.Hold().Dispose();
    }

    private RunState State(Run run) => RunState.Read(_sweeps, [run]).Single();

    private static Machine Machine(Func<EngineSettings, RecordingEngine> engine) => new([new RecordingProvider(engine)], new DataFolder());

    private static Run NewRun(Machine machine, int batch = 8, long seed = 1) => Run.Create(machine.Resolve(new RunSettings
    {
        Dataset = "synthetic",
        Norm = new("gn", 8),
        Batch = batch,
        Epochs = 2,
        TrainLimit = 40,
        TestLimit = 20,
        Seed = seed,
    }));
}
