using System.Globalization;
using Experiments.Core.Files;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results;

/// <summary>Cells that differ only along an axis: a line of a figure, a row of a table.</summary>
/// <param name="Label">The norm, and whatever else tells this series from the others.</param>
/// <param name="Norm">The norm of its cells.</param>
/// <param name="Cells">The cells, in the order of the grid.</param>
public sealed record Series(string Label, string Norm, IReadOnlyList<SummaryRow> Cells)
{
    /// <summary>The axis of figure 1, the batch size.</summary>
    internal static readonly IReadOnlyList<string> BatchAxis = [nameof(Cell.Batch)];

    /// <summary>The columns that say which norm a cell has, and stand in its label.</summary>
    internal static readonly IReadOnlyList<string> NormColumns =
        [nameof(Cell.Norm), nameof(Cell.Groups), nameof(Cell.ChannelsPerGroup), nameof(Cell.VirtualBatch), nameof(Cell.Places), nameof(Cell.WeightStandardization)];

    /// <summary>
    /// Options that only some norms have, or that have a default for each norm. A label names them if cells of its norm have several values of
    /// them.
    /// </summary>
    internal static readonly IReadOnlyList<string> OptionsOfNorm = [nameof(Cell.RMax), nameof(Cell.DMax), nameof(Cell.RenormRamp), nameof(Cell.Affine)];

    /// <summary>
    /// Options that only some networks have, or that have a default for each network. A label names them if cells of its network have several values
    /// of them.
    /// </summary>
    internal static readonly IReadOnlyList<string> OptionsOfModel = [nameof(Cell.Shortcut), nameof(Cell.Activation)];

    /// <summary>Options that have a default for each optimizer. A label names them if cells of its optimizer have several values of them.</summary>
    internal static readonly IReadOnlyList<string> OptionsOfOptimizer =
        [nameof(Cell.Lr), nameof(Cell.LrScaling), nameof(Cell.Momentum), nameof(Cell.Beta1), nameof(Cell.Beta2), nameof(Cell.WeightDecay)];

    // Columns whose values mean nothing without the column's name.
    private static readonly IReadOnlyList<string> NamedInFull = [nameof(Cell.DecayOn), nameof(Cell.Input), nameof(Cell.LrScaling), nameof(Cell.NormPosition)];

    /// <summary>
    /// The columns that tell cells apart. The learning rate that a run begins with is left out, since it follows from --lr, its scaling and the
    /// batch size.
    /// </summary>
    internal static readonly IReadOnlyList<Column> CellColumns =
        [.. Column.Of(typeof(Cell)).Where(column => column.Property != nameof(Cell.LearningRate))];

    /// <summary>The series whose cells differ by batch size.</summary>
    public static IReadOnlyList<Series> AgainstBatch(IReadOnlyList<SummaryRow> cells) => Along(cells, BatchAxis);

