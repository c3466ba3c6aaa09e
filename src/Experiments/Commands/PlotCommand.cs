using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core.Figures;
using Experiments.Figures;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>plot</c>: figures from the CSVs of results folders, and from nothing else.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var command = new Command("plot", "Draw figures from the CSVs of results folders.");
        var folders = new Argument<string[]>("folder") { Description = "results folders, or runs.csv files; several are drawn together", Arity = ArgumentArity.OneOrMore, HelpName = "FOLDER" };
        var figure = new Option<string>("--figure") { Description = $"figures to draw, separated by commas: {string.Join(", ", FigureKinds.Names)} (default: as the sweep says, else error-against-batch)", HelpName = "NAME" };
        var norm = new Option<string>("--norm") { Description = "draw the runs of these norms only, separated by commas (default: all)", HelpName = "NAME,NAME" };
        var dataset = new Option<string>("--dataset") { Description = "draw the runs on this data set only (default: all)", HelpName = "NAME" };
        var noReference = new Option<bool>("--no-reference") { Description = "leave out the published numbers" };
        var title = new Option<string>("--title") { Description = "title above the figure (default: what it shows)", HelpName = "TEXT" };
        var noTitle = new Option<bool>("--no-title") { Description = "leave out the title, for a paper, where the caption says it" };
        var noNotes = new Option<bool>("--no-notes") { Description = "leave out the notes below the figure" };
        var width = new Option<string>("--width") { Description = "width of the figure, such as 3.3in (a paper's column) or 178mm (default: 4.2in, or 7in for panels side by side)", HelpName = "LENGTH" };
        var height = new Option<string>("--height") { Description = "height of the figure, such as 2.5in (default: as the panels need it)", HelpName = "LENGTH" };
        var fontSize = new Option<string>("--font-size") { Description = "size of the text in points (default: 8; titles are a point larger, notes a point smaller)", HelpName = "POINTS" };
        var format = new Option<string>("--format") { Description = "formats, separated by commas (default: svg,png,pdf)", HelpName = "svg,png,pdf" };
        var output = new Option<string>("--out") { Description = "folder for the figures (default: the first FOLDER)", HelpName = "FOLDER" };
        command.Arguments.Add(folders);
        foreach (var option in new Option[] { figure, norm, dataset, noReference, title, noTitle, noNotes, width, height, fontSize, format, output })
            command.Options.Add(option);
        command.SetAction(result =>
        {
            FigureReport.Draw(result.GetValue(folders)!, new FigureRequest
            {
                Kinds = Listed(result.GetValue(figure), FigureKinds.Parse),
                Norms = Listed(result.GetValue(norm), name => name),
                Dataset = result.GetValue(dataset),
                HasReferences = !result.GetValue(noReference),
                Title = result.GetValue(title),
                Formats = Listed(result.GetValue(format), TypedText.Format<FigureFormat>),
                Output = result.GetValue(output),
                Page = new FigurePage
                {
                    Width = result.GetValue(width) is { } across ? FigurePage.Length(across, width.Name) : null,
                    Height = result.GetValue(height) is { } down ? FigurePage.Length(down, height.Name) : null,
                    FontSize = result.GetValue(fontSize) is { } size ? FigurePage.Points(size, fontSize.Name) : new FigurePage().FontSize,
                    HasTitle = !result.GetValue(noTitle),
                    HasNotes = !result.GetValue(noNotes),
                },
            });
            return ExitCode.Done;
        });
        return command.WithExamples(
            "plot results/figure-1",
            "plot results/figure-1 --width 3.3in --no-title --no-notes --norm bn,gn --format pdf",
            "plot results/figure-1 --figure error-against-epoch,error-by-statistics --format png",
            "plot results/mine results/yours --title \"Two machines\" --out results/both");
    }

    private static List<T>? Listed<T>(string? names, Func<string, T> parse) => names is null ? null : [.. TypedText.List(names).Select(parse).Distinct()];
}
