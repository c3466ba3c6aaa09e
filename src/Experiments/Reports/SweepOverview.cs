using System.Xml.Linq;
using Experiments.Core.Results.Tables;

namespace Experiments.Reports;

/// <summary>Several sweeps side by side: what each asked and found, with a link to its part of the page.</summary>
internal static class SweepOverview
{
    public static XElement Of(IReadOnlyList<SweepSections> sweeps) => new("section", new XAttribute("id", "overview"),
        new XElement("h2", "Overview"),
        SweepSections.Scrolling(HtmlTable.Of("the sweeps of this report", ["sweep", "asks", "trained", "runs"], sweeps.Select(part => new[]
        {
            HtmlTable.Label(new XElement("a", new XAttribute("href", $"#{part.Id}"), part.Sweep.Results.Name)),
            HtmlTable.Words(part.Sweep.Title),
            HtmlTable.Words(AskedSection.Trained(part.Sweep)),
            HtmlTable.Words(part.Sweep.Summary),
        }))),
        sweeps.Select(part => new XElement("div", new XElement("h3", part.Sweep.Results.Name), part.FindingList())));
}
