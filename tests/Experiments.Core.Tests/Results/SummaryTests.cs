using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Tests.Results;

public sealed class SummaryTests
{
    [Fact]
    public void Beside_BN_at_each_place_the_baseline_is_BN()
    {
        var rows = DifferenceRow.Of([Sample.Run("none", error: 14), Sample.Run(error: 12) with { Places = "one" }, Sample.Run(error: 10)]);
        Assert.Equal([4.0, 2.0], rows.Select(row => row.MeanDifference!.Value), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Every_column_of_a_run_either_defines_its_cell_or_is_what_came_out()
    {
        // If a new column changes the result, it belongs to Cell; then summaries and figures keep runs apart that differ in it.
        string[] outcome =
        [
            "Run", "Experiment", "Status", "Seed", "From", "FromChecksum", "EngineVersion", "ImagesChecksum", "Threads", "Error", "ErrorMeasure", "ErrorMovingAverage", "ErrorPopulation",
            "ErrorBatch", "ErrorLast", "ErrorBest", "TrainError", "TrainLoss", "TestLoss", "DivergedEpoch", "Parameters", "Seconds",
            "ImagesPerSecond", "PeakMemoryMib", "Host", "Cpu", "Version", "Commit", "Started",
        ];
        static IEnumerable<string> Names(Type type) => Column.Of(type).Select(column => column.Property);
        Assert.Equal(Names(typeof(RunRow)).Except(outcome), Names(typeof(Cell)));
    }

    [Fact]
    public void Cells_stand_in_the_order_of_their_runs_and_carry_their_columns()
    {
        var summary = SummaryRow.Of(Sample.Figure1());
        Assert.Equal(10, summary.Count);
        Assert.Equal([32, 16, 8, 4, 2, 32, 16, 8, 4, 2], summary.Select(cell => cell.Batch));
        Assert.Equal(8, summary[^1].Groups);
        Assert.Equal(13.8, summary[0].Mean!.Value, 1e-9);
        Assert.Equal(0.1, summary[0].Sd!.Value, 1e-9);
        Assert.Equal(13.8 - (4.302652730 * 0.1 / Math.Sqrt(3)), summary[0].Ci95Low!.Value, 1e-8);
        Assert.Equal(13.7, summary[0].MeanErrorPopulation!.Value, 1e-9);
        Assert.Equal(6.9, summary[0].MeanTrainError!.Value, 1e-9);
    }

    [Fact]
    public void Diverged_runs_are_counted_and_left_out_and_failed_ones_are_not_finished()
    {
        var cell = Assert.Single(SummaryRow.Of(
        [
            Sample.Run(seed: 1, error: 10), Sample.Run(seed: 2, error: 12), Sample.Run(seed: 3).Diverged(), Sample.Run(seed: 4).Failed(),
        ]));
        Assert.Equal((2, 1, 1, 11.0), (cell.N, cell.NDiverged, cell.NFailed, cell.Mean));
    }

    [Fact]
    public void A_seed_that_was_run_again_counts_once()
    {
        var failed = Sample.Run(error: 10).Failed() with { Started = "2026-01-05" };
        var first = Sample.Run(error: 10) with { Started = "2026-01-03" };
        var second = Sample.Run(error: 12) with { Started = "2026-01-04", Threads = 2 };
        var cell = Assert.Single(SummaryRow.Of([failed, second, first]));
        Assert.Equal((1, 0, 12.0), (cell.N, cell.NFailed, cell.Mean));
    }

    [Fact]
    public void Norms_are_compared_with_BN_over_equal_seeds_at_the_same_batch()
    {
        var rows = DifferenceRow.Of(Sample.Figure1());
        Assert.Equal([32, 16, 8, 4, 2], rows.Select(row => row.Batch));
        Assert.All(rows, row => Assert.Equal(("gn", "bn"), (row.Norm, row.BaselineNorm)));
        Assert.Equal(14.1 - 13.6 - 0.6, rows[0].MeanDifference!.Value, 1e-9);
        Assert.Equal(3, rows[0].N);
        Assert.Equal(2, rows[^1].N); // one seed of BN diverged there
    }

    [Fact]
    public void Without_BN_the_first_norm_is_what_others_are_compared_with()
    {
        var row = Assert.Single(DifferenceRow.Of([Sample.Run("gn", groups: 8, error: 14), Sample.Run("ln", error: 15)]));
        Assert.Equal(("ln", "gn", 8, 1.0), (row.Norm, row.BaselineNorm, row.BaselineGroups, row.MeanDifference));
        Assert.Null(row.Ci95Low);
    }

    [Fact]
    public void Only_cells_that_differ_in_the_norm_alone_are_compared() =>
        Assert.Empty(DifferenceRow.Of([Sample.Run(), Sample.Run("gn", groups: 8) with { Epochs = 4 }]));

    [Fact]
    public void Series_are_labelled_by_their_norm_and_by_what_else_tells_them_apart()
    {
        RunRow[] runs =
        [
            Sample.Run(), Sample.Run(batch: 2), Sample.Run("gn", groups: 8), Sample.Run("gn", channelsPerGroup: 16), Sample.Run("syncbn"),
        ];
        // What follows from the network is said of a network that has several values of it.
        var convnext = Sample.Run() with { Model = "convnext-6", Activation = "gelu", Shortcut = "identity-appended" };
        var resnet = Sample.Run() with { Model = "resnet8", Shortcut = "identity-centered" };
        Assert.Equal(["BN, convnext-6", "BN, resnet8"], Labels([convnext, resnet]));
        Assert.Equal(["BN, convnext-6", "BN, resnet8, identity-centered", "BN, resnet8, projection"], Labels([convnext, resnet, resnet with { Shortcut = "projection" }]));

        static IEnumerable<string> Labels(IEnumerable<RunRow> runs) => Series.AgainstBatch(SummaryRow.Of(runs)).Select(series => series.Label);
        Assert.Equal(["BN", "GN (G=8)", "GN (16 ch/group)", "SyncBN"], Labels(runs));
        Assert.Equal(["BN, resnet20, no train limit", "BN, resnet8, train limit 5000"],
            Labels([Sample.Run(), Sample.Run() with { Model = "resnet8", TrainLimit = 5000 }]));
    }

    [Fact]
    public void Norms_are_named_as_in_the_literature_with_the_options_that_tell_them_apart()
    {
        Cell cell = Sample.Run();
        Assert.Equal("BN", NormLabel.Of(cell));
        Assert.Equal("GN (G=8) + WS", NormLabel.Of(cell with { Norm = "gn", Groups = 8, WeightStandardization = "on" }));
        Assert.Equal("Ghost BN (16)", NormLabel.Of(cell with { Norm = "ghost-bn", VirtualBatch = 16 }));
        Assert.Equal("GN over 2 samples (G=8)", NormLabel.Of(cell with { Norm = "bgn", VirtualBatch = 2, Groups = 8 }));
        Assert.Equal(["WN", "mean-only BN", "WN + mean-only BN", "Batch Renorm", "noisy BN"],
            new[] { "wn", "mean-only-bn", "wn-mean-only-bn", "batch-renorm", "noisy-bn" }.Select(NormLabel.Of));
    }

    [Fact]
    public void An_option_of_a_norm_is_said_only_of_the_norm_that_has_several_values_of_it()
    {
        RunRow[] runs =
        [
            Sample.Run() with { Affine = "scale-and-shift" }, Sample.Run() with { Affine = "none" }, Sample.Run("none") with { Affine = "shift" },
            Sample.Run("batch-renorm") with { Affine = "scale-and-shift", RMax = 3, DMax = 5, RenormRamp = 0.25 },
        ];
        static IEnumerable<string> Labels(IEnumerable<RunRow> runs) => Series.AgainstBatch(SummaryRow.Of(runs)).Select(series => series.Label);
        Assert.Equal(["BN, scale-and-shift", "BN, no affine", "no norm", "Batch Renorm"], Labels(runs));
        Assert.Equal(["BN, norm position before", "BN, norm position after"], Labels([Sample.Run(), Sample.Run() with { NormPosition = "after" }]));
    }

    internal static Reference WuAndHe { get; } = new()
    {
        Source = "Wu & He 2018, table 2 (ImageNet, ResNet-50)",
        Error = new Dictionary<string, IReadOnlyDictionary<int, double>>
        {
            ["bn"] = new Dictionary<int, double> { [32] = 23.6, [16] = 23.7, [8] = 24.8, [4] = 27.3, [2] = 34.7 },
            ["gn"] = new Dictionary<int, double> { [32] = 24.1, [16] = 24.2, [8] = 24.0, [4] = 24.2, [2] = 24.1 },
        },
    };
}
