using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Tables;
using Experiments.Core.Sweeps;

namespace Experiments.Commands;

/// <summary><c>table</c>: the paper's tables from the CSVs of results folders, and from nothing else.</summary>
internal static class TableCommand
{
    public static Command Create()
    {
        var command = new Command("table", "Print the results of folders as tables: errors, their differences to BN's, and their rises beside the published ones.");
        var folders = new Argument<string[]>("folder") { Description = "results folders, or runs.csv files; several are read as one", Arity = ArgumentArity.OneOrMore, HelpName = "FOLDER" };
        var format = new Option<string>("--format") { Description = "format of the tables (default: text)", HelpName = "text|markdown|latex|html" };
        var rows = new Option<string>("--rows") { Description = "column of runs.csv that the rows are named by (default: norm, and whatever else differs)", HelpName = "COLUMN" };
        var columns = new Option<string>("--columns") { Description = "column of runs.csv that has a column for each of its values (default: the first that varies of batch, groups, channels_per_group, lr)", HelpName = "COLUMN" };
        var value = new Option<string>("--value") { Description = $"error that is shown (default: {ResultTable.Values[0]})", HelpName = string.Join('|', ResultTable.Values) };
        var dataset = new Option<string>("--dataset") { Description = "print the runs on this data set only (default: all)", HelpName = "NAME" };
        command.Arguments.Add(folders);
        foreach (var option in new Option[] { format, rows, columns, value, dataset })
            command.Options.Add(option);
        command.SetAction(result =>
        {
            var how = result.GetValue(format) is { } name ? TypedText.Format<TableFormat>(name) : TableFormat.Text;
            var paths = result.GetValue(folders)!;
            var of = result.GetValue(dataset);
            var runs = ResultsFolder.ReadRuns(paths).Where(run => of is null || run.Dataset == of).ToList();
            if (runs.Count == 0)
                throw new ExperimentException($"There are no runs{(of is null ? "" : $" on {of}")} in {string.Join(", ", paths)}.");
            var sweep = new SweepFolder(ResultsFolder.At(paths[0])).Read();
            var tables = ResultTable.Of(runs, new TableLayout(result.GetValue(rows), result.GetValue(columns), result.GetValue(value)), sweep?.References ?? []);
            Console.Write(string.Join('\n', tables.Select(table => table.Write(how))));
            return ExitCode.Done;
        });
        return command.WithExamples(
            "table results/figure-1",
            "table results/figure-1 --format latex --value error_population",
            "table results/mine results/yours --rows model --columns norm --format markdown");
    }
}
