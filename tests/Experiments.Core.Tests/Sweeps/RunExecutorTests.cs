using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Sweeps;

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
        var run = NewRun(machine, Measurements.Percentiles | Measurements.Histograms);
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(machine, results, "mine").Execute(run, null, null, null, stop.Token));
        Assert.Equal([0, 1, 2, 3, 4], results.Read<PercentileRow>(run.Id).Select(row => row.Step));
        Assert.All(results.Read<PercentileRow>(run.Id), row => Assert.Equal((run.Id, "gn", 8, 8, "norm4"), (row.Run, row.Norm, row.Groups!.Value, row.Batch, row.Layer)));
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
        var run = NewRun(machine, Measurements.DistributionShift);
        var reports = new List<TrainingProgress>();
        new RunExecutor(machine, results, "mine").Execute(run, new DirectProgress<TrainingProgress>(reports.Add), null, null, default);
        var rows = results.Read<DistributionShiftRow>(run.Id);
        Assert.Equal(21, rows.Count);
        Assert.Equal((DistributionShiftRow.None, 0, "moving_average", 25.0), (rows[0].Shift, rows[0].Strength, rows[0].Statistics, rows[0].Error));
        Assert.Equal(10 + 21, reports.Count);
        Assert.All(reports.TakeLast(21), report => Assert.Equal((2, 1.0, 25.0), (report.Epoch, report.Fraction, report.TestError!.Value)));
        Assert.Equal(TimeSpan.Zero, reports[^1].Left);
    }

    [Fact]
    public void A_run_that_diverges_is_not_scored_on_shifted_images()
    {
        var machine = Machine(new RecordingProvider(settings => new RecordingEngine(settings.Network) { NotANumberAtStep = 3 }));
        var results = new ResultsFolder(_folder["mine"]);
        var run = NewRun(machine, Measurements.DistributionShift);
        Assert.Equal(RunStatus.Diverged, new RunExecutor(machine, results, "mine").Execute(run, null, null, null, default).Status);
        Assert.Empty(results.Read<DistributionShiftRow>(run.Id));
    }

    private static Machine Machine(RecordingProvider provider) => new([provider], new DataFolder());

    private static Run NewRun(Machine machine, Measurements measure) => Run.Create(machine.Resolve(new RunSettings
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
