using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>What the cells of a table are compared with: a norm, or a row of the table.</summary>
internal abstract class TableBaseline
{
    private TableBaseline(string label) => Label = label;

    /// <summary>Its name in a heading.</summary>
    public string Label { get; }

    /// <summary>The baseline of a name; null if none is named and there is no BN.</summary>
    /// <param name="name">A norm (<c>gn</c>), a norm's label (<c>GN (G=8)</c>), or the label of a row; null: BN. Capitals count for nothing.</param>
    /// <param name="rows">The rows of the table.</param>
    /// <exception cref="ExperimentException">There is none of this name, or a norm of this name has several labels.</exception>
    public static TableBaseline? Of(string? name, IReadOnlyList<Series> rows)
    {
        var cells = rows.SelectMany(row => row.Cells).ToList();
        if (name is null)
            return cells.Any(cell => cell.Norm == "bn") ? new OfNorm(NormLabel.Of("bn"), cell => cell.Norm == "bn") : null;
        var labels = cells.Select(cell => NormLabel.Of(cell)).Distinct().ToList();
        if (labels.Find(Is) is { } label)
            return new OfNorm(label, cell => NormLabel.Of(cell) == label);
        if (cells.Find(cell => Is(cell.Norm) || Is(NormLabel.Of(cell.Norm)))?.Norm is { } norm)
        {
            var its = cells.Where(cell => cell.Norm == norm).Select(cell => NormLabel.Of(cell)).Distinct().ToList();
            return its is [var only] ? new OfNorm(only, cell => cell.Norm == norm)
                : throw new ExperimentException($"'{Echo.Of(name)}' may be any of {string.Join("; ", its)} here: name one of them as the baseline.");
        }

        if (rows.FirstOrDefault(row => Is(row.Label)) is { } named)
            return new OfRow(named);
        throw new ExperimentException($"There is no '{Echo.Of(name)}' here to compare with. There are the norms {string.Join(", ", cells.Select(cell => cell.Norm).Distinct())}, "
            + $"and labels such as these name them or a row: {string.Join("; ", labels.Concat(rows.Select(row => row.Label)).Distinct())}.");

        bool Is(string other) => string.Equals(other, name.Trim(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The differences of other cells to the baseline, over the seeds that both finished.</summary>
    public abstract IEnumerable<CellDifference> Differences(
        IReadOnlyList<RunRow> runs, Func<RunRow, double?> value, TableAxis axis, IReadOnlyList<Series> rows, Dictionary<Cell, Dictionary<long, double>> seeds);

    // Compared with a norm are cells that differ from it in the norm, and in what goes with it, alone.
    private sealed class OfNorm(string label, Func<Cell, bool> isBaseline) : TableBaseline(label)
    {
        public override IEnumerable<CellDifference> Differences(
            IReadOnlyList<RunRow> runs, Func<RunRow, double?> value, TableAxis axis, IReadOnlyList<Series> rows, Dictionary<Cell, Dictionary<long, double>> seeds) =>
            CellDifference.Of(runs, value, isBaseline).Where(difference => isBaseline(difference.Baseline));
    }

    // Compared with a row is every other row, column by column.
    private sealed class OfRow(Series baseline) : TableBaseline(baseline.Label)
    {
        public override IEnumerable<CellDifference> Differences(
            IReadOnlyList<RunRow> runs, Func<RunRow, double?> value, TableAxis axis, IReadOnlyList<Series> rows, Dictionary<Cell, Dictionary<long, double>> seeds)
        {
            var columns = baseline.Cells.ToDictionary(axis.ColumnOf);
            return
                from row in rows
                where row != baseline
                from cell in row.Cells
                where columns.ContainsKey(axis.ColumnOf(cell))
                let other = columns[axis.ColumnOf(cell)]
                let difference = Statistics.PairedDifference(seeds[cell.ToCell()], seeds[other.ToCell()])
                where difference.N > 0
                select new CellDifference(cell.ToCell(), other.ToCell(), difference);
        }
    }
}
