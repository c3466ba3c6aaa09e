using Experiments.Core.Data;
using Experiments.Core.Networks;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Runs;

public sealed class RunTests
{
    private static readonly RunSettings Settings = new() { Dataset = "synthetic", Engine = "torch", Device = "cpu" };

    [Fact]
    public void Runs_share_a_name_when_and_only_when_they_are_the_same_run()
    {
        var id = Run.Create(Settings).Id;
        Assert.Equal(id, Run.Create(Settings with { Width = 64 }).Id);
        Assert.StartsWith("bn-b32-s1-", id, StringComparison.Ordinal);
        var others = new[]
        {
            Settings with { Seed = 2 }, Settings with { Batch = 16 }, Settings with { Lr = 0.2 }, Settings with { Norm = new("gn") }, Settings with { Epochs = 6 },
            Settings with { TrainLimit = 1000 }, Settings with { Device = "cuda" }, Settings with { Threads = 2 }, Settings with { Workers = 2 },
        }.Select(settings => Run.Create(settings).Id).ToList();
        Assert.Equal(others.Count + 1, others.Append(id).Distinct().Count());
        Assert.Equal(Run.Create(Settings with { Norm = new("gn") }).Id, Run.Create(Settings with { Norm = new("gn", Groups: 32) }).Id);
    }

