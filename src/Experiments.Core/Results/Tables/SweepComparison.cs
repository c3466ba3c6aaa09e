using Experiments.Core.Files;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>A sweep to be compared with others.</summary>
/// <param name="Name">What its columns are called.</param>
/// <param name="Runs">Its runs.</param>
public sealed record NamedRuns(string Name, IReadOnlyList<RunRow> Runs)
{
    /// <summary>The runs of results folders, each under its folder's name; a folder that is given twice counts once.</summary>
    /// <exception cref="ExperimentException">There is no such folder, or its runs cannot be read.</exception>
    public static IReadOnlyList<NamedRuns> Read(IReadOnlyList<string> folders)
    {
        List<string> paths = [.. folders.DistinctBy(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(ResultsFolder.At(folder).Root)))];
        var names = ResultsFolder.Names(paths);
        return [.. paths.Select(path => new NamedRuns(names[path], ResultsFolder.ReadRuns(path)))];
    }
}

/// <summary>Tables that compare sweeps: of each pair of cells both errors and their difference, paired over seeds.</summary>
public static class SweepComparison
{
    // The columns of runs.csv, beside the options, by which a reader judges whether two sweeps may be compared at all.
    private static readonly IReadOnlyList<Column> Circumstances =
    [
        .. Column.Of(typeof(RunRow)).Where(column => column.Property is nameof(RunRow.ImagesChecksum) or nameof(RunRow.EngineVersion) or nameof(RunRow.Threads)
            or nameof(RunRow.Cpu) or nameof(RunRow.Version) or nameof(RunRow.Commit)),
    ];

    // A note names so many values of a column and no more.
    private const int Named = 4;

    /// <summary>A table for each further sweep, which compares it with the first.</summary>
    /// <exception cref="ExperimentException">Two sweeps share no cell or no seed, or the layout names what does not exist.</exception>
    public static IReadOnlyList<ResultTable> Of(IReadOnlyList<NamedRuns> sweeps, TableLayout? layout = null)
    {
        ArgumentNullException.ThrowIfNull(sweeps);
        return [.. sweeps.Skip(1).Select(other => Of(sweeps[0], other, layout ?? new TableLayout()))];
    }

    private static ResultTable Of(NamedRuns first, NamedRuns second, TableLayout layout)
    {
        var value = ResultTable.Selector(layout);
        var (ours, theirs) = (SummaryRow.Of(first.Runs), SummaryRow.Of(second.Runs));
        var shared = SweepPairs.Of(ours, theirs);
        if (shared.Pairs.Count == 0)
            throw new ExperimentException(NothingShared(first, second, ours, theirs, shared));
        var (ourSeeds, theirSeeds) = (ResultTable.Seeds(first.Runs, value), ResultTable.Seeds(second.Runs, value));
        Estimate Difference((SummaryRow First, SummaryRow Second) pair) => Statistics.PairedDifference(theirSeeds[pair.Second.ToCell()], ourSeeds[pair.First.ToCell()]);
        if (shared.Pairs.All(pair => Difference(pair).N == 0))
        {
            throw new ExperimentException($"{first.Name} and {second.Name} share {Count(shared.Pairs.Count, "cell")} and no seed that finished in both: there are {Seeds(first)} in {first.Name} "
                + $"and {Seeds(second)} in {second.Name}.");
        }

        var rows = Labels(shared, layout.Rows).Select(pair => (pair.Label, Cells: (IReadOnlyList<TableEntry?>)
        [
            TableEntry.OfMean(pair.First, Statistics.Estimate(ourSeeds[pair.First.ToCell()].Values)),
            TableEntry.OfMean(pair.Second, Statistics.Estimate(theirSeeds[pair.Second.ToCell()].Values)),
            Difference((pair.First, pair.Second)) is { N: > 0 } difference ? TableEntry.OfDifference(new(pair.Second.ToCell(), pair.First.ToCell(), difference)) : null,
        ])).ToList();
        var table = ResultTable.Of(
            $"{ResultTable.ValueOf(layout, [.. ours, .. theirs])}: mean ± standard deviation (seeds); difference in points, paired over seeds: mean ± 95% interval (seeds)",
            ["norm", first.Name, second.Name, $"{second.Name} - {first.Name}"], rows);
        return table with { Notes = [.. Notes(first, second, ours, theirs, shared, ourSeeds, theirSeeds), .. table.Notes] };
    }

    /// <summary>The pairs in the order of the rows, each with its label: what tells it from others and is the same in both of its cells.</summary>
    private static IEnumerable<(string Label, SummaryRow First, SummaryRow Second)> Labels(SweepPairs shared, string? leading)
    {
        var cells = shared.Pairs.SelectMany(pair => new[] { pair.First, pair.Second }).DistinctBy(cell => cell.ToCell()).ToList();
        var pairs = shared.Pairs.ToLookup(pair => pair.First.ToCell());
        var (first, second) = (shared.Pairs.Select(pair => pair.First).Distinct().ToList(), shared.Pairs.Select(pair => pair.Second).Distinct().ToList());
        foreach (var row in TableAxis.Along(cells, shared.Apart).Rows(cells, leading))
        {
            var its = row.Cells.SelectMany(cell => pairs[cell.ToCell()]).Distinct().ToList();

            // Where a cell has several partners, these are told apart by the options that the two sweeps do not share.
            var several = its.Select(pair => pair.First).Distinct().Count() > 1 ? OwnLabels(first, shared.Apart) : its.Count > 1 ? OwnLabels(second, shared.Apart) : null;
            foreach (var pair in its)
            {
                var own = several is null ? "" : several.GetValueOrDefault(pair.First.ToCell()) ?? several.GetValueOrDefault(pair.Second.ToCell()) ?? "";
                var label = string.Join(", ", new[] { row.Label, own }.Where(part => part.Length > 0));
                yield return (label.Length > 0 ? label : "all", pair.First, pair.Second);
            }
        }
    }

