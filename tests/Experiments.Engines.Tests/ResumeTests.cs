using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>A run that is stopped and goes on ends with the bits of one that was never stopped.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int StepsPerEpoch = 12;
    private const int Epochs = 2;
    private const MeasurementKinds AlongATraining = MeasurementKinds.Percentiles | MeasurementKinds.Histograms | MeasurementKinds.Landscape | MeasurementKinds.CovariateShift;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [OnTorch("bn", "gn", "wn", "batch-renorm", "noisy-bn", "in-bn")]
    [OnOneDnn("bn", "gn", "wn", "batch-renorm", "noisy-bn", "in-bn")]
    public void A_run_that_is_stopped_anywhere_ends_with_the_same_bits(string engineName, string norm)
    {
        var (machine, run) = Prepare(engineName, new RunSettings { Norm = new(norm) });
        var whole = Trained(machine, run, "whole");
        var random = new Random();
        int[] anywhere = [random.Next(1, StepsPerEpoch), random.Next(1, StepsPerEpoch)];
        Same(whole, Trained(machine, run, "anywhere", anywhere), $"after {string.Join(" and ", anywhere)} steps");

        // After the last step of an epoch, the evaluation is stopped.
        Same(whole, Trained(machine, run, "evaluated", StepsPerEpoch, StepsPerEpoch), "in evaluations");
    }

    [Theory, OnTorch, OnOneDnn]
    public void A_run_of_AdamW_that_is_stopped_ends_with_the_same_bits(string engineName)
    {
        var (machine, run) = Prepare(engineName, new RunSettings { Norm = new("bn"), Optimizer = OptimizerKind.Adamw });
        Same(Trained(machine, run, "whole"), Trained(machine, run, "stopped", 5, 12, 2), "after 5, 12 and 2 steps");
    }

    // The weights are those of a run on other classes, so the last layer is new; BN's statistics stay as they were there.
    [Theory, OnTorch, OnOneDnn]
    public void A_run_that_begins_with_weights_and_is_stopped_ends_with_the_same_bits(string engineName)
    {
        var (machine, before) = Prepare(engineName, new RunSettings { Norm = new("bn"), Classes = "0-4" });
        var others = new ResultsFolder(Path.Combine(_folder.Path, "others"));
        new RunExecutor(machine, others, "others").Execute(before, null, null, null, default);
        var (_, run) = Prepare(engineName, new RunSettings { Norm = new("bn"), From = StartingWeights.Parse(others.PathOf(before.Id)), Freeze = Frozen.NormStatistics });
        var whole = Trained(machine, run, "whole");
        Same(whole, Trained(machine, run, "stopped", 5, 9), "after 5 and 9 steps");
        Same(whole, Trained(machine, run, "evaluated", StepsPerEpoch, StepsPerEpoch), "in evaluations");
        var (_, random) = Prepare(engineName, new RunSettings { Norm = new("bn") });
        Assert.NotEqual(whole[0], Trained(machine, random, "random")[0]);
    }

    [Theory, OnTorch, OnOneDnn]
    public void Measurements_are_neither_lost_nor_made_twice(string engineName)
    {
        var (machine, run) = Prepare(engineName, new RunSettings { Norm = new("bn"), Workers = 2, Batch = 5, Measure = AlongATraining | MeasurementKinds.DistributionShift, MeasurePoints = 5 });
        var whole = Trained(machine, run, "whole");
        Same(whole, Trained(machine, run, "stopped", 6, 1, 7), "after 6, 1 and 7 steps");
        Same(whole, Trained(machine, run, "scored", (Epochs * StepsPerEpoch) + 5), "while shifted images were scored");
    }

    [Theory, OnTorch, OnOneDnn]
    public void What_a_crash_leaves_out_of_the_last_checkpoint_is_made_once_more(string engineName)
    {
        var (machine, run) = Prepare(engineName, new RunSettings { Norm = new("bn"), Measure = MeasurementKinds.Percentiles });
        var whole = Trained(machine, run, "whole");
        var results = new ResultsFolder(Path.Combine(_folder.Path, "crashed"));
        foreach (var steps in new[] { 5, 12, 3 })
        {
            var made = 0;
            var crash = new DirectProgress<TrainingProgress>(_ =>
            {
                if (++made == steps)
                    throw new InvalidOperationException("a crash");
            });
            Assert.Throws<InvalidOperationException>(() =>
                new RunExecutor(machine, results, "mine") { CheckpointEvery = 1e-9 }.Execute(run, crash, null, null, default));
        }

        Same(whole, Trained(machine, run, "crashed"), "after crashes");
    }

    [TorchTheory]
    [InlineData("lstm", "bn")]
    [InlineData("gru", "ln-channels")]
    [InlineData("vit-4", "ln-channels")]
    public void So_does_a_network_that_reads_sequences(string model, string norm)
    {
        var (machine, run) = Prepare("torch", new RunSettings
        {
            Model = model,
            Norm = new(norm, Places: norm == "bn" ? PlaceSpan.One : null),
            Optimizer = OptimizerKind.Adamw,
            Rows = model == "vit-4" ? null : new(4, 9),
            Measure = MeasurementKinds.Percentiles | (model == "vit-4" ? MeasurementKinds.None : MeasurementKinds.SequenceLength),
        });
        var whole = Trained(machine, run, "whole");
        Same(whole, Trained(machine, run, "stopped", 5, 9), "after 5 and 9 steps");
        if (model != "vit-4")
            Same(whole, Trained(machine, run, "scored", (Epochs * StepsPerEpoch) + 5), "while shorter images were scored");
    }

    private static (Machine Machine, Run Run) Prepare(string engineName, RunSettings settings)
    {
        IEngineProvider provider = engineName == "torch" ? new TorchEngineProvider() : new OneDnnEngineProvider();
        var machine = new Machine([provider], new DataFolder(null));
        return (machine, Run.Create(machine.Resolve(settings with
        {
            Dataset = "synthetic",
            Model = settings.Model == "small-cnn" ? "resnet8" : settings.Model,
            Width = settings.Model == "small-cnn" ? 4 : 32,
            Batch = settings.Batch == 5 ? 5 : 10,
            Epochs = Epochs,
            Norm = settings.Norm.Name == "gn" ? settings.Norm with { Groups = 2 } : settings.Norm,
            TrainLimit = (StepsPerEpoch * 10) + 3,
            TestLimit = 20,
        })));
    }

    /// <summary>Trains a run to its end, and stops it after each of these numbers of steps.</summary>
    private string[] Trained(Machine machine, Run run, string name, params int[] stops)
    {
        var results = new ResultsFolder(Path.Combine(_folder.Path, name));
        foreach (var stop in stops)
        {
            using var stopping = new CancellationTokenSource();
            var reports = 0;
            var goesOn = new RunFolder(results, run).Checkpoints.Any ? 1 : 0;
            var progress = new DirectProgress<TrainingProgress>(_ =>
            {
                if (++reports == stop + goesOn)
                    stopping.Cancel();
            });
            Assert.Throws<OperationCanceledException>(() => new RunExecutor(machine, results, "mine").Execute(run, progress, null, null, stopping.Token));
            Assert.Null(results.ReadRow(run.Id));
        }

        var fractions = new List<double>();
        var row = new RunExecutor(machine, results, "mine").Execute(run, new DirectProgress<TrainingProgress>(report => fractions.Add(report.Fraction)), null, null, default);
        if (stops.Length > 0)
            Assert.Equal(Math.Min(1, stops.Sum() / (double)(Epochs * StepsPerEpoch)), fractions[0], 1e-12);
        Assert.False(new RunFolder(results, run).Checkpoints.Any);
        return
        [
            Convert.ToHexString(File.ReadAllBytes(Path.Combine(results.PathOf(run.Id), "weights.safetensors"))),
            $"{row with { Seconds = 0, ImagesPerSecond = 0, PeakMemoryMib = 0, Started = "" }}",
            .. results.Read<EpochRow>(run.Id).Select(epoch => $"{epoch.Row with { Seconds = 0, ImagesPerSecond = 0 }}"),
            .. results.Read<PercentileRow>(run.Id).Select(one => one.ToString()),
            .. results.Read<HistogramRow>(run.Id).Select(one => one.ToString()),
            .. results.Read<LandscapeRow>(run.Id).Select(one => one.ToString()),
            .. results.Read<CovariateShiftRow>(run.Id).Select(one => one.ToString()),
            .. results.Read<DistributionShiftRow>(run.Id).Select(one => one.ToString()),
            .. results.Read<SequenceLengthRow>(run.Id).Select(one => one.ToString()),
        ];
    }

    private static void Same(string[] expected, string[] actual, string when)
    {
        Assert.True(expected[0] == actual[0], $"The weights differ {when}.");
        Assert.Equal(expected, actual);
    }
}
