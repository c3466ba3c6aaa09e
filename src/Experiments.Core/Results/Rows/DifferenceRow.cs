using System.Diagnostics.CodeAnalysis;

namespace Experiments.Core.Results.Rows;

/// <summary>
/// One row of differences.csv: how far a cell's error lies above that of its baseline, over the seeds that both finished. The baseline differs from
/// the cell only in the norm and what goes with the norm (scale and shift, activation, position, input). It is the cell with BN that has the same
/// of these; if there is none, or the cell has BN itself, it is the grid's first cell with BN; and if there is no BN, it is the first norm of the
/// grid.
/// </summary>
public sealed record DifferenceRow : Cell
{
    /// <summary>An empty row, to be filled.</summary>
    public DifferenceRow()
    {
    }

    /// <summary>A row for this cell.</summary>
    [SetsRequiredMembers]
    public DifferenceRow(Cell cell)
        : base(cell) => BaselineNorm = "";

    /// <summary>The norm that the cell is compared with.</summary>
    public required string BaselineNorm { get; init; }

    /// <summary>The baseline's number of groups.</summary>
    public int? BaselineGroups { get; init; }

    /// <summary>The baseline's channels per group.</summary>
    public int? BaselineChannelsPerGroup { get; init; }

    /// <summary>Seeds that both finished.</summary>
    public required int N { get; init; }

    /// <summary>Mean over seeds of the cell's error minus the baseline's, in percentage points.</summary>
    public double? MeanDifference { get; init; }

    /// <summary>Sample standard deviation of these differences.</summary>
    public double? Sd { get; init; }

    /// <summary>Lower end of the mean difference's 95% interval (Student's t).</summary>
    public double? Ci95Low { get; init; }

    /// <summary>Upper end of the mean difference's 95% interval (Student's t).</summary>
    public double? Ci95High { get; init; }

    /// <summary>The differences between the norms of these runs, in the order of the runs.</summary>
    public static IReadOnlyList<DifferenceRow> Of(IReadOnlyList<RunRow> runs) =>
    [
        .. CellDifference.Of(runs, run => run.Error, cell => cell.Norm == "bn").Select(difference => new DifferenceRow(difference.Cell)
        {
            BaselineNorm = difference.Baseline.Norm,
            BaselineGroups = difference.Baseline.Groups,
            BaselineChannelsPerGroup = difference.Baseline.ChannelsPerGroup,
            N = difference.Estimate.N,
            MeanDifference = difference.Estimate.Mean,
            Sd = difference.Estimate.Sd,
            Ci95Low = difference.Estimate.Low,
            Ci95High = difference.Estimate.High,
        }),
    ];
}
