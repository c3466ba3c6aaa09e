using System.Globalization;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Runs;

/// <summary>
/// Every results folder relies on the names of runs staying the same. If a test here fails, a change has renamed runs: correct the
/// change, not the test.
/// </summary>
public sealed class RunIdentityTests
{
    private static readonly RunSettings Settings = new() { Dataset = "synthetic", Engine = "torch", Device = "cpu" };

    [Fact]
    public void Runs_keep_their_names()
    {
        Assert.Equal("bn-b32-s1-a97e28b6", Run.Create(Settings).Id);
        Assert.Equal("gn-g8-b2-s3-0b275e87", Run.Create(new RunSettings
        {
            Dataset = "cifar10",
            Model = "resnet20",
            Shortcut = Shortcut.IdentityAppended, // once the default
            Norm = new("gn", 8),
            Batch = 2,
            Epochs = 100,
            Seed = 3,
            Engine = "onednn",
            Device = "cpu",
        }).Id);
        Assert.Equal("batch-renorm-ws-b8-w8-s1-ab47f863", Run.Create(Settings with
        {
            Dataset = "fashion-mnist",
            Norm = new("batch-renorm", WeightStandardization: true, Affine: Affine.Scale),
            Batch = 8,
            Workers = 8,
            Lr = 0.4,
            Schedule = Schedule.Cosine,
            Input = Core.Data.Whitening.InputNormalization.Zca,
            InitScale = 0.001,
            TrainLimit = 10_000,
            TestLimit = 4_000,
            Engine = "onednn",
            Precision = Precision.Bf16,
            Threads = 2,
            Measure = MeasurementKinds.Percentiles | MeasurementKinds.DistributionShift,
            MeasureLayer = "norm3",
            MeasurePoints = 10,
        }).Id);
    }

    [Fact]
    public void Only_what_differs_from_the_promised_defaults_is_hashed() => Assert.Equal(
        "affine=scale-and-shift\nbatch=2\ndataset=synthetic\ndevice=cpu\nengine=torch\nlr=0.2\nmodel=small-cnn\nnorm=bn\nseed=1\nwidth=64",
        Run.Create(Settings with { Lr = 0.2, Batch = 2 }).Identity);

    [Fact]
    public void Every_option_is_part_of_the_identity() =>
        Assert.Equal(RunOptions.All.Select(option => option.Name).Order(), RunIdentity.Parts.Select(part => part.Name).Order());

    [Fact]
    public void The_values_left_out_are_promised_whatever_the_options_defaults_are() => Assert.Equal(
        "activation=relu augmentation=crop-flip batch=32 decay-on=all domains=none epochs=5 freeze=none init-scale=1 input=z-score lr=0.1 lr-scaling=linear measure=none measure-points=20 "
        + "momentum=0.9 norm-position=before optimizer=sgd precision=fp32 schedule=step shortcut=identity threads=1 validation=0 warmup=0 weight-decay=0.0001 weight-standardization=off workers=1",
        string.Join(' ', RunIdentity.Parts.Where(part => part.LeftOut is not null).OrderBy(part => part.Name, StringComparer.Ordinal).Select(part => $"{part.Name}={part.LeftOut}")));

