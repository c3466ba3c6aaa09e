using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Tables;

namespace Experiments.Reports;

/// <summary>
/// Several sweeps side by side: what each asked and found, with a link to its part of the page, and how each further one differs from the first in the cells
/// that they share.
/// </summary>
internal static class SweepOverview
{
    public static XElement Of(IReadOnlyList<SweepSections> sweeps)
    {
        var paths = ResultsFolder.Names([.. sweeps.Select(part => part.Sweep.Results.Root)]);
        var named = sweeps.Select(part => (Part: part, Name: paths[part.Sweep.Results.Root])).ToList();
        return new("section", new XAttribute("id", "overview"),
            new XElement("h2", "Overview"),
            SweepSections.Scrolling(HtmlTable.Of("the sweeps of this report", ["sweep", "asks", "trained", "runs"], named.Select(sweep => new[]
            {
                HtmlTable.Label(new XElement("a", new XAttribute("href", $"#{sweep.Part.Id}"), sweep.Name)),
                HtmlTable.Words(sweep.Part.Sweep.Title),
                HtmlTable.Words(AskedSection.Trained(sweep.Part.Sweep)),
                HtmlTable.Words(sweep.Part.Sweep.Summary),
            }))),
            named.Select(sweep => new XElement("div", new XElement("h3", sweep.Name), sweep.Part.FindingList())),
            named.Skip(1).Select(other => new XElement("div", new XElement("h3", $"{other.Name} compared with {named[0].Name}"), Compared(Runs(named[0]), Runs(other)))));
    }

    private static NamedRuns Runs((SweepSections Part, string Name) sweep) => new(sweep.Name, sweep.Part.Sweep.Rows);

    // Sweeps that share nothing may stand on one page all the same.
    private static IEnumerable<XElement> Compared(NamedRuns first, NamedRuns other)
    {
        var none = new[] { first, other }.Where(sweep => sweep.Runs.Count == 0).Select(sweep => sweep.Name).ToList();
        if (none.Count > 0)
            return [new XElement("p", $"There is nothing to compare yet: no run of {string.Join(" or ", none)} has ended.")];
        try
        {
            return SweepComparison.Of([first, other]).SelectMany(SweepSections.WithNotes);
        }
        catch (ExperimentException error)
        {
            return [new XElement("p", error.Message)];
        }
    }
}
