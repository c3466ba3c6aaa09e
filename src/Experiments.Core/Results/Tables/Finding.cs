using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>
/// A sentence that says what came out of a grid: how far two cells lie apart in error, and how sure that is. The distance is paired over the seeds that both
/// have finished, with a 95% interval by Student's t.
/// </summary>
/// <param name="Before">The sentence up to the distance.</param>
/// <param name="Distance">The distance, or what stands in its place.</param>
/// <param name="After">The rest of the sentence.</param>
public sealed record Finding(string Before, string Distance, string After)
{
    // Cells of one network, data set and protocol differ in these alone: the norm, and what goes with it.
    private static readonly IReadOnlyList<string> NormSide =
        [.. Series.NormColumns, .. Series.OptionsOfNorm, nameof(Cell.Activation), nameof(Cell.NormPosition), nameof(Cell.Input)];

    /// <summary>The sentence.</summary>
    public override string ToString() => Before + Distance + After;

    /// <summary>
    /// What these runs show. Where batch sizes differ: each series' rise from its largest batch to its smallest, then the lowest and the highest error
    /// at the smallest. Elsewhere: the lowest and the highest error of the cells that differ by their norm.
    /// </summary>
    public static IReadOnlyList<Finding> Of(IReadOnlyList<RunRow> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var cells = SummaryRow.Of(runs);
        var seeds = runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell =>
            (IReadOnlyDictionary<long, double>)cell.OnePerSeed().Finished().ToDictionary(run => run.Seed, run => run.Error!.Value));
        Estimate Between(Cell of, Cell from) => Statistics.PairedDifference(seeds[of.ToCell()], seeds[from.ToCell()]);
        var labels = Series.Along(cells, [.. Series.CellColumns.Select(column => column.Property).Except(NormSide)])
            .SelectMany(norm => norm.Cells.Select(cell => (cell, norm.Label))).ToDictionary(pair => pair.cell.ToCell(), pair => pair.Label);
        return
        [
            .. Series.AgainstBatch(cells).Where(series => series.Cells.Count > 1).Select(series => Rise(series, Between)).OfType<Finding>(),
            .. Series.Along(cells, [.. NormSide, .. Series.BatchAxis]).Select(peers => Range(peers, labels, Between)).OfType<Finding>(),
        ];
    }

    private static Finding? Rise(Series series, Func<Cell, Cell, Estimate> between)
    {
        var falling = series.Cells.OrderByDescending(cell => cell.Batch).ToList();
        var (large, small) = (falling[0], falling[^1]);
        if (large.Mean is null || small.Mean is null || between(small, large) is not { Mean: { } rise } difference)
        {
            var lacking = falling.Where(cell => cell.Mean is null).Select(cell => $"{cell.Batch}{(cell.NDiverged > 0 ? $" ({cell.NDiverged} diverged)" : "")}").ToList();
            return lacking.Count == 0 ? null
                : new Finding($"{series.Label}: ", "no rise can be told", $", since no run has finished at batch {string.Join(", ", lacking)}.");
        }

        var verb = !IsTold(difference) ? "goes" : rise >= 0 ? "rises" : "falls";
        return new Finding($"{series.Label}: from batch {large.Batch} to batch {small.Batch} the error {verb} from {Percent(large)} to {Percent(small)}, {Difference(large, small, difference)} ",
            Points(rise), $"{Surety(difference)}.");
    }

    private static Finding? Range(Series peers, Dictionary<Cell, string> labels, Func<Cell, Cell, Estimate> between)
    {
        var batch = peers.Cells.Min(cell => cell.Batch);
        var finished = peers.Cells.Where(cell => cell.Batch == batch && cell.Mean is not null).OrderBy(cell => cell.Mean).ToList();
        if (finished.Count < 2 || between(finished[^1], finished[0]) is not { Mean: { } distance } difference)
            return null;
        string[] parts = [peers.Label, peers.Cells.Any(cell => cell.Batch != batch) ? $"batch {batch}" : ""];
        var where = string.Join(", ", parts.Where(part => part.Length > 0));
        var (low, high) = (labels[finished[0].ToCell()], labels[finished[^1].ToCell()]);
        var chosen = finished.Count > 2 ? $" They are the two ends of {finished.Count}, so chance makes them lie farther apart." : "";
        return new Finding($"{(where.Length > 0 ? $"With {where}, {low}" : low)} has the {(finished.Count > 2 ? "lowest" : "lower")} error, {Percent(finished[0])}, and {high} the "
            + $"{(finished.Count > 2 ? "highest" : "higher")}, {Percent(finished[^1])}, {Difference(finished[0], finished[^1], difference)} ", Points(distance), $"{Surety(difference)}.{chosen}");
    }

    // A reader subtracts one shown error from the other. Where that gives another number than the distance, the words say why.
    private static string Difference(SummaryRow from, SummaryRow to, Estimate difference) =>
        Signed(Shown(to.Mean!.Value) - Shown(from.Mean!.Value)) == Signed(difference.Mean!.Value) ? "a difference of"
        : difference.N < Math.Max(from.N, to.N) ? "a difference over the seeds that both have of"
        : "before rounding a difference of";

    private static double Shown(double value) => double.Parse(value.ToString("0.0", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // Whether the interval leaves out 0. One seed tells nothing.
    private static bool IsTold(Estimate difference) => difference.HalfWidth is { } half && Math.Abs(difference.Mean!.Value) > half;

    // The interval, how many seeds it is over, and whether the difference is significant.
    private static string Surety(Estimate difference) => difference.HalfWidth is null
        ? "; with one seed there is no interval, and another seed may say otherwise"
        : $" (95% interval {Signed(difference.Low!.Value)} to {Signed(difference.High!.Value)}, paired over {difference.N} seeds){(IsTold(difference) ? "" : ", not significantly different from 0")}";

    private static string Percent(SummaryRow cell) => string.Create(CultureInfo.InvariantCulture, $"{cell.Mean:0.0}%");

    private static string Points(double distance) => $"{Signed(distance)} points";

    private static string Signed(double value) => Math.Round(value, 1) == 0 ? "0.0" : value.ToString("+0.0;\u22120.0", CultureInfo.InvariantCulture);
}
