using Experiments.Core.Files;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>The cells of two sweeps, paired by what they share.</summary>
/// <param name="Apart">The properties in which the sweeps have no value in common: the cells of a pair may differ in them, and in nothing else.</param>
/// <param name="Pairs">The pairs, in the order of the first sweep.</param>
/// <param name="Unclear">Cells of either sweep that more than one cell of the other would fit, although it fits several itself: they are in no pair.</param>
internal sealed record SweepPairs(IReadOnlyList<string> Apart, IReadOnlyList<(SummaryRow First, SummaryRow Second)> Pairs, (int First, int Second) Unclear)
{
    private static readonly IReadOnlyList<string> OfNorm = [.. Series.NormColumns.Skip(1), .. Series.OptionsOfNorm];

    /// <summary>
    /// Pairs cells. A column in which the sweeps have no value in common is one that the comparison is about (other epochs, another model); an
    /// option of a norm is one too where the two have no value of it in common for that norm. One cell may be paired with several, as BN is with GN of each
    /// number of groups.
    /// </summary>
    public static SweepPairs Of(IReadOnlyList<SummaryRow> first, IReadOnlyList<SummaryRow> second)
    {
        var norms = first.Select(cell => cell.Norm).Intersect(second.Select(cell => cell.Norm)).ToList();
        var apart = Series.CellColumns.Where(column => AreApart(column, first, second)
            || (OfNorm.Contains(column.Property) && norms.Any(norm => AreApart(column, Having(first, norm), Having(second, norm))))).Select(column => column.Property).ToList();
        if (apart.Contains(nameof(Cell.Norm)))
            apart = [.. apart.Union(OfNorm)];
        if (apart.Contains(nameof(Cell.Optimizer)))
            apart = [.. apart.Union(Series.OptionsOfOptimizer)];
        var shared = Series.CellColumns.Where(column => !apart.Contains(column.Property)).ToList();
        string Shared(Cell cell) => string.Join('\n', shared.Select(column => column.Text(cell)));
        var partners = second.ToLookup(Shared);
        var pairs = new List<(SummaryRow, SummaryRow)>();
        var unclear = (First: 0, Second: 0);
        foreach (var cells in first.GroupBy(Shared).Select(group => group.ToList()))
        {
            var others = partners[Shared(cells[0])].ToList();
            if (cells.Count > 1 && others.Count > 1)
                unclear = (unclear.First + cells.Count, unclear.Second + others.Count);
            else
                pairs.AddRange(from cell in cells from other in others select (cell, other));
        }

        return new SweepPairs(apart, pairs, unclear);
    }

    /// <summary>The columns in which two cells differ.</summary>
    public static IEnumerable<Column> Differing(Cell one, Cell other) => Series.CellColumns.Where(column => column.Text(one) != column.Text(other));

    private static bool AreApart(Column column, IReadOnlyList<SummaryRow> first, IReadOnlyList<SummaryRow> second) => !first.Select(column.Text).Intersect(second.Select(column.Text)).Any();

    private static IReadOnlyList<SummaryRow> Having(IReadOnlyList<SummaryRow> cells, string norm) => [.. cells.Where(cell => cell.Norm == norm)];
}
