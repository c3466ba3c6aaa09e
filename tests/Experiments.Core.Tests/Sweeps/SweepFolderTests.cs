using Experiments.Core.Data;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;

namespace Experiments.Core.Tests.Sweeps;

public sealed class SweepFolderTests : IDisposable
{
    private const string Yaml = "dataset: synthetic\nnorm: [bn, gn]\nbatch: [8, 4]\nepochs: 1\ntrain-limit: 40\ntest-limit: 20\nseeds: 2";

    private readonly TemporaryFolder _folder = new();
    private readonly SweepFolder _sweeps;

    public SweepFolderTests() => _sweeps = new SweepFolder(new ResultsFolder(_folder["mine"]));

    private static Machine Machine { get; } = new([new RecordingProvider()], new DataFolder());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_left_to_the_machine_is_settled_once_and_every_default_written_down()
    {
        var sweep = _sweeps.Claim(Parse(Yaml), Machine);
        var text = File.ReadAllText(_folder["mine", "sweep.yaml"]);
        Assert.Contains("engine: torch\n", text, StringComparison.Ordinal);
        Assert.Contains("device: cpu\n", text, StringComparison.Ordinal);
        Assert.Contains("width: 64\n", text, StringComparison.Ordinal);
        Assert.Contains("norm: [bn, {gn: {groups: 32}}]\n", text, StringComparison.Ordinal);
        Assert.All(RunOptions.All.Where(option => option.Get(sweep.Runs()[0].Settings) is not null), option => Assert.Contains($"\n{option.Name}: ", text, StringComparison.Ordinal));
        Assert.Equal(sweep.Runs().Select(run => run.Id), _sweeps.Read()!.Runs().Select(run => run.Id));
    }

    [Fact]
    public async Task The_same_sweep_is_welcome_again_may_grow_and_another_is_refused_with_what_differs()
    {
        await RunAsync(_sweeps.Claim(Parse(Yaml), Machine).Runs(), new InProcessLauncher(Machine));
        Assert.Equal(8, _sweeps.Claim(Parse(Yaml), Machine).Runs().Count);
        var error = Assert.Throws<ExperimentException>(() => _sweeps.Claim(Parse(Yaml.Replace("8, 4", "8, 2", StringComparison.Ordinal)), Machine)).Message;
        Assert.Contains("holds another sweep: batch is 8, 4 there and 8, 2 now", error, StringComparison.Ordinal);

        var grown = _sweeps.Claim(Parse(Yaml.Replace("seeds: 2", "seeds: 3", StringComparison.Ordinal)), Machine).Runs();
        Assert.Equal((12, 4), (grown.Count, _sweeps.Missing(grown).Count));
    }

    [Fact]
    public void A_folder_in_which_no_run_has_ended_is_anyones()
    {
        _sweeps.Claim(Parse(Yaml), Machine);
        Assert.Equal(4, _sweeps.Claim(Parse(Yaml.Replace("8, 4", "2", StringComparison.Ordinal)), Machine).Runs().Count);
    }