    [Fact]
    public void An_option_that_is_added_leaves_every_identity_as_it_is_unless_it_is_used()
    {
        var settings = Run.Create(Settings).Settings;
        IdentityPart Added(string value) => new("label-smoothing", "0", _ => value);
        Assert.Equal(RunIdentity.Of(settings), RunIdentity.Of(settings, [Added("0"), .. RunIdentity.Parts]));
        Assert.Contains("\nlabel-smoothing=0.1\n", RunIdentity.Of(settings, [.. RunIdentity.Parts, Added("0.1")]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_optimizer_brings_its_own_values_into_the_identity()
    {
        var run = Run.Create(Settings with { Optimizer = OptimizerKind.Adamw });
        Assert.Equal("affine=scale-and-shift\nbeta1=0.9\nbeta2=0.999\ndataset=synthetic\ndevice=cpu\nengine=torch\nlr=0.001\nlr-scaling=sqrt\nmodel=small-cnn\nnorm=bn\n"
            + "optimizer=adamw\nseed=1\nweight-decay=0.01\nwidth=64", run.Identity);
        Assert.Equal(run, Run.Create(RunRecord.SettingsOf(RunRecord.Begin(run, "train", "", default)) with { Dataset = "synthetic" }));
    }

    [Fact]
    public void The_weights_that_a_run_begins_with_are_part_of_its_identity_and_where_they_lie_is_not()
    {
        RunSettings From(string text) => Settings with { From = StartingWeights.Parse(text) };
        var run = Run.Create(From("/a/weights.safetensors#0123456789abcdef"));
        Assert.Contains("\nfrom=0123456789abcdef\n", run.Identity, StringComparison.Ordinal);
        Assert.Equal(run, Run.Create(From("/b#0123456789abcdef")));
        Assert.NotEqual(run, Run.Create(From("/a/weights.safetensors#0123456789abcde0")));
        Assert.NotEqual(run, Run.Create(From("run:bn-b32-s1-a97e28b6")));
        Assert.StartsWith("bn-frozen-b32-s1-", Run.Create(From("run:x") with { Freeze = Frozen.Norms }).Id, StringComparison.Ordinal);
        Assert.Equal(run, Run.Create(RunRecord.SettingsOf(RunRecord.Begin(run, "train", "", default)) with { Dataset = "synthetic" }));
    }

    [Fact]
    public void Where_an_options_default_changes_runs_keep_their_identity()
    {
        // a program whose default became 7 epochs; a run of 5 epochs must keep its name
        var asked = Settings with { Epochs = 7 };
        Assert.Contains("\nepochs=7\n", Run.Create(asked).Identity, StringComparison.Ordinal);
        Assert.DoesNotContain("epochs", Run.Create(Settings with { Epochs = 5 }).Identity, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_to_the_same_is_one_run()
    {
        var run = Run.Create(Settings with { Norm = new("gn") });
        Assert.Equal(run, Run.Create(Settings with { Norm = new("gn", NormCatalog.DefaultGroups), Width = 64, MeasurePoints = 7 }));
        Assert.Equal(run.GetHashCode(), Run.Create(Settings with { Norm = new("gn", NormCatalog.DefaultGroups) }).GetHashCode());
        Assert.Equal(run, Run.Create(RunOptions.Find("weight-decay")!.Set(RunOptions.Find("lr")!.Set(run.Settings, "1e-1"), "0.00010")));
        Assert.Equal(Typed("momentum", "0"), Typed("momentum", "-0"));
        Assert.Equal(Run.Create(Settings with { Device = "cuda" }), Run.Create(Settings with { Device = "cuda:0" }));
        var measured = Settings with { Measure = MeasurementKinds.Percentiles };
        Assert.Equal(Run.Create(measured), Run.Create(measured with { MeasureLayer = Run.Create(measured).Network.NormSlots[^1].Name }));

        static Run Typed(string option, string text) => Run.Create(RunOptions.Find(option)!.Set(Settings, text));
    }

    [Fact]
    public void Names_do_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NegativeSign) = (",", "~");
            CultureInfo.CurrentCulture = culture;
            Runs_keep_their_names();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Equal_runs_are_one_key_although_each_has_a_network_of_its_own()
    {
        var first = Run.Create(Settings with { Model = "resnet8" });
        var second = Run.Create(Settings with { Model = "resnet8" });
        Assert.NotSame(first.Network, second.Network);
        Assert.Equal(7, new Dictionary<Run, int> { [first] = 7 }[second]);
        Assert.Equal(first.Cell, second.Cell);
        Assert.NotEqual(first, Run.Create(first.Settings with { Seed = 2 }));
    }
}
