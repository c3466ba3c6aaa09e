using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>How results are laid out as tables. A null value stands for a default; those of rows and columns depend on what varies.</summary>
/// <param name="Rows">
/// A column of runs.csv that sorts the rows and begins their labels; null: a row's label is the norm and whatever else tells rows apart.
/// </param>
/// <param name="Columns">
/// The column of runs.csv whose values are the table's columns; null: the batch size if it varies, else the groups, else the learning rate, else
/// the scale of the initial weights, else none.
/// </param>
/// <param name="Value">What is shown, one of <see cref="ResultTable.Values"/>; null: the error.</param>
/// <param name="Baseline">
/// What others are compared with: a norm (<c>gn</c>), its label (<c>GN (G=8)</c>), or the label of a row of the table; null: BN, if it is there.
/// </param>
public sealed record TableLayout(string? Rows = null, string? Columns = null, string? Value = null, string? Baseline = null);

/// <summary>A table of results: headings and cells as words, to be written in any <see cref="TableFormat"/>.</summary>
/// <param name="Heading">What it shows.</param>
/// <param name="Header">The columns' names; the first one stands above the rows' labels.</param>
/// <param name="Rows">For each row its label, then a cell for each further column.</param>
public sealed record ResultTable(string Heading, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>What stands in a cell that has no result.</summary>
    internal const string Nothing = "-";

    private static readonly IReadOnlyList<(string Name, Func<RunRow, double?> Of)> Selectors =
    [
        ("error", run => run.Error),
        ("error_population", run => run.ErrorPopulation),
        ("error_batch", run => run.ErrorBatch),
        ("train_error", run => run.TrainError),
    ];

    /// <summary>What stands below it, a sentence or two each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Its cells as numbers, row by row; cells without a result are left out.</summary>
    public IReadOnlyList<TableEntry> Entries { get; init; } = [];

    /// <summary>What a table may show: columns of runs.csv.</summary>
    public static IReadOnlyList<string> Values { get; } = [.. Selectors.Select(selector => selector.Name)];

    /// <summary>The columns of runs.csv that <see cref="TableLayout.Rows"/> and <see cref="TableLayout.Columns"/> may name.</summary>
    public static IReadOnlyList<string> ColumnNames { get; } = [.. Series.CellColumns.Select(column => column.Name)];

    /// <summary>
    /// The tables of these runs. The first has mean, standard deviation and number of seeds. Another has each norm's difference to the baseline,
    /// paired over seeds; without one named, to BN if BN is among the norms. If the columns are batch sizes, there is one for each reference: each
    /// norm's rise from its own value at its largest batch, ours and the reference's.
    /// </summary>
    /// <exception cref="ExperimentException">
    /// The layout names a column, value or baseline that does not exist, or one column twice; or nothing can be compared with the baseline.
    /// </exception>
    public static IReadOnlyList<ResultTable> Of(IReadOnlyList<RunRow> runs, TableLayout? layout = null, IReadOnlyList<Reference>? references = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        layout ??= new TableLayout();
        var selected = Selector(layout);
        var summary = SummaryRow.Of(runs);
        var axis = TableAxis.Of(summary, layout.Columns);
        var rows = axis.Rows(summary, layout.Rows);
        var seeds = Seeds(runs, selected);
        var tables = new List<ResultTable>
        {
            axis.Table($"{ValueOf(layout, summary)}: mean ± standard deviation (seeds)", layout.Value ?? Values[0], rows, cell => TableEntry.OfMean(cell, Statistics.Estimate(seeds[cell.ToCell()].Values))),
        };
        if (TableBaseline.Of(layout.Baseline, rows) is { } baseline)
        {
            var differences = baseline.Differences(runs, selected, axis, rows, seeds).ToDictionary(difference => difference.Cell);
            if (differences.Count == 0 && layout.Baseline is not null)
                throw new ExperimentException($"Nothing here can be compared with {baseline.Label}: no other cell differs from it as rows of this table do and has a seed in common with it.");
            if (differences.Count > 0)
            {
                tables.Add(axis.Table($"difference to {baseline.Label} in points, paired over seeds: mean ± 95% interval (seeds)", "difference",
                    [.. rows.Where(row => row.Cells.Any(cell => differences.ContainsKey(cell.ToCell())))],
                    cell => differences.TryGetValue(cell.ToCell(), out var difference) ? TableEntry.OfDifference(difference) : null));
            }
        }

        if (axis.IsBatch && layout.Value != "train_error")
            tables.AddRange((references ?? []).Select(reference => Rises(rows, seeds, reference)));
        return tables;
    }

    /// <summary>
    /// A table of entries, which it gives the labels of their rows and columns. All differences and rises in it that can be tested are corrected
    /// for each other; those that are significant have a mark, and a note says so.
    /// </summary>
    /// <param name="heading">What it shows.</param>
    /// <param name="header">The columns' names, the first one above the rows' labels.</param>
    /// <param name="rows">Each row's label and an entry for each further column; null where there is none.</param>
    internal static ResultTable Of(string heading, IReadOnlyList<string> header, IReadOnlyList<(string Label, IReadOnlyList<TableEntry?> Cells)> rows)
    {
        var grid = rows.Select(row => row.Cells.Select((entry, column) => entry is null ? null : entry with { Row = row.Label, Column = header[column + 1] }).ToList()).ToList();
        var tested = (from row in grid.Index() from cell in row.Item.Index() where cell.Item?.P is not null select (Row: row.Index, Column: cell.Index, P: cell.Item.P!.Value)).ToList();
        foreach (var (test, adjusted) in tested.Zip(Statistics.Holm([.. tested.Select(test => test.P)])))
            grid[test.Row][test.Column] = grid[test.Row][test.Column]! with { PHolm = adjusted };
        return new ResultTable(heading, header, [.. grid.Zip(rows, (cells, row) => (IReadOnlyList<string>)[row.Label, .. cells.Select(entry => entry?.Text() ?? Nothing)])])
        {
            Entries = [.. grid.SelectMany(cells => cells).OfType<TableEntry>()],
            Notes = tested.Count == 0 ? [] : [HolmNote(tested.Count, grid.SelectMany(cells => cells).Any(entry => entry is { IsSignificant: true }))],
        };
    }

    /// <summary>How the value that a layout asks for is read from a run.</summary>
    internal static Func<RunRow, double?> Selector(TableLayout layout) =>
        Selectors.FirstOrDefault(selector => selector.Name == (layout.Value ?? Values[0])).Of ?? throw new ExperimentException(Suggestion.Unknown("value", layout.Value!, Values));

    /// <summary>The value that a layout asks for, in words, with the measure that these cells have in common.</summary>
    internal static string ValueOf(TableLayout layout, IEnumerable<SummaryRow> cells)
    {
        var value = layout.Value ?? Values[0];
        var measures = cells.Select(cell => cell.ErrorMeasure).OfType<string>().Distinct().ToList();
        return $"{value.Replace('_', ' ')} in %{(value != "train_error" && measures is [var only] ? $" ({only})" : "")}";
    }

    /// <summary>The values of each cell by seed.</summary>
    internal static Dictionary<Cell, Dictionary<long, double>> Seeds(IEnumerable<RunRow> runs, Func<RunRow, double?> value) =>
        runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell => cell.BySeed(value));

    private static string HolmNote(int tests, bool any) =>
        $"{(any ? "* is" : "Nothing is")} significant at the 5% level after Holm's correction (Holm 1979) for the {(tests == 1 ? "one test" : $"{tests} tests")} of this table; "
        + "the intervals are 95% ones without that correction.";

    /// <summary>
    /// Each norm's rise from its own value at its largest batch size. Our row (the mean over seeds of each seed's rise, with the 95% interval)
    /// stands above the reference's. Rises are shown because the absolute errors of the two are not comparable.
    /// </summary>
    private static ResultTable Rises(IReadOnlyList<Series> rows, Dictionary<Cell, Dictionary<long, double>> seeds, Reference reference)
    {
        var batches = rows.SelectMany(row => row.Cells).Select(cell => cell.Batch).Union(reference.Error.Values.SelectMany(errors => errors.Keys)).OrderDescending().ToList();
        var ours = rows.Select(row => (row.Norm, Row: (row.Label, Cells: Rises(row, seeds, batches)))).ToList();
        var theirs = reference.Error.Select(norm =>
        {
            var rises = Reference.Rises(norm.Value).ToDictionary(point => point.Batch, point => new TableEntry { Kind = TableEntryKind.Published, Mean = point.Rise });
            return (Norm: norm.Key, Row: (Label: $"{NormLabel.Of(norm.Key)}, reference", Cells: (IReadOnlyList<TableEntry?>)[.. batches.Select(batch => rises.GetValueOrDefault(batch))]));
        }).ToList();

        // The reference's row of a norm stands right under our rows of it.
        var norms = ours.Select(row => row.Norm).Union(theirs.Select(row => row.Norm));
        return Of(
            $"rise of the error in points from each norm's own at its largest batch; reference: {reference.Source}",
            ["batch", .. batches.Select(batch => batch.ToString(CultureInfo.InvariantCulture))],
            [.. norms.SelectMany(norm => ours.Concat(theirs).Where(row => row.Norm == norm)).Select(row => row.Row)]);
    }

    private static IReadOnlyList<TableEntry?> Rises(Series row, Dictionary<Cell, Dictionary<long, double>> seeds, IReadOnlyList<int> batches)
    {
        var cells = row.Cells.Where(cell => seeds[cell.ToCell()].Count > 0).ToDictionary(cell => cell.Batch);
        if (cells.Count == 0)
            return [.. batches.Select(_ => (TableEntry?)null)];
        var largest = cells[cells.Keys.Max()];
        return [.. batches.Select(batch => !cells.TryGetValue(batch, out var cell) ? null : TableEntry.OfRise(cell, largest, Rise(cell)))];

        Estimate Rise(SummaryRow cell)
        {
            var (of, from) = (seeds[cell.ToCell()], seeds[largest.ToCell()]);
            return cell == largest ? new Estimate(of.Count, 0, null, null) : Statistics.PairedDifference(of, from);
        }
    }
}
