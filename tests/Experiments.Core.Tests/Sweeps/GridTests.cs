using System.Collections.Immutable;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Sweeps;

public sealed class GridTests
{
    [Fact]
    public void Groups_on_an_axis_are_given_to_the_norms_that_have_them_and_bn_is_not_repeated()
    {
        var runs = Grid.Default.With("norm", Values("bn", "gn")).With("groups", Values("2", "8")).Expand();
        Assert.Equal(["bn ", "gn 2", "gn 8"], runs.Select(run => $"{run.Norm.Name} {run.Norm.Groups}"));
    }

    [Fact]
    public void Groups_said_later_win_over_those_a_norm_carried()
    {
        var file = Grid.Default.With("norm", [new GridValue("bn"), new GridValue("gn") { Own = [("groups", "8")] }, new GridValue("gn") { Own = [("channels-per-group", "4")] }]);
        Assert.Equal(["bn  ", "gn 16 "], file.With("groups", Values("16")).Expand().Select(run => $"{run.Norm.Name} {run.Norm.Groups} {run.Norm.ChannelsPerGroup}"));
    }

    [Fact]
    public void Groups_without_a_norm_that_has_them_are_refused() =>
        Assert.Contains("--groups belongs to --norm gn", Assert.Throws<ExperimentException>(
            () => Grid.Default.With("norm", Values("bn", "ln")).With("groups", Values("8")).Expand()).Message, StringComparison.Ordinal);

    [Fact]
    public void A_momentum_is_given_to_the_optimizer_that_has_one()
    {
        var grid = Grid.Default.With("optimizer", Values("sgd", "adamw")).With("momentum", Values("0", "0.9")).With("beta2", Values("0.95"));
        Assert.Equal(["Sgd 0 ", "Sgd 0.9 ", "Adamw  0.95"], grid.Expand().Select(run => FormattableString.Invariant($"{run.Optimizer} {run.Momentum} {run.Beta2}")));
        Assert.Equal("--momentum belongs to --optimizer sgd, but the sweep's optimizers are adamw.", Assert.Throws<ExperimentException>(
            () => Grid.Default.With("optimizer", Values("adamw")).With("momentum", Values("0.9")).Expand()).Message);
    }

    [Fact]
    public void Seeds_are_counted_from_the_first_one_given()
    {
        Assert.Equal([1, 2, 3], Grid.Default.WithSeeds(3).Expand().Select(run => run.Seed));
        Assert.Equal([7, 8], Grid.Default.With("seed", Values("7")).WithSeeds(2).Expand().Select(run => run.Seed));
        Assert.Equal([7, 8, 9], Grid.Default.With("seed", Values("7", "8")).WithSeeds(3).Expand().Select(run => run.Seed));
    }

    [Fact]
    public void Seeds_that_do_not_follow_each_other_are_not_dropped_by_a_number_of_seeds() =>
        Assert.Contains("names 5, 9: name all seeds with --seed", Assert.Throws<ExperimentException>(
            () => Grid.Default.With("seed", Values("5", "9")).WithSeeds(2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_option_reads_back_what_it_writes_and_starts_from_the_default_that_it_states()
    {
        var settings = new RunSettings();
        foreach (var option in RunOptions.All)
        {
            if (option.Get(settings) is { } text)
                Assert.Equal(settings, option.Set(settings, text));
            if (option.Get(settings) is { } value && value != RunSettings.Auto)
                Assert.Equal(value, option.Default);
        }
    }

    [Fact]
    public void Arguments_for_train_ask_for_exactly_the_same_settings_and_leave_out_its_defaults()
    {
        var settings = new RunSettings { Dataset = "cifar10", Model = "resnet20", Norm = new("gn", Groups: 8), Batch = 2, Lr = 0.3, Schedule = Schedule.Cosine, Seed = 9, TrainLimit = 500 };
        Assert.Equal(settings, Parsed(RunOptions.ToArguments(settings)));
        Assert.Equal("--dataset cifar10 --model resnet20 --norm gn --groups 8 --batch 2 --lr 0.3 --schedule cosine --train-limit 500 --seed 9", string.Join(' ', RunOptions.ToArguments(settings)));
    }

    [Fact]
    public void Arguments_of_a_run_of_any_norm_and_with_any_option_are_those_of_the_same_run()
    {
        var settled = new RunSettings { Dataset = "synthetic", Model = "resnet8", Width = 32, Engine = "onednn", Device = "cpu", Batch = 16 };
        var others = NormCatalog.Entries.Select(entry => settled with { Norm = new(entry.Name) }).Concat(
        [
            settled with { Width = 64, Model = "small-cnn", Norm = new("gn", Groups: 32) },
            settled with { Norm = new("gn", ChannelsPerGroup: 4) },
            settled with { Norm = new("bgn", Groups: 4, VirtualBatch: 4) },
            settled with { Norm = new("batch-renorm", RMax: 2, DMax: 0.5, RenormRamp: 0.125) },
            settled with { Norm = new("bn", WeightStandardization: true, Affine: Affine.Scale) },
            settled with { Measure = MeasurementKinds.Percentiles | MeasurementKinds.Landscape, MeasureLayer = "norm1", MeasurePoints = 5, Shortcut = Shortcut.Projection },
            settled with { Optimizer = OptimizerKind.Adamw },
            settled with { From = StartingWeights.OfRun("bn-b32-s1-a97e28b6"), Freeze = Frozen.Norms, Classes = "0-4,7" },
            settled with { Optimizer = OptimizerKind.Adamw, Lr = 0.1, LrScaling = LearningRateScaling.Linear, Beta2 = 0.95, WeightDecay = 1e-4 },
            settled with { Workers = 2, WeightDecay = 1e-5, DecayOn = DecayOn.Weights, Validation = 100, TestLimit = 50, Threads = 2, Warmup = 1, InitScale = 0.1 },
        ]);
        foreach (var run in others.Select(Run.Create))
        {
            Assert.Equal(run.Id, Run.Create(Parsed(RunOptions.ToArguments(run.Settings))).Id);
            Assert.Contains("--engine onednn --device cpu", string.Join(' ', RunOptions.ToArguments(run.Settings)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("batch", "0")]
    [InlineData("batch", "-3")]
    [InlineData("workers", "0")]
    [InlineData("epochs", "0")]
    [InlineData("seed", "-1")]
    [InlineData("lr", "0")]
    [InlineData("lr", "nan")]
    [InlineData("device", "gpu")]
    [InlineData("schedule", "stepp")]
    public void A_value_out_of_range_is_refused_by_name(string option, string value) =>
        Assert.Contains(option, Assert.Throws<ExperimentException>(() => RunOptions.Find(option)!.Set(new RunSettings(), value)).Message, StringComparison.Ordinal);

    private static RunSettings Parsed(IEnumerable<string> arguments) =>
        arguments.Chunk(2).Aggregate(new RunSettings(), (settings, pair) => RunOptions.Find(pair[0][2..])!.Set(settings, pair[1]));

    private static ImmutableArray<GridValue> Values(params string[] texts) => [.. texts.Select(text => new GridValue(text))];
}
