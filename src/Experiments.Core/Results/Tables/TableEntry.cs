using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>What a cell of a table of results shows.</summary>
public enum TableEntryKind
{
    /// <summary>The mean of the value over seeds, in percent.</summary>
    Mean,

    /// <summary>A difference between two cells of the grid, paired over seeds, in points.</summary>
    Difference,

    /// <summary>A rise from the same norm's value at its largest batch size, paired over seeds, in points.</summary>
    Rise,

    /// <summary>A published rise, in points.</summary>
    Published,
}

/// <summary>A cell of a table of results as numbers.</summary>
public sealed record TableEntry
{
    /// <summary>The label of its row.</summary>
    public string Row { get; init; } = "";

    /// <summary>What stands above its column.</summary>
    public string Column { get; init; } = "";

    /// <summary>What it shows: <c>mean</c> (in percent), or in points <c>difference</c>, <c>rise</c> or <c>published</c> (a published rise).</summary>
    public required TableEntryKind Kind { get; init; }

    /// <summary>The point of the grid that it is of, by the columns of runs.csv that define one; null for published numbers.</summary>
    public Cell? Cell { get; init; }

    /// <summary>The point that this one is compared with, likewise; null for means and for published numbers.</summary>
    public Cell? Baseline { get; init; }

    /// <summary>Seeds that it is over; null for published numbers.</summary>
    public int? N { get; init; }

    /// <summary>The mean over these seeds, or the published number; null where there is none.</summary>
    public double? Mean { get; init; }

    /// <summary>Sample standard deviation over the seeds; null for fewer than two.</summary>
    public double? Sd { get; init; }

    /// <summary>Lower end of the mean's 95% interval (Student's t); null likewise.</summary>
    public double? Ci95Low { get; init; }

    /// <summary>Upper end of the mean's 95% interval (Student's t); null likewise.</summary>
    public double? Ci95High { get; init; }

    /// <summary>Two-sided p-value that the difference or rise is 0 (Student's t); null for what is not tested.</summary>
    public double? P { get; init; }

    /// <summary>The same after Holm's correction for all that is tested in the table.</summary>
    public double? PHolm { get; init; }

    /// <summary>Runs whose loss stopped being finite; null but for means.</summary>
    public int? NDiverged { get; init; }

    /// <summary>Runs that ended with an error of their own; null but for means.</summary>
    public int? NFailed { get; init; }

    /// <summary>Whether the difference or rise is significant at the 5% level after Holm's correction.</summary>
    internal bool IsSignificant => PHolm < 0.05;

    /// <summary>The mean of a cell over the seeds given.</summary>
    internal static TableEntry OfMean(SummaryRow cell, Estimate estimate) => Of(TableEntryKind.Mean, cell, null, estimate) with { NDiverged = cell.NDiverged, NFailed = cell.NFailed };

    /// <summary>A difference, which is tested.</summary>
    internal static TableEntry OfDifference(CellDifference difference) =>
        Of(TableEntryKind.Difference, difference.Cell, difference.Baseline, difference.Estimate) with { P = difference.Estimate.P };

    /// <summary>A rise above another cell, which is tested; that of a cell above itself is 0 and no test.</summary>
    internal static TableEntry OfRise(Cell cell, Cell from, Estimate rise) =>
        Of(TableEntryKind.Rise, cell, from, rise) with { P = cell.ToCell() == from.ToCell() ? null : rise.P };

    /// <summary>The entry as a table shows it.</summary>
    internal string Text() => Kind switch
    {
        TableEntryKind.Mean when Mean is { } mean => $"{WithSpread(Number(mean), Sd)} ({N}{(NDiverged > 0 ? $", {NDiverged} diverged" : "")})",
        TableEntryKind.Mean => NDiverged > 0 ? $"diverged ({NDiverged})" : NFailed > 0 ? $"failed ({NFailed})" : ResultTable.Nothing,
        _ when Mean is not { } => ResultTable.Nothing,
        TableEntryKind.Difference => $"{WithSpread(Signed(Mean.Value), Ci95High - Mean)} ({N})",
        TableEntryKind.Rise => WithSpread(Signed(Mean.Value), Ci95High - Mean),
        _ => Signed(Mean.Value),
    } + (IsSignificant ? TextTable.Mark : "");

    private static TableEntry Of(TableEntryKind kind, Cell cell, Cell? baseline, Estimate estimate) => new()
    {
        Kind = kind,
        Cell = cell.ToCell(),
        Baseline = baseline?.ToCell(),
        N = estimate.N,
        Mean = estimate.Mean,
        Sd = estimate.Sd,
        Ci95Low = estimate.Low,
        Ci95High = estimate.High,
    };

    private static string WithSpread(string middle, double? spread) => spread is { } width ? $"{middle} ± {Number(width)}" : middle;

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(double value) => Math.Round(value, 1) == 0 ? "0.0" : value.ToString("+0.0;-0.0", CultureInfo.InvariantCulture);
}
