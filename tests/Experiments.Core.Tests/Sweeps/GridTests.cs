using System.Collections.Immutable;
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
    public void Seeds_are_counted_from_the_first_one_given()
    {
        Assert.Equal([1, 2, 3], Grid.Default.WithSeeds(3).Expand().Select(run => run.Seed));
        Assert.Equal([7, 8], Grid.Default.With("seed", Values("7")).WithSeeds(2).Expand().Select(run => run.Seed));
    }

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
    public void Arguments_for_train_ask_for_exactly_the_same_settings()
    {
        var settings = new RunSettings { Dataset = "cifar10", Model = "resnet20", Norm = new("gn", Groups: 8), Batch = 2, Lr = 0.3, Schedule = Schedule.Cosine, Seed = 9, TrainLimit = 500 };
        var arguments = RunOptions.ToArguments(settings).Chunk(2);
        Assert.Equal(settings, arguments.Aggregate(new RunSettings(), (s, pair) => RunOptions.Find(pair[0][2..])!.Set(s, pair[1])));
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

    private static ImmutableArray<GridValue> Values(params string[] texts) => [.. texts.Select(text => new GridValue(text))];
}
