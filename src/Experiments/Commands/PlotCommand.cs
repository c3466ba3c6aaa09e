using System.CommandLine;
using Experiments.Core.Figures;

namespace Experiments.Commands;

/// <summary><c>plot</c>: figures from the CSVs of results folders, and from nothing else.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var command = new Command("plot", "Draw figures from the CSVs of results folders.");
        var folders = new Argument<string[]>("folder") { Description = "results folders, or runs.csv files; several are drawn together", Arity = ArgumentArity.OneOrMore, HelpName = "FOLDER" };
        var figure = new Option<string>("--figure") { Description = $"which, separated by commas: {string.Join(", ", FigureKinds.Names)} (default: as the sweep says, else error-against-batch)", HelpName = "NAME" };
        var title = new Option<string>("--title") { Description = "the line above the figure (default: the sweep's)", HelpName = "TEXT" };
        var dataset = new Option<string>("--dataset") { Description = "draw the runs on this data set only (default: all)", HelpName = "NAME" };
        var format = new Option<string>("--format") { Description = "formats, separated by commas (default: svg,png,pdf)", HelpName = "svg,png,pdf" };
        var output = new Option<string>("--out") { Description = "where the figure goes (default: into the first folder)", HelpName = "FOLDER" };
        command.Arguments.Add(folders);
        foreach (var option in new Option[] { figure, title, dataset, format, output })
            command.Options.Add(option);
        command.SetAction(result =>
        {
            var kinds = result.GetValue(figure) is { } names ? CommandLine.SplitList(names).Select(FigureKinds.Parse).Distinct().ToList() : null;
            var formats = result.GetValue(format) is { } text ? CommandLine.SplitList(text).Select(CommandLine.Format<FigureFormat>).Distinct().ToList() : null;
            FigureReport.Draw(result.GetValue(folders)!, kinds, result.GetValue(title), result.GetValue(dataset), result.GetValue(output), formats);
            return ExitCode.Done;
        });
        return command.WithExamples(
            "plot results/figure-1",
            "plot results/figure-1 --figure error-against-epoch,error-by-statistics --format pdf",
            "plot results/mine results/yours --title \"Two machines\" --out results/both");
    }
}
