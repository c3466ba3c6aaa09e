using System.Globalization;
using System.Text;

namespace Experiments.Core.Results;

/// <summary>Results as lines of text for a terminal: a row a norm, a column a batch size.</summary>
public static class TextTable
{
    private const string Nothing = "-";

    /// <summary>Errors: mean, standard deviation, and in brackets the seeds they are over, with those that diverged.</summary>
    public static string Errors(IReadOnlyList<SummaryRow> summary)
    {
        var batches = Batches(summary);
        var measures = summary.Select(cell => cell.ErrorMeasure).OfType<string>().Distinct().ToList();
        var heading = $"error in %{(measures is [var measure] ? $" ({measure})" : "")}: mean ± standard deviation (seeds)";
        return Align(heading, Header("batch", batches), Series.AgainstBatch(summary).Select(series => (IReadOnlyList<string>)
            [series.Label, .. batches.Select(batch => Text(series.Cells.FirstOrDefault(cell => cell.Batch == batch)))]));
    }

    /// <summary>
    /// Each norm's rise from its own value at its largest batch size, ours (mean over seeds, each less its own value there, with the
    /// 95% interval) above the reference's.
    /// </summary>
    public static string Rises(IReadOnlyList<RunRow> runs, Reference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        var summary = SummaryRow.Of(runs);
        var batches = Batches(summary).Union(reference.Error.Values.SelectMany(errors => errors.Keys)).OrderDescending().ToList();
        var ours = Series.AgainstBatch(summary).Select(series =>
            (series.Norm, Row: (IReadOnlyList<string>)[series.Label, .. Rises(series, runs, batches)])).ToList();
        var theirs = reference.Error.Select(norm =>
        {
            var rises = Reference.Rises(norm.Value).ToDictionary(point => point.Batch, point => Signed(point.Rise));
            return (Norm: norm.Key, Row: (IReadOnlyList<string>)
                [$"{NormLabel.Of(norm.Key)}, reference", .. batches.Select(batch => rises.GetValueOrDefault(batch, Nothing))]);
        }).ToList();

        // A norm's reference stands right under ours.
        var norms = ours.Select(row => row.Norm).Union(theirs.Select(row => row.Norm));
        var rows = norms.SelectMany(norm => ours.Concat(theirs).Where(row => row.Norm == norm)).Select(row => row.Row);
        return Align(
            $"rise of the error in points from each norm's own at its largest batch; reference: {reference.Source}", Header("batch", batches), rows);
    }

    private static IEnumerable<string> Rises(Series series, IReadOnlyList<RunRow> runs, IReadOnlyList<int> batches)
    {
        var cells = series.Cells.Where(cell => cell.N > 0).ToDictionary(cell => cell.Batch, cell => Errors(cell, runs));
        if (cells.Count == 0)
            return batches.Select(_ => Nothing);
        var largest = cells.Keys.Max();
        return batches.Select(batch =>
            !cells.TryGetValue(batch, out var errors) ? Nothing
            : batch == largest ? Signed(0)
            : Statistics.PairedDifference(errors, cells[largest]) is not { Mean: { } rise } difference ? Nothing
            : difference.HalfWidth is { } half ? $"{Signed(rise)} ± {Text(half)}"
            : Signed(rise));
    }

    private static Dictionary<long, double> Errors(SummaryRow cell, IReadOnlyList<RunRow> runs)
    {
        var key = cell.Alone();
        return runs.Where(run => run.Alone() == key).OnePerSeed().Finished().ToDictionary(run => run.Seed, run => run.Error!.Value);
    }

    private static List<int> Batches(IReadOnlyList<SummaryRow> summary) =>
        [.. summary.Select(cell => cell.Batch).Distinct().OrderDescending()];

    private static IReadOnlyList<string> Header(string first, IEnumerable<int> batches) =>
        [first, .. batches.Select(batch => batch.ToString(CultureInfo.InvariantCulture))];

    private static string Text(SummaryRow? cell) => cell switch
    {
        null => Nothing,
        { Mean: null, NDiverged: > 0 } => $"diverged ({cell.NDiverged})",
        { Mean: null, NFailed: > 0 } => $"failed ({cell.NFailed})",
        { Mean: null } => Nothing,
        _ => $"{Text(cell.Mean.Value)}{(cell.Sd is { } sd ? $" ± {Text(sd)}" : "")} ({cell.N}{(cell.NDiverged > 0 ? $", {cell.NDiverged} diverged" : "")})",
    };

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(double value) => Math.Round(value, 1) == 0 ? "0.0" : value.ToString("+0.0;-0.0", CultureInfo.InvariantCulture);

    /// <summary>A heading and, under it, columns that are as wide as their widest cell.</summary>
    /// <param name="heading">What the table shows.</param>
    /// <param name="header">The columns' names.</param>
    /// <param name="rows">The cells, as many in each row as there are names.</param>
    /// <param name="labels">So many columns, from the left, hold words and stand to the left; the others hold numbers.</param>
    public static string Align(string heading, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows, int labels = 1)
    {
        ArgumentNullException.ThrowIfNull(header);
        IReadOnlyList<IReadOnlyList<string>> lines = [header, .. rows];
        var widths = header.Select((_, column) => lines.Max(line => line[column].Length)).ToList();
        var text = new StringBuilder(heading).Append("\n\n");
        foreach (var line in lines)
        {
            var cells = line.Select((cell, column) => column < labels ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append(string.Join("   ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
