using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Results.Tables;
using Experiments.Core.Sweeps;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>table</c>: the paper's tables from the CSVs of results folders, and from nothing else.</summary>
internal static class TableCommand
{
    public static Command Create()
    {
        var command = new Command("table", "Print the results of a folder as tables: errors, their differences to a baseline's, and their rises beside the published ones. "
            + "Of several folders, print the errors of the cells that they share, and their differences to the first folder's.");
        var folders = new Argument<string[]>("folder") { Description = "results folders, or runs.csv files; others are compared with the first", Arity = ArgumentArity.OneOrMore, HelpName = "FOLDER" };
        var baseline = new Option<string>("--baseline") { Description = "what others are compared with: a norm, or a label such as \"GN (G=8)\" (default: bn)", HelpName = "NORM" };
        var merge = new Option<bool>("--merge") { Description = "read several folders as one, not as sweeps to compare" };
        var format = new Option<string>("--format") { Description = "format of the tables (default: text)", HelpName = "text|markdown|latex|html" };
        var json = new Option<bool>(JsonOutput.Name) { Description = JsonOutput.Description };
        var rows = new Option<string>("--rows") { Description = "column of runs.csv that the rows are named by (default: norm, and whatever else differs)", HelpName = "COLUMN" };
        var columns = new Option<string>("--columns") { Description = "column of runs.csv that has a column for each of its values (default: the first that varies of batch, groups, channels_per_group, lr)", HelpName = "COLUMN" };
        var value = new Option<string>("--value") { Description = $"error that is shown (default: {ResultTable.Values[0]})", HelpName = string.Join('|', ResultTable.Values) };
        var dataset = new Option<string>("--dataset") { Description = "print the runs on this data set only (default: all)", HelpName = "NAME" };
        baseline.Offer(NormCatalog.Entries.Select(entry => entry.Name));
        format.Offer(Enum.GetValues<TableFormat>().Select(one => one.ToString().ToLowerInvariant()));
        rows.Offer(ResultTable.ColumnNames);
        columns.Offer(ResultTable.ColumnNames);
        value.Offer(ResultTable.Values);
        command.Arguments.Add(folders);
        foreach (var option in new Option[] { baseline, merge, format, json, rows, columns, value, dataset })
            command.Options.Add(option);
        command.SetAction(result =>
        {
            if (result.GetValue(json) && result.GetValue(format) is { } other)
                throw new ExperimentException($"--json and --format {other} exclude each other: give one of them.");
            var how = result.GetValue(format) is { } name ? TypedText.Format<TableFormat>(name) : TableFormat.Text;
            var layout = new TableLayout(result.GetValue(rows), result.GetValue(columns), result.GetValue(value), result.GetValue(baseline));
            var tables = Tables(result.GetValue(folders)!, result.GetValue(dataset), result.GetValue(merge), layout);
            if (result.GetValue(json))
                JsonOutput.Write(new TableDocument { Folders = result.GetValue(folders)!, Value = layout.Value ?? ResultTable.Values[0], Tables = [.. tables.Select(TableOfDocument.Of)] });
            else
                Console.Write(string.Join('\n', tables.Select(table => table.Write(how))));
            return ExitCode.Done;
        });
        return command.WithExamples(
            "table results/figure-1",
            "table results/figure-1 --baseline gn",
            "table results/figure-1 --format latex --value error_population",
            "table results/mine results/yours",
            "table results/mine results/yours --merge --rows model --columns norm --format markdown");
    }

    private static IReadOnlyList<ResultTable> Tables(string[] paths, string? dataset, bool merge, TableLayout layout)
    {
        var sweeps = NamedRuns.Read(paths).Select(sweep => sweep with { Runs = [.. sweep.Runs.Where(run => dataset is null || run.Dataset == dataset)] }).ToList();
        if (sweeps.Where(sweep => sweep.Runs.Count == 0).Select(sweep => sweep.Name).ToList() is { Count: > 0 } empty && (!merge || empty.Count == sweeps.Count))
            throw new ExperimentException($"There are no runs{(dataset is null ? "" : $" on {dataset}")} in {string.Join(", ", empty)}.");
        if (merge || sweeps.Count == 1)
            return ResultTable.Of([.. sweeps.SelectMany(sweep => sweep.Runs).DistinctBy(run => run.Run)], layout, new SweepFolder(ResultsFolder.At(paths[0])).Read()?.References ?? []);
        if (layout.Baseline is not null)
            throw new ExperimentException("--baseline is for the cells of one folder; of several, others are compared with the first. --merge reads them as one.");
        if (layout.Columns is not null)
            throw new ExperimentException("--columns is for one folder; of several that are compared, each has a column. --merge reads them as one.");
        return SweepComparison.Of(sweeps, layout);
    }
}
