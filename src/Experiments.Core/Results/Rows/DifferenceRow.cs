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
    public static IReadOnlyList<DifferenceRow> Of(IReadOnlyList<RunRow> runs) => Of(runs, run => run.Error);

    /// <summary>The same differences, of another value of the runs.</summary>
    internal static IReadOnlyList<DifferenceRow> Of(IReadOnlyList<RunRow> runs, Func<RunRow, double?> value)
    {
        var cells = runs.GroupBy(run => run.ToCell()).ToList();
        var peers = cells.ToLookup(cell => WithoutNorm(cell.Key));
        return
        [
            .. from cell in cells
               let others = peers[WithoutNorm(cell.Key)]
               let baseline = (cell.Key.Norm == "bn" ? null : others.FirstOrDefault(other => other.Key.Norm == "bn" && Variant(other.Key) == Variant(cell.Key)))
                   ?? others.FirstOrDefault(other => other.Key.Norm == "bn") ?? others.First()
               where cell != baseline
               let difference = Statistics.PairedDifference(Values(cell), Values(baseline))
               where difference.N > 0
               select new DifferenceRow(cell.Key)
               {
                   BaselineNorm = baseline.Key.Norm,
                   BaselineGroups = baseline.Key.Groups,
                   BaselineChannelsPerGroup = baseline.Key.ChannelsPerGroup,
                   N = difference.N,
                   MeanDifference = difference.Mean,
                   Sd = difference.Sd,
                   Ci95Low = difference.Low,
                   Ci95High = difference.High,
               },
        ];

        Dictionary<long, double> Values(IEnumerable<RunRow> cell) =>
            cell.OnePerSeed().Finished().Where(run => value(run) is not null).ToDictionary(run => run.Seed, run => value(run)!.Value);
    }

    private static (string?, string, string, string) Variant(Cell cell) => (cell.Affine, cell.Activation, cell.NormPosition, cell.Input);

    private static Cell WithoutNorm(Cell cell) => cell with
    {
        Norm = "",
        Groups = null,
        ChannelsPerGroup = null,
        VirtualBatch = null,
        Places = null,
        RMax = null,
        DMax = null,
        RenormRamp = null,
        WeightStandardization = "",
        Affine = null,
        Activation = "",
        NormPosition = "",
        Input = "",
    };
}
