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
public sealed record TableLayout(string? Rows = null, string? Columns = null, string? Value = null);

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

    /// <summary>What a table may show: columns of runs.csv.</summary>
    public static IReadOnlyList<string> Values { get; } = [.. Selectors.Select(selector => selector.Name)];

    /// <summary>The columns of runs.csv that <see cref="TableLayout.Rows"/> and <see cref="TableLayout.Columns"/> may name.</summary>
    public static IReadOnlyList<string> ColumnNames { get; } = [.. Series.CellColumns.Select(column => column.Name)];

    /// <summary>
    /// The tables of these runs. The first has mean, standard deviation and number of seeds. If BN is among the norms, another has each norm's
    /// difference to BN, paired over seeds. If the columns are batch sizes, there is one for each reference: each norm's rise from its own value at
    /// its largest batch, ours and the reference's.
    /// </summary>
    /// <exception cref="ExperimentException">The layout names a column or value that does not exist, or one column twice.</exception>
    public static IReadOnlyList<ResultTable> Of(IReadOnlyList<RunRow> runs, TableLayout? layout = null, IReadOnlyList<Reference>? references = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        layout ??= new TableLayout();
        var value = layout.Value ?? Values[0];
        var selected = Selectors.FirstOrDefault(selector => selector.Name == value).Of ?? throw new ExperimentException(Suggestion.Unknown("value", value, Values));
        var summary = SummaryRow.Of(runs);
        var axis = TableAxis.Of(summary, layout.Columns);
        var rows = axis.Rows(summary, layout.Rows);
        var seeds = runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell =>
            (IReadOnlyDictionary<long, double>)cell.OnePerSeed().Finished().Where(run => selected(run) is not null).ToDictionary(run => run.Seed, run => selected(run)!.Value));
        var measures = summary.Select(cell => cell.ErrorMeasure).OfType<string>().Distinct().ToList();
        var measure = value != "train_error" && measures is [var only] ? $" ({only})" : "";
        var tables = new List<ResultTable>
        {
            axis.Table($"{value.Replace('_', ' ')} in %{measure}: mean ± standard deviation (seeds)", value, rows, cell => Text(cell, seeds[cell.ToCell()])),
        };
        var differences = DifferenceRow.Of(runs, selected).Where(row => row.BaselineNorm == "bn").ToDictionary(row => row.ToCell());
        if (differences.Count > 0)
        {
            tables.Add(axis.Table("difference to BN in points, paired over seeds: mean ± 95% interval (seeds)", "difference",
                [.. rows.Where(row => row.Cells.Any(cell => differences.ContainsKey(cell.ToCell())))],
                cell => differences.TryGetValue(cell.ToCell(), out var difference) ? Text(difference) : Nothing));
        }

        if (axis.IsBatch && value != "train_error")
            tables.AddRange((references ?? []).Select(reference => Rises(rows, seeds, reference)));
        return tables;
    }

    /// <summary>
    /// Each norm's rise from its own value at its largest batch size. Our row (the mean over seeds of each seed's rise, with the 95% interval)
    /// stands above the reference's. Rises are shown because the absolute errors of the two are not comparable.
    /// </summary>
    private static ResultTable Rises(IReadOnlyList<Series> rows, Dictionary<Cell, IReadOnlyDictionary<long, double>> seeds, Reference reference)
    {
        var batches = rows.SelectMany(row => row.Cells).Select(cell => cell.Batch).Union(reference.Error.Values.SelectMany(errors => errors.Keys)).OrderDescending().ToList();
        var ours = rows.Select(row => (row.Norm, Row: (IReadOnlyList<string>)[row.Label, .. Rises(row, seeds, batches)])).ToList();
        var theirs = reference.Error.Select(norm =>
        {
            var rises = Reference.Rises(norm.Value).ToDictionary(point => point.Batch, point => Signed(point.Rise));
            return (Norm: norm.Key, Row: (IReadOnlyList<string>)
                [$"{NormLabel.Of(norm.Key)}, reference", .. batches.Select(batch => rises.GetValueOrDefault(batch, Nothing))]);
        }).ToList();

        // The reference's row of a norm stands right under our rows of it.
        var norms = ours.Select(row => row.Norm).Union(theirs.Select(row => row.Norm));
        return new ResultTable(
            $"rise of the error in points from each norm's own at its largest batch; reference: {reference.Source}",
            ["batch", .. batches.Select(batch => batch.ToString(CultureInfo.InvariantCulture))],
            [.. norms.SelectMany(norm => ours.Concat(theirs).Where(row => row.Norm == norm)).Select(row => row.Row)]);
    }

    private static IEnumerable<string> Rises(Series row, Dictionary<Cell, IReadOnlyDictionary<long, double>> seeds, IReadOnlyList<int> batches)
    {
        var cells = row.Cells.Where(cell => seeds[cell.ToCell()].Count > 0).ToDictionary(cell => cell.Batch, cell => seeds[cell.ToCell()]);
        if (cells.Count == 0)
            return batches.Select(_ => Nothing);
        var largest = cells.Keys.Max();
        return batches.Select(batch =>
            !cells.TryGetValue(batch, out var errors) ? Nothing
            : batch == largest ? Signed(0)
            : Statistics.PairedDifference(errors, cells[largest]) is not { Mean: { } rise } difference ? Nothing
            : WithSpread(Signed(rise), difference.HalfWidth));
    }

    private static string Text(SummaryRow cell, IReadOnlyDictionary<long, double> seeds) => Statistics.Estimate([.. seeds.Values]) switch
    {
        { Mean: { } mean } estimate => $"{WithSpread(Text(mean), estimate.Sd)} ({estimate.N}{(cell.NDiverged > 0 ? $", {cell.NDiverged} diverged" : "")})",
        _ when cell.NDiverged > 0 => $"diverged ({cell.NDiverged})",
        _ when cell.NFailed > 0 => $"failed ({cell.NFailed})",
        _ => Nothing,
    };

    private static string Text(DifferenceRow difference) =>
        $"{WithSpread(Signed(difference.MeanDifference!.Value), difference.Ci95High - difference.MeanDifference)} ({difference.N})";

    private static string WithSpread(string middle, double? spread) => spread is { } width ? $"{middle} ± {Text(width)}" : middle;

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(double value) => Math.Round(value, 1) == 0 ? "0.0" : value.ToString("+0.0;-0.0", CultureInfo.InvariantCulture);
}
