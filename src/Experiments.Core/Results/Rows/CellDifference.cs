namespace Experiments.Core.Results.Rows;

/// <summary>How far a cell lies above its baseline.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Baseline">The cell that it is compared with.</param>
/// <param name="Estimate">The difference, over the seeds that both finished.</param>
internal sealed record CellDifference(Cell Cell, Cell Baseline, Estimate Estimate)
{
    /// <summary>
    /// The differences between cells that differ only in the norm and what goes with the norm, in the order of the runs. A cell's baseline is the
    /// one that <paramref name="isBaseline"/> names and that has the same scale and shift, activation, position and input; if there is none, or the
    /// cell is a baseline itself, it is the first that it names; if it names none, the first of the grid. Of several, one with statistics over all
    /// places comes first: that is what the norm's bare name means.
    /// </summary>
    public static IEnumerable<CellDifference> Of(IReadOnlyList<RunRow> runs, Func<RunRow, double?> value, Func<Cell, bool> isBaseline)
    {
        var cells = runs.GroupBy(run => run.ToCell()).ToList();
        var peers = cells.ToLookup(cell => WithoutNorm(cell.Key));
        return
            from cell in cells
            let others = peers[WithoutNorm(cell.Key)]
            let named = others.Where(other => isBaseline(other.Key)).OrderBy(other => other.Key.Places is null ? 0 : 1).ToList()
            let baseline = (isBaseline(cell.Key) ? null : named.Find(other => Variant(other.Key) == Variant(cell.Key))) ?? named.FirstOrDefault() ?? others.First()
            where cell != baseline
            let difference = Statistics.PairedDifference(cell.BySeed(value), baseline.BySeed(value))
            where difference.N > 0
            select new CellDifference(cell.Key, baseline.Key, difference);
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