    [Fact]
    public void A_folder_with_runs_that_were_started_by_hand_is_no_sweeps()
    {
        var run = Run.Create(Parse(Yaml).Resolve(Machine).Runs()[0].Settings with { Epochs = 2 });
        new RunExecutor(Machine, _sweeps.Results, "by hand").Execute(run, null, null, null, default);
        var error = Assert.Throws<ExperimentException>(() => _sweeps.Claim(Parse(Yaml), Machine));
        Assert.Contains($"holds runs that do not belong to this sweep, such as {run.Id}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_no_part_of_the_sweep_is_not_admitted()
    {
        var runs = _sweeps.Claim(Parse(Yaml), Machine).Runs();
        _sweeps.Admit(runs[0]);
        var error = Assert.Throws<ExperimentException>(() => _sweeps.Admit(Run.Create(runs[0].Settings with { Epochs = 9 })));
        Assert.Contains("holds the sweep mine, and this run does not belong to it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_row_counts_as_none_and_damaged_epochs_are_told()
    {
        var runs = _sweeps.Claim(Parse(Yaml), Machine).Runs();
        await RunAsync(runs, new InProcessLauncher(Machine));
        File.WriteAllText(_folder["mine", "runs", runs[0].Id, "row.csv"], "nonsense");
        File.WriteAllText(_folder["mine", "runs", runs[1].Id, "epochs.csv"], "nonsense");
        Assert.Equal(runs[0].Id, Assert.Single(_sweeps.Missing(runs)).Id);
        var outcome = await RunAsync(runs, new InProcessLauncher(Machine));
        Assert.Contains("epochs.csv", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_trained_by_one_process_at_a_time_and_counts_as_open_meanwhile()
    {
        var run = _sweeps.Claim(Parse(Yaml), Machine).Runs()[0];
        var executor = new RunExecutor(Machine, _sweeps.Results, "mine") { Again = true };
        executor.Execute(run, null, null, null, default);
        Assert.True(_sweeps.HasEnded(run));
        var before = File.ReadAllBytes(_folder["mine", "runs", run.Id, "weights.safetensors"]);
        var second = Assert.Throws<ExperimentException>(() => executor.Execute(run, null, _ =>
        {
            Assert.False(_sweeps.HasEnded(run));
            executor.Execute(run, null, null, null, default);
        }, null, default));
        Assert.Contains("Another process works in", second.Message, StringComparison.Ordinal);
        Assert.Equal(ExperimentException.Busy, second.ExitCode);
        Assert.NotEmpty(before);
    }

    [Fact]
    public void A_run_that_has_ended_meanwhile_is_left_as_it_is()
    {
        var run = _sweeps.Claim(Parse(Yaml), Machine).Runs()[0];
        var row = new RunExecutor(Machine, _sweeps.Results, "mine").Execute(run, null, null, null, default);
        var epochs = new List<EpochRow>();
        Assert.Equal(row, new RunExecutor(Machine, _sweeps.Results, "other").Execute(run, null, epochs.Add, null, default));
        Assert.Empty(epochs);
        Assert.Equal(row, _sweeps.RowOf(run));
    }

    [Fact]
    public void A_sweep_that_cannot_be_trained_claims_nothing()
    {
        var error = Assert.Throws<ExperimentException>(() => _sweeps.Claim(Parse(Yaml + "\nmodel: resnet8\nwidth: 12"), Machine));
        Assert.Contains("--groups 32 does not divide the 12 channels", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["mine"]));
    }

    [Fact]
    public async Task Finished_runs_are_skipped_failed_ones_run_again_and_stop_no_others()
    {
        var runs = _sweeps.Claim(Parse(Yaml), Machine).Runs();
        var first = new InProcessLauncher(Machine) { Fail = run => run.Settings is { Norm.Name: "gn", Batch: 4, Seed: 1 } };
        var outcome = await RunAsync(runs, first);
        Assert.Equal(7, outcome.Ended);
        Assert.Equal("it was told to", Assert.Single(outcome.Failures).Reason);
        Assert.Equal(8, ResultsFolder.ReadRuns(_folder["mine"]).Count);
        Assert.Equal(RunStatus.Failed, ResultsFolder.ReadRuns(_folder["mine"]).Single(row => row.Norm == "gn" && row.Batch == 4 && row.Seed == 1).Status);

        var second = new InProcessLauncher(Machine);
        outcome = await RunAsync(runs, second);
        Assert.Equal((1, 0), (outcome.Ended, outcome.Failures.Count));
        Assert.Single(second.Launched);
        var rows = ResultsFolder.ReadRuns(_folder["mine"]);
        Assert.Equal(runs.Select(run => run.Id), rows.Select(row => row.Run));
        Assert.All(rows, row => Assert.Equal((RunStatus.Finished, 25.0, "last"), (row.Status, row.Error!.Value, row.ErrorMeasure)));
    }

    [Fact]
    public async Task A_diverged_run_is_recorded_with_its_epoch_and_counts_as_done()
    {
        var machine = new Machine([new RecordingProvider(settings => new RecordingEngine(settings.Network) { NotANumberAtStep = settings.Batch == 4 ? 3 : null })], new DataFolder());
        var runs = _sweeps.Claim(Parse(Yaml), machine).Runs();
        var outcome = await RunAsync(runs, new InProcessLauncher(machine));
        Assert.Equal(8, outcome.Ended);
        Assert.All(ResultsFolder.ReadRuns(_folder["mine"]), row => Assert.Equal(row.Batch == 4 ? (RunStatus.Diverged, 1) : (RunStatus.Finished, null), (row.Status, row.DivergedEpoch)));
        Assert.Empty(_sweeps.Missing(runs));
    }

    [Fact]
    public async Task Cancelling_keeps_what_is_finished()
    {
        using var stop = new CancellationTokenSource();
        var runs = _sweeps.Claim(Parse(Yaml), Machine).Runs();
        var launcher = new InProcessLauncher(Machine) { Before = run => { if (run.Settings.Seed == 2) stop.Cancel(); } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(runs, launcher, jobs: 1, stop.Token));
        Assert.Equal(4, ResultsFolder.ReadRuns(_folder["mine"]).Count);
        Assert.Equal(4, _sweeps.Missing(runs).Count);
    }

    [Fact]
    public async Task Results_do_not_depend_on_how_many_runs_there_are_at_once()
    {
        var other = new SweepFolder(new ResultsFolder(_folder["other"]));
        var runs = _sweeps.Claim(Parse(Yaml), Machine).Runs();
        other.Claim(Parse(Yaml), Machine);
        await RunAsync(runs, new InProcessLauncher(Machine), jobs: 1);
        await new SweepRunner(new InProcessLauncher(Machine), other, new Silent()).RunAsync("mine", runs, 4, default);
        Assert.Equal(
            ResultsFolder.ReadRows<EpochRow>(_folder["mine"]).Select(row => row.Row with { Seconds = 0, ImagesPerSecond = 0 }),
            ResultsFolder.ReadRows<EpochRow>(_folder["other"]).Select(row => row.Row with { Seconds = 0, ImagesPerSecond = 0 }));
    }

    private static Sweep Parse(string yaml) => SweepFile.Parse(yaml, "mine.yaml", "mine");

    private Task<SweepOutcome> RunAsync(IReadOnlyList<Run> runs, IRunLauncher launcher, int jobs = 2, CancellationToken cancellation = default) =>
        new SweepRunner(launcher, _sweeps, new Silent()).RunAsync("mine", _sweeps.Missing(runs), jobs, cancellation);

    private sealed class InProcessLauncher(Machine machine) : IRunLauncher
    {
        public Func<Run, bool> Fail { get; init; } = _ => false;

        public Action<Run> Before { get; init; } = _ => { };

        public System.Collections.Concurrent.ConcurrentBag<string> Launched { get; } = [];

        public Task<string?> LaunchAsync(Run run, string experiment, ResultsFolder folder, CancellationToken cancellation)
        {
            Launched.Add(run.Id);
            Before(run);
            if (Fail(run))
            {
                AtomicFile.WriteText(Path.Combine(folder.PathOf(run.Id), "run.yaml"), RunFile.Write(run)); // it had begun
                return Task.FromResult<string?>("it was told to");
            }

            try
            {
                new RunExecutor(machine, folder, experiment).Execute(run, null, null, null, cancellation);
            }
            catch (OperationCanceledException)
            {
                // The process ends without leaving a row.
            }

            return Task.FromResult<string?>(null);
        }
    }

    private sealed class Silent : ISweepObserver
    {
        public void Started(Run run)
        {
        }

        public void Ended(Run run, RunRow? row, string? failure)
        {
        }
    }
}
