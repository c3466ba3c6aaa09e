using System.Globalization;
using System.Xml.Linq;
using Experiments.Core.Results.Tables;
using Experiments.Core.Sweeps;

namespace Experiments.Reports;

/// <summary>The sections of a report on one results folder.</summary>
/// <param name="sweep">The folder.</param>
/// <param name="home">The folder that the report lies in, from which its links lead.</param>
/// <param name="prefix">What the ids of the sections begin with; empty where the report is of one folder alone.</param>
internal sealed class SweepSections(ReportedSweep sweep, string home, string prefix)
{
    private const string Wide = "wide";

    /// <summary>The folder.</summary>
    public ReportedSweep Sweep { get; } = sweep;

    /// <summary>The id of the folder's part of the page.</summary>
    public string Id { get; } = $"{prefix}report";

    /// <summary>What the runs show, in sentences.</summary>
    public IReadOnlyList<Finding> Findings { get; } = Finding.Of(sweep.Rows);

    /// <summary>How far the runs are.</summary>
    /// <param name="isLive">Whether they are being trained by the process that writes the report.</param>
    public XElement Standing(bool isLive)
    {
        var done = Sweep.Runs.Count(run => run.Stage is RunStage.Finished or RunStage.Diverged);
        var underWay = Sweep.Runs.Where(run => run.Stage == RunStage.UnderWay)
            .Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Row.Run} {run.Progress?.Training.Fraction ?? 0:0%}")).ToList();
        return new XElement("div", new XAttribute("class", Sweep.IsDone ? "standing" : "standing open"),
            new XElement("p", $"{Sweep.Results.Name}: {Sweep.Summary}.{(Sweep.IsDone ? "" : " This report is of what there is so far.")}"),
            Sweep.IsDone ? null : new XElement("progress", new XAttribute("max", Sweep.Runs.Count), new XAttribute("value", done), new XAttribute("aria-label", "runs that have ended")),
            underWay.Count > 0 ? new XElement("p", $"Under way: {string.Join(", ", underWay)}.") : null,
            isLive || Sweep.Holder is not { } holder ? null : new XElement("p", $"A sweep works on it: {holder}."),
            Sweep.Remarks.Select(remark => new XElement("p", remark)));
    }

    /// <summary>All sections, one after the other.</summary>
    public IEnumerable<XElement> All() =>
    [
        Section("asked", "What was asked", AskedSection.Of(Sweep)),
        Section("found", "What came out", Found()),
        Section("figures", "Figures", Sweep.Rows.Count == 0 ? [Nothing()] : InlineFigure.Of(Sweep, Id)),
        Section("tables", "Tables", Tables()),
        Section("runs", "Runs", RunsSection.Of(Sweep, prefix)),
        Section("without", "What failed or diverged", RunsSection.WithoutError(Sweep)),
        Section("machine", "Where it was computed", EnvironmentSection.Of(Sweep)),
        Section("repeat", "How to repeat it", RepeatSection.Of(Sweep)),
        Section("files", "Files", FilesSection.Of(Sweep, home)),
    ];

    /// <summary>All sections as one part of a page of several sweeps.</summary>
    public XElement Together() => new("section", new XAttribute("id", Id), new XAttribute("class", "sweep"),
        new XElement("h2", Sweep.Title == Sweep.Results.Name ? Sweep.Title : $"{Sweep.Results.Name}: {Sweep.Title}"), Standing(isLive: false), All());

    /// <summary>What the runs show, as a list.</summary>
    public XElement FindingList() => Findings.Count == 0 ? new XElement("p", Sweep.Rows.Count == 0 ? "No run has ended yet." : "There are no two points of the grid to compare yet: see the table.")
        : new XElement("ul", new XAttribute("class", "findings"), Findings.Select(finding => new XElement("li", finding.Before, new XElement("strong", finding.Distance), finding.After)));

    /// <summary>A table in a box of its own, which scrolls where the page is too narrow for it.</summary>
    internal static XElement Scrolling(XElement table) => new("div", new XAttribute("class", Wide), new XAttribute("tabindex", "0"), new XAttribute("role", "region"),
        new XAttribute("aria-label", table.Element("caption")?.Value ?? "table"), table);

    /// <summary>A table of results in such a box, and its notes below it.</summary>
    internal static IEnumerable<XElement> WithNotes(ResultTable table) => [Scrolling(HtmlTable.Of(table)), .. HtmlTable.Notes(table)];

    private XElement Section(string id, string heading, IEnumerable<XElement> content) =>
        new("section", new XAttribute("id", prefix + id), new XElement(prefix.Length == 0 ? "h2" : "h3", heading), content);

    private IEnumerable<XElement> Found() =>
    [
        FindingList(),
        new XElement("p", new XAttribute("class", "small"), "Errors are means over seeds. A distance is taken seed by seed (paired), and its 95% interval is by Student's t: over many repetitions of the "
            + "whole experiment with other seeds, 95% of such intervals would hold the true distance. It covers chance in seeds alone, not another data set, network or protocol."),
    ];

    private IEnumerable<XElement> Tables() => Sweep.Rows.Count == 0 ? [Nothing()]
        : ResultTable.Of(Sweep.Rows, references: Sweep.Sweep?.References ?? []).SelectMany(WithNotes);

    private static XElement Nothing() => new("p", "No run has ended yet.");
}