    private static Dictionary<Cell, string> OwnLabels(IReadOnlyList<SummaryRow> cells, IReadOnlyList<string> apart)
    {
        var norm = apart.Intersect(Series.NormColumns).Any() ? Series.NormColumns : [];
        var others = Series.CellColumns.Select(column => column.Property).Except([.. apart, .. norm]).ToList();
        return Series.Along(cells, others).SelectMany(series => series.Cells.Select(cell => (cell, series.Label))).ToDictionary(pair => pair.cell.ToCell(), pair => pair.Label);
    }

    private static IEnumerable<string> Notes(
        NamedRuns first, NamedRuns second, IReadOnlyList<SummaryRow> ours, IReadOnlyList<SummaryRow> theirs, SweepPairs shared,
        Dictionary<Cell, Dictionary<long, double>> ourSeeds, Dictionary<Cell, Dictionary<long, double>> theirSeeds)
    {
        var differing = Series.CellColumns.Where(column => shared.Pairs.Any(pair => column.Text(pair.First) != column.Text(pair.Second))).ToList();
        yield return differing.Count == 0 ? "The two cells of a row have the same options."
            : $"The two cells of a row differ in {string.Join("; ", differing.Select(column => Values(column, first.Name, shared.Pairs.Select(pair => pair.First), second.Name, shared.Pairs.Select(pair => pair.Second))))}.";
        var made = Circumstances.Where(column => !first.Runs.Select(column.Text).Intersect(second.Runs.Select(column.Text)).Any()).Select(column => column.Name).ToList();
        if (made.Count > 0)
            yield return $"By runs.csv the two sweeps have no {string.Join(" and no ", made)} in common.";
        var (usOnly, themOnly) = (ours.Count - shared.Pairs.Select(pair => pair.First).Distinct().Count(), theirs.Count - shared.Pairs.Select(pair => pair.Second).Distinct().Count());
        if (usOnly + themOnly > 0)
        {
            yield return $"Left out are cells without a partner: {usOnly} of {ours.Count} in {first.Name}, {themOnly} of {theirs.Count} in {second.Name}."
                + (shared.Unclear.First == 0 ? "" : $" {shared.Unclear.First} and {shared.Unclear.Second} of these would fit several of each other.");
        }

        var alone = (First: shared.Pairs.Sum(pair => Alone(ourSeeds, pair.First, theirSeeds, pair.Second)), Second: shared.Pairs.Sum(pair => Alone(theirSeeds, pair.Second, ourSeeds, pair.First)));
        if (alone.First + alone.Second > 0)
            yield return $"Differences are over the seeds that finished in both cells of a row: {Count(alone.First, "run")} of {first.Name} and {alone.Second} of {second.Name} have no partner.";
        var same = first.Runs.Select(run => (run.Run, run.Started, run.Host)).Intersect(second.Runs.Select(run => (run.Run, run.Started, run.Host))).Count();
        if (same > 0)
            yield return $"{Count(same, "run")} {(same == 1 ? "lies" : "lie")} in both folders, and {(same == 1 ? "differs" : "differ")} from {(same == 1 ? "itself" : "themselves")} by 0.";
    }

    private static int Alone(Dictionary<Cell, Dictionary<long, double>> seeds, Cell cell, Dictionary<Cell, Dictionary<long, double>> others, Cell other) =>
        seeds[cell.ToCell()].Keys.Except(others[other.ToCell()].Keys).Count();

    // The nearest two cells say best what keeps the sweeps apart.
    private static string NothingShared(NamedRuns first, NamedRuns second, IReadOnlyList<SummaryRow> ours, IReadOnlyList<SummaryRow> theirs, SweepPairs shared)
    {
        var apart = Series.CellColumns.Where(column => shared.Apart.Contains(column.Property) && !ours.Select(column.Text).SequenceEqual(theirs.Select(column.Text))).ToList();
        var differ = apart.Count == 0 ? "" : $"They differ in {string.Join("; ", apart.Select(column => Values(column, first.Name, ours, second.Name, theirs)))}";
        if (shared.Unclear.First > 0)
            return $"{first.Name} and {second.Name} share no cell that pairs with one other. {differ}, and in all else {shared.Unclear.First} cells of one fit {shared.Unclear.Second} of the other.";
        var nearest = ours.SelectMany(one => theirs.Select(other => SweepPairs.Differing(one, other).Where(column => !shared.Apart.Contains(column.Property)).ToList())).MinBy(columns => columns.Count)!;
        return $"{first.Name} and {second.Name} share no cell. {(differ.Length == 0 ? "Even" : $"{differ}, and even")} the two nearest cells have another {string.Join(" and ", nearest.Select(column => column.Name))}.";
    }

    private static string Values(Column column, string first, IEnumerable<Cell> ours, string second, IEnumerable<Cell> theirs) => $"{column.Name} ({Texts(column, ours)} in {first}, {Texts(column, theirs)} in {second})";

    private static string Texts(Column column, IEnumerable<Cell> cells)
    {
        var texts = cells.Select(column.Text).Distinct().Select(text => text.Length == 0 ? "none" : text).ToList();
        return string.Join(", ", texts.Take(Named)) + (texts.Count > Named ? ", ..." : "");
    }

    private static string Seeds(NamedRuns sweep) => $"the seeds {string.Join(", ", sweep.Runs.Select(run => run.Seed).Distinct().Order())}";

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
