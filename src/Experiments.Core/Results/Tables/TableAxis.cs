using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>The columns of a table of results, and the properties of a cell whose values they are.</summary>
internal sealed class TableAxis
{
    private static readonly IReadOnlyList<string> GroupColumns = [nameof(Cell.Groups), nameof(Cell.ChannelsPerGroup)];

    private readonly string? _name;
    private readonly IReadOnlyList<string> _properties;
    private readonly Dictionary<Cell, string> _texts;
    private readonly IReadOnlyList<string> _columns;

    private TableAxis(string? name, IReadOnlyList<string> properties, IReadOnlyList<SummaryRow> cells)
    {
        _name = name;
        _properties = properties;
        _texts = Texts(cells, _properties);
        _columns = [.. InOrder(cells, _properties).Select(cell => _texts[cell.ToCell()]).Distinct()];
    }

    /// <summary>Whether the columns are batch sizes, as on the x axis of figure 1.</summary>
    public bool IsBatch => _properties is [nameof(Cell.Batch)];

    /// <summary>The axis of the column of this name; if it is null, the axis that suits the cells.</summary>
    /// <exception cref="ExperimentException">There is no such column.</exception>
    public static TableAxis Of(IReadOnlyList<SummaryRow> cells, string? name) =>
        (name is null ? Suggested(cells) : Known(name)) is { } column ? new(column, PropertiesOf(column), cells) : new(null, [], cells);

    /// <summary>The axis along which these properties differ, which has no name and no columns of its own.</summary>
    public static TableAxis Along(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> properties) => new(null, properties, cells);

    /// <summary>
    /// The rows; the cells of one row differ only along the axis. If a leading column is given, the rows are sorted by it and their labels begin
    /// with its value.
    /// </summary>
    /// <exception cref="ExperimentException">There is no such column, or the axis has it already.</exception>
    public IReadOnlyList<Series> Rows(IReadOnlyList<SummaryRow> cells, string? leading)
    {
        var rows = Series.Along(cells, _properties);
        if (leading is null)
            return rows;
        var properties = PropertiesOf(Known(leading));
        if (properties.Intersect(_properties).Any())
        {
            throw new ExperimentException(_name is null ? $"Rows cannot follow {Known(leading)}: it is among what the sweeps differ in."
                : $"Rows and columns cannot both follow {Known(leading)}: give --columns another column.");
        }

        var lead = Texts(cells, properties);
        var rest = Series.Along(cells, [.. _properties, .. properties]).SelectMany(row => row.Cells.Select(cell => (cell, row.Label))).ToDictionary(pair => pair.cell.ToCell(), pair => pair.Label);
        var order = InOrder(cells, properties).Select(cell => lead[cell.ToCell()]).Distinct().ToList();
        return
        [
            .. from row in rows
               let cell = row.Cells[0].ToCell()
               orderby order.IndexOf(lead[cell])
               select row with { Label = string.Join(", ", new[] { Lead(leading, lead[cell]), rest[cell] }.Where(part => part.Length > 0)) },
        ];
    }

    /// <summary>The column that a cell stands in; of an axis without a name the only one.</summary>
    public string ColumnOf(Cell cell) => _name is null ? "" : _texts[cell.ToCell()];

    /// <summary>
    /// A table of these rows, each cell as <paramref name="entry"/> has it. Without an axis the table has one column, called
    /// <paramref name="name"/>.
    /// </summary>
    public ResultTable Table(string heading, string name, IReadOnlyList<Series> rows, Func<SummaryRow, TableEntry?> entry) => _name is null
        ? ResultTable.Of(heading, ["norm", name], [.. rows.Select(row => (row.Label, (IReadOnlyList<TableEntry?>)[entry(row.Cells[0])]))])
        : ResultTable.Of(heading, [_name.Replace('_', ' '), .. _columns], [.. rows.Select(row => (row.Label, (IReadOnlyList<TableEntry?>)
            [.. _columns.Select(column => row.Cells.FirstOrDefault(cell => ColumnOf(cell) == column) is { } cell ? entry(cell) : null)]))]);

    /// <summary>
    /// The first of these that varies: batch size, groups, channels per group, learning rate, scale of the initial weights; null if none does.
    /// </summary>
    private static string? Suggested(IReadOnlyList<SummaryRow> cells)
    {
        return Varies(cell => cell.Batch) ? "batch"
            : Varies(cell => cell.Groups) ? "groups"
            : Varies(cell => cell.ChannelsPerGroup) ? "channels_per_group"
            : Varies(cell => cell.Lr) ? "lr"
            : Varies(cell => cell.InitScale) ? "init_scale"
            : null;

        bool Varies(Func<Cell, double?> of) => cells.Select(of).OfType<double>().Distinct().Count() > 1;
    }

    private static string Known(string name)
    {
        var snake = name.Replace('-', '_');
        return ResultTable.ColumnNames.Contains(snake) ? snake : throw new ExperimentException(Suggestion.Unknown("column", name, ResultTable.ColumnNames));
    }

    /// <summary>The properties that belong to a column: the norm has its options too, and groups have both their number and their size.</summary>
    private static IReadOnlyList<string> PropertiesOf(string name) => Series.CellColumns.First(column => column.Name == name).Property switch
    {
        nameof(Cell.Norm) => [.. Series.NormColumns, .. Series.OptionsOfNorm],
        nameof(Cell.Groups) or nameof(Cell.ChannelsPerGroup) => GroupColumns,
        var property => [property],
    };

    private static Dictionary<Cell, string> Texts(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> properties)
    {
        if (properties.Contains(nameof(Cell.Norm)))
        {
            var others = Series.CellColumns.Select(column => column.Property).Except(properties).ToList();
            return Series.Along(cells, others).SelectMany(norm => norm.Cells.Select(cell => (cell, norm.Label))).ToDictionary(pair => pair.cell.ToCell(), pair => pair.Label);
        }

        var column = properties.Count == 1 ? Series.CellColumns.First(one => one.Property == properties[0]) : null;
        return cells.ToDictionary(cell => cell.ToCell(), cell => column is not null ? column.Text(cell) is { Length: > 0 } text ? text : "none"
            : cell.Groups is { } groups ? $"G={groups}"
            : cell.ChannelsPerGroup is { } channels ? $"{channels} ch/group"
            : "none");
    }

    /// <summary>Batch sizes and groups from large to small as in the paper, other numbers from small to large, words in the order of the cells.</summary>
    private static IEnumerable<SummaryRow> InOrder(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> properties) => properties switch
    {
        [] or [nameof(Cell.Norm), ..] => cells,
        [nameof(Cell.Batch)] => cells.OrderByDescending(cell => cell.Batch),
        [nameof(Cell.Groups), ..] => cells.OrderBy(cell => cell.Groups is null).ThenByDescending(cell => cell.Groups).ThenByDescending(cell => cell.ChannelsPerGroup),
        [var property, ..] => cells.OrderBy(cell => Number(Series.CellColumns.First(column => column.Property == property).Text(cell))),
    };

    private static double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.MaxValue;

    private static string Lead(string name, string text) => text.Length > 0 && !char.IsLetter(text[0]) ? $"{Known(name).Replace('_', ' ')} {text}" : text;
}
