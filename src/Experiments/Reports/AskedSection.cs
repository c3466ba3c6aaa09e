using System.Globalization;
using System.Xml.Linq;
using Experiments.Core.Data;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Reports;

/// <summary>What was asked: what was trained on what, what differs between the runs, and what the experiment's file says.</summary>
internal static class AskedSection
{
    public static IEnumerable<XElement> Of(ReportedSweep sweep)
    {
        if (sweep.Runs.Count == 0)
            return [new XElement("p", "The folder holds no runs.")];
        var runs = sweep.Runs.Select(run => run.Row).ToList();
        var protocol = Protocol.Of(runs);
        return
        [
            new XElement("p", $"{(runs.Count == 1 ? "One run trains" : $"Each of {runs.Count} runs trains")} {Trained(sweep)}. {ErrorIs(runs)}"),
            .. sweep.Sweep?.Source is { } source ? [new XElement("p", $"The experiment is from {source}.")] : Array.Empty<XElement>(),
            .. protocol.Differing.Count == 0 ? [] : Differing(protocol, runs),
            new XElement("details", new XElement("summary", "The settings that are the same for all runs"), SweepSections.Scrolling(Same(protocol))),
            .. Head(sweep),
        ];
    }

    /// <summary>What was trained, on what, in a few words.</summary>
    public static string Trained(ReportedSweep sweep)
    {
        var runs = sweep.Runs.Select(run => run.Row).ToList();
        return $"{Listed(runs.Select(run => $"{run.Model} ({Number(run.Parameters)} parameters)"))} for {Listed(runs.Select(run => run.Epochs == 1 ? "1 epoch" : $"{Number(run.Epochs)} epochs"))} on {Listed(runs.Select(Images))}";
    }

    private static string Images(RunRow run)
    {
        var known = DatasetCatalog.All.FirstOrDefault(set => set.Name == run.Dataset);
        var count = run.TrainLimit ?? (run.Classes is null ? known?.TrainCount - run.Validation : null);
        return $"{(count is { } images ? $"{Number(images)} images" : "the images")} of {known?.Title ?? run.Dataset}{(run.Classes is { } classes ? $" (classes {classes})" : "")}";
    }

    private static string ErrorIs(IReadOnlyList<RunRow> runs)
    {
        var tested = runs.Select(run => run.Validation > 0 ? $"{Number(run.Validation)} images held out of the training set"
            : (run.TestLimit ?? (run.Classes is null ? DatasetCatalog.All.FirstOrDefault(set => set.Name == run.Dataset)?.TestCount : null)) is { } count ? $"{Number(count)} test images" : "the test images");
        var measure = runs.Select(run => run.ErrorMeasure ?? ReportedError.Name(run.Epochs)).Select(name => name switch
        {
            "last" => "after the last epoch",
            "median-of-last-5" => "as the median of the last five epochs",
            _ => name,
        });
        return $"Its error is the share of {Listed(tested)} that the trained network puts into a wrong class, in percent, {Listed(measure)}; BN and its like are evaluated with their moving averages.";
    }

    private static IEnumerable<XElement> Differing(Protocol protocol, IReadOnlyList<RunRow> runs) =>
    [
        new XElement("p", "The runs are the combinations of:"),
        new XElement("dl", protocol.Differing.SelectMany(setting => new[]
        {
            new XElement("dt", Words(setting.Column)),
            new XElement("dd", string.Join(", ", setting.Values), setting.Column == "norm" ? new XElement("div", new XAttribute("class", "small"), Titles(runs)) : null),
        })),
    ];

    // What the abbreviations stand for.
    private static string Titles(IReadOnlyList<RunRow> runs) => string.Join("; ",
        NormCatalog.Entries.Where(entry => runs.Any(run => run.Norm == entry.Name)).Select(entry => $"{entry.Label} is {entry.Title}"));

    private static XElement Same(Protocol protocol) => HtmlTable.Of("settings that are the same for all runs", ["setting", "value", "what it is"],
        protocol.Same.Select(setting => new[]
        {
            HtmlTable.Label(Words(setting.Column)),
            HtmlTable.Words(setting.Value),
            HtmlTable.Words(RunOptions.Find(setting.Column.Replace('_', '-'))?.Help),
        }));

    private static IEnumerable<XElement> Head(ReportedSweep sweep)
    {
        if (sweep.Sweep is not { } asked)
            return [];
        var kept = asked.Head;
        var found = kept is null ? SweepSource.HeadOf(asked) : null;
        if ((kept ?? found?.Head) is not { } head)
            return [];
        var from = found is { } file ? $"From the head of {file.File} as it is in this program's repository; the results folder keeps no copy of it." : "From the head of the file that the sweep was read from.";
        return
        [
            new XElement("details", new XAttribute("open", ""), new XElement("summary", "What the experiment's file says"),
                new XElement("p", new XAttribute("class", "small"), $"{from} It speaks of all forms of the experiment, short and long."),
                ExperimentHead.Of(head)),
        ];
    }

    private static string Words(string column) => column.Replace('_', ' ');

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Listed(IEnumerable<string> values) => values.Distinct().ToList() switch
    {
        [var only] => only,
        [.. var others, var last] => $"{string.Join(", ", others)} or {last}",
        [] => "",
    };
}