    /// <summary>
    /// Splits cells into series; the cells of one series differ only in the columns of <paramref name="axis"/>. If series differ in a column that
    /// is not one of the norm's, their labels say so: a folder that holds two models gives a line for each, and the labels name the models. Cells
    /// of several folders stay apart, and the labels name the folders.
    /// </summary>
    internal static IReadOnlyList<Series> Along(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> axis)
    {
        var columns = CellColumns.Where(column => !axis.Contains(column.Property)).ToList();
        var varying = columns
            .Where(column => !NormColumns.Contains(column.Property) && cells.DistinctBy(column.Text).Count() > 1)
            .ToList();
        var apart = cells.Select(cell => cell.Source).Distinct().Count() > 1;
        return
        [
            .. cells.GroupBy(cell => string.Join('\n', columns.Select(column => column.Text(cell)).Append(cell.Source)))
                .Select(group => (Cells: group.ToList(), First: group.First()))
                .Select(group => new Series(
                    LabelOf(group.First, axis, [.. varying.Where(column => IsSaid(column, group.First))]) + (apart ? $", {group.First.Source}" : ""), group.First.Norm, group.Cells)),
        ];

        // A label does not say that nothing is frozen.
        bool IsSaid(Column column, Cell cell) =>
            column.Property == nameof(Cell.Freeze) ? cell.Freeze != "none" :
            OptionsOfModel.Contains(column.Property) ? cells.Where(other => other.Model == cell.Model).DistinctBy(column.Text).Count() > 1 :
            OptionsOfNorm.Contains(column.Property) ? cells.Where(other => other.Norm == cell.Norm).DistinctBy(column.Text).Count() > 1
            : !OptionsOfOptimizer.Contains(column.Property) || cells.Where(other => other.Optimizer == cell.Optimizer).DistinctBy(column.Text).Count() > 1;
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
        var named = cell.ToCell() with
        {
            Groups = axis.Contains(nameof(Cell.Groups)) ? null : cell.Groups,
            ChannelsPerGroup = axis.Contains(nameof(Cell.ChannelsPerGroup)) ? null : cell.ChannelsPerGroup,
            VirtualBatch = axis.Contains(nameof(Cell.VirtualBatch)) ? null : cell.VirtualBatch,
            Places = axis.Contains(nameof(Cell.Places)) ? null : cell.Places,
            WeightStandardization = axis.Contains(nameof(Cell.WeightStandardization)) ? "" : cell.WeightStandardization,
        };
        var norm = axis.Contains(nameof(Cell.Norm)) ? null : NormLabel.Of(named);
        return string.Join(", ", varying.Select(column => Named(column, cell)).Prepend(norm).OfType<string>());
    }

    private static string Named(Column column, Cell cell)
    {
        var value = column.Property == nameof(Cell.Freeze) ? Frozen(cell) : column.Text(cell);
        var name = column.Name.Replace('_', ' ');
        if (column.Property == nameof(Cell.Domains))
            return value switch { "none" => "images as they are", "mixed" => "styles mixed", _ => "a style a batch" };
        return value.Length == 0 || (value == "none" && !NamedInFull.Contains(column.Property)) ? $"no {name}"
            : char.IsLetter(value[0]) && !NamedInFull.Contains(column.Property) ? value
            : $"{name} {value}";
    }

    private static string Frozen(Cell cell) => cell.Freeze switch
    {
        "norm-statistics" => "statistics frozen",
        "norms" => "norms frozen",
        "all-but-last" => "all but the last layer frozen",
        var other => other,
    };

    private static string? Common(IReadOnlyList<Cell> cells, Func<Cell, string?> value) =>
        cells.Select(value).Distinct().Take(2).ToList() is [var only] ? only : null;
}

/// <summary>A norm's name in figures and tables.</summary>
public static class NormLabel
{
    /// <summary>
    /// <c>BN</c>, <c>SyncBN</c>, <c>GN (G=8)</c>, <c>GN (16 ch/group)</c>, <c>Ghost BN (16)</c>, <c>GN over 2 samples (G=8)</c>,
    /// <c>GN (G=8) + WS</c> with weight standardization; a name that is not known here is left as it is.
    /// </summary>
    public static string Of(Cell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var name = cell.VirtualBatch is { } images ? Entry(cell.Norm)?.LabelOver?.Invoke(images) ?? $"{Of(cell.Norm)} over {images} samples" : Of(cell.Norm);
        var groups = cell.Groups is { } g ? $" (G={g})" : cell.ChannelsPerGroup is { } channels ? $" ({channels} ch/group)" : "";
        return $"{name}{groups}{(cell.Places == "one" ? " at each place" : "")}{(cell.WeightStandardization == "on" ? " + WS" : "")}";
    }

    /// <summary>The name alone, without options.</summary>
    public static string Of(string norm) => Entry(norm)?.Label ?? norm;

    // Rows may name a norm that this version does not have.
    private static NormCatalog.Entry? Entry(string norm) => NormCatalog.Entries.FirstOrDefault(entry => entry.Name == norm);
}
