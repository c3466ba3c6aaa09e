using System.Globalization;

namespace Experiments.Core.Results;

/// <summary>Cells that differ along an axis alone: a line of a figure, a row of a table.</summary>
/// <param name="Label">The norm, and whatever else tells this series from the others.</param>
/// <param name="Norm">The norm of its cells.</param>
/// <param name="Cells">The cells, in the order of the grid.</param>
public sealed record Series(string Label, string Norm, IReadOnlyList<SummaryRow> Cells)
{
    /// <summary>The axis of figure 1.</summary>
    internal static readonly IReadOnlyList<string> BatchAxis = [nameof(Cell.Batch)];

    /// <summary>The columns that say which norm a cell has.</summary>
    internal static readonly IReadOnlyList<string> NormColumns = [nameof(Cell.Norm), nameof(Cell.Groups), nameof(Cell.ChannelsPerGroup), nameof(Cell.VirtualBatch), nameof(Cell.WeightStandardization)];

    // The rate that a run begins with follows from --lr, its scaling and the batch size, and so tells nothing apart that they do not.
    private static readonly IReadOnlyList<Column> CellColumns =
        [.. Column.Of(typeof(Cell)).Where(column => column.Property != nameof(Cell.LearningRate))];

    /// <summary>The series whose cells differ by batch size.</summary>
    public static IReadOnlyList<Series> AgainstBatch(IReadOnlyList<SummaryRow> cells) => Along(cells, BatchAxis);

    /// <summary>
    /// Splits cells into series that differ along the columns of <paramref name="axis"/> alone. Where they also differ in a column
    /// that is no norm's, the labels say so: a folder that holds two models gives a line for each, and both are named.
    /// </summary>
    internal static IReadOnlyList<Series> Along(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> axis)
    {
        var columns = CellColumns.Where(column => !axis.Contains(column.Property)).ToList();
        var varying = columns
            .Where(column => !NormColumns.Contains(column.Property) && cells.DistinctBy(column.Text).Count() > 1)
            .ToList();
        return
        [
            .. cells.GroupBy(cell => string.Join('\n', columns.Select(column => column.Text(cell))))
                .Select(group => (Cells: group.ToList(), First: group.First()))
                .Select(group => new Series(LabelOf(group.First, axis, varying), group.First.Norm, group.Cells)),
        ];
    }

    /// <summary>What all the cells have in common, for a subtitle: data set, network, epochs.</summary>
    internal static string InCommon(IReadOnlyList<Cell> cells)
    {
        var parts = new List<string?>
        {
            Common(cells, cell => cell.Dataset),
            Common(cells, cell => cell.Model),
            Common(cells, cell => cell.TrainLimit is { } limit ? $"{limit.ToString("N0", CultureInfo.InvariantCulture)} images" : null),
            Common(cells, cell => cell.Epochs == 1 ? "1 epoch" : $"{cell.Epochs} epochs"),
            Common(cells, cell => cell.Workers > 1 ? $"{cell.Workers} workers" : null),
        };
        return string.Join(", ", parts.OfType<string>());
    }

    private static string LabelOf(Cell cell, IReadOnlyList<string> axis, IReadOnlyList<Column> varying)
    {
        var norm = axis.Contains(nameof(Cell.Norm)) ? null
            : axis.Contains(nameof(Cell.Groups)) ? NormLabel.Of(cell.Norm)
            : NormLabel.Of(cell.Norm, cell.Groups, cell.ChannelsPerGroup);
        return string.Join(", ", varying.Select(column => Named(column, cell)).Prepend(norm).OfType<string>());
    }

    private static string Named(Column column, Cell cell)
    {
        var value = column.Text(cell);
        var name = column.Name.Replace('_', ' ');
        return value.Length == 0 ? $"no {name}"
            : char.IsLetter(value[0]) ? value
            : $"{name} {value}";
    }

    private static string? Common(IReadOnlyList<Cell> cells, Func<Cell, string?> value) =>
        cells.Select(value).Distinct().Take(2).ToList() is [var only] ? only : null;
}

/// <summary>A norm's name in figures and tables.</summary>
public static class NormLabel
{
    /// <summary><c>BN</c>, <c>SyncBN</c>, <c>GN (G=8)</c>, <c>GN (16 ch/group)</c>; a name with a dash is left as it is.</summary>
    public static string Of(string norm, int? groups = null, int? channelsPerGroup = null)
    {
        ArgumentNullException.ThrowIfNull(norm);
        var name = norm switch
        {
            "syncbn" => "SyncBN",
            "none" => "no norm",
            { Length: <= 3 } => norm.ToUpperInvariant(),
            _ => norm,
        };
        return groups is { } g ? $"{name} (G={g})"
            : channelsPerGroup is { } channels ? $"{name} ({channels} ch/group)"
            : name;
    }
}