    [Fact]
    public void What_cannot_be_frozen_is_refused()
    {
        var given = Settings with { From = StartingWeights.OfRun("x"), Freeze = Frozen.NormStatistics };
        Assert.Contains("--freeze norm-statistics keeps a part of the weights that --from gives: give --from too", Refused(given with { From = null }), StringComparison.Ordinal);
        Assert.Contains("does not go with --norm gn, which keeps no running statistics", Refused(given with { Norm = new("gn") }), StringComparison.Ordinal);
        Assert.Contains("does not go with --norm noisy-bn", Refused(given with { Norm = new("noisy-bn"), Freeze = Frozen.AllButLast }), StringComparison.Ordinal);
        Assert.Contains("--measure landscape and covariate-shift", Refused(given with { Measure = MeasurementKinds.Landscape }), StringComparison.Ordinal);
        Assert.Contains("--init-scale multiplies the initial random weights", Refused(given with { InitScale = 2 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60_000, 1, "takes 60000 images a step, but there are only 50000 training images")]
    [InlineData(500, 200, "takes 100000 images a step, but there are only 50000")]
    public void A_step_beyond_the_training_set_is_refused(int batch, int workers, string answer) =>
        Assert.Contains(answer, Refused(Settings with { Batch = batch, Workers = workers }), StringComparison.Ordinal);

    [Fact]
    public void Limits_beyond_the_data_set_are_refused()
    {
        Assert.Contains("train-limit 50001", Refused(Settings with { TrainLimit = 50_001 }), StringComparison.Ordinal);
        Assert.Contains("test-limit 10001", Refused(Settings with { TestLimit = 10_001 }), StringComparison.Ordinal);
        Assert.Contains("validation 50000", Refused(Settings with { Validation = 50_000 }), StringComparison.Ordinal);
        Assert.Contains("takes 2000 images a step, but there are only 1000", Refused(Settings with { TrainLimit = 1000, Batch = 2000 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Shortcuts_are_refused_where_there_are_none() =>
        Assert.Contains("--shortcut projection goes only with the resnet models", Refused(Settings with { Shortcut = Shortcut.Projection }), StringComparison.Ordinal);

    [Fact]
    public void A_network_without_shortcuts_is_the_same_run_under_either_identity()
    {
        Assert.Equal(Run.Create(Settings).Id, Run.Create(Settings with { Shortcut = Shortcut.IdentityAppended }).Id);
        var residual = Settings with { Model = "resnet8" };
        Assert.NotEqual(Run.Create(residual).Id, Run.Create(residual with { Shortcut = Shortcut.IdentityAppended }).Id);
        Assert.DoesNotContain("--shortcut", RunOptions.ToArguments(Run.Create(Settings).Settings));
        Assert.Contains("identity-appended", RunOptions.ToArguments(Run.Create(residual with { Shortcut = Shortcut.IdentityAppended }).Settings));
    }

    // results/reference/bf16 was trained when the shortcut whose zeros stand after the old channels was the only identity.
    [Fact]
    public void What_was_once_named_identity_is_read_as_appended()
    {
        var folder = Path.Combine(RepositoryFolder.Root, "results", "reference", "bf16");
        Assert.Contains("shortcut: identity\n", File.ReadAllText(Path.Combine(folder, "sweep.yaml")), StringComparison.Ordinal);
        var sweep = SweepFile.Read(Path.Combine(folder, "sweep.yaml"));
        var rows = ResultsFolder.ReadRuns(folder);
        Assert.All(sweep.Runs(), run => Assert.Equal(Shortcut.IdentityAppended, run.Settings.Shortcut));
        Assert.All(rows, row => Assert.Equal("identity-appended", row.Shortcut));
        Assert.Contains("shortcut: identity-appended\n", SweepFile.Write(sweep), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_of_a_run_is_a_column_of_its_row()
    {
        var columns = typeof(RunRow).GetProperties().Select(property => property.Name.ToUpperInvariant()).ToHashSet();
        Assert.All(RunOptions.All.Where(option => !option.Name.StartsWith("measure", StringComparison.Ordinal)), option => Assert.Contains(option.Name.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant(), columns));
    }

    [Theory]
    [InlineData("small-cnn", null, 32)]
    [InlineData("resnet20", null, 16)]
    [InlineData("resnet20", 32, 32)]
    [InlineData("resnet20", 24, 8)]
    [InlineData("vgg16", 8, 8)]
    public void A_norm_with_groups_takes_32_or_else_16_or_8_where_nobody_says_how_many(string model, int? width, int groups)
    {
        var asked = Settings with { Model = model, Width = width, Norm = new("gn") };
        var run = Run.Create(asked);
        Assert.Equal(groups, run.Settings.Norm.Groups);
        Assert.Equal(Run.Create(asked with { Norm = new("gn", Groups: groups) }).Id, run.Id);
        Assert.Contains($"--groups {groups}", string.Join(' ', RunOptions.ToArguments(run.Settings)), StringComparison.Ordinal);
        Assert.Equal(groups == 32, run.WhyOtherGroups(asked) is null);
    }

    [Fact]
    public void A_number_of_groups_that_was_given_is_never_another()
    {
        Assert.Contains("--groups 32 does not divide the 16 channels", Refused(Settings with { Model = "resnet20", Norm = new("gn", Groups: 32) }), StringComparison.Ordinal);
        Assert.Null(Run.Create(Settings with { Model = "resnet20", Norm = new("gn", ChannelsPerGroup: 4) }).Settings.Norm.Groups);
        Assert.Contains("what divides the channels of every normalized layer: 1, 2, 3, 4, 6, 12.", Refused(Settings with { Model = "resnet20", Width = 12, Norm = new("gn") }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_has_the_number_of_groups_as_a_value_where_it_is_one_and_each_run_has_its_own()
    {
        var machine = new Machine([new RecordingProvider(settings => new RecordingEngine(settings.Network))], new DataFolder());
        var one = SweepFile.Parse("dataset: synthetic\nmodel: resnet20\nnorm: [bn, gn]", "a.yaml", "a").Resolve(machine);
        Assert.Contains("gn: {groups: 16}", SweepFile.Write(one), StringComparison.Ordinal);
        Assert.Equal(["bn ", "gn 16"], one.Runs().Select(run => $"{run.Settings.Norm.Name} {run.Settings.Norm.Groups}"));
        var two = SweepFile.Parse("dataset: synthetic\nmodel: [resnet20, small-cnn]\nnorm: [gn, { gn: { groups: 4 } }]", "a.yaml", "a").Resolve(machine);
        var again = SweepFile.Parse(SweepFile.Write(two), "sweep.yaml", "a").Resolve(machine);
        Assert.Equal(["resnet20 16", "resnet20 4", "small-cnn 32", "small-cnn 4"], two.Runs().Select(run => $"{run.Settings.Model} {run.Settings.Norm.Groups}"));
        Assert.Equal(two.Runs().Select(run => run.Id), again.Runs().Select(run => run.Id));
        Assert.Equal(two.Runs().Select(run => run.Id), two.Runs().Select(run => SweepFile.Parse(RunFile.Write(run), "run.yaml", "a").Runs().Single().Id));
    }

    private static string Refused(RunSettings settings) => Assert.Throws<ExperimentException>(() => Run.Create(settings)).Message;
}
