using System.Xml.Linq;
using Experiments.Core.Figures;

namespace Experiments.Reports;

/// <summary>Links to the files that a results folder holds beside the report.</summary>
internal static class FilesSection
{
    private static readonly IReadOnlyDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["sweep.yaml"] = "the sweep as resolved: every value, defaults included",
        ["runs.csv"] = "one row a run",
        ["epochs.csv"] = "one row a run and epoch",
        ["summary.csv"] = "one row a point of the grid: mean, standard deviation, 95% interval over seeds",
        ["differences.csv"] = "one row a point and norm: the difference to BN, paired over equal seeds",
    };

    public static IEnumerable<XElement> Of(ReportedSweep sweep, string home)
    {
        var files = Known.Keys.Concat(Directory.EnumerateFiles(sweep.Results.Root).Select(file => Path.GetFileName(file)).Where(IsResult).Order(StringComparer.Ordinal)).Distinct()
            .Where(name => File.Exists(Path.Combine(sweep.Results.Root, name)));
        yield return new XElement("ul", files.Select(name => new XElement("li",
            new XElement("a", new XAttribute("href", Link(Path.Combine(sweep.Results.Root, name), home)), name), Describe(name) is { } words ? $": {words}" : null)));
        yield return new XElement("p", new XAttribute("class", "small"), "The links lead to files beside this one; docs/results.md of the program describes every column.");
    }

    private static bool IsResult(string name) => !name.StartsWith('.') && Path.GetExtension(name) is ".csv" or ".svg" or ".png" or ".pdf";

    private static string? Describe(string name) => Known.GetValueOrDefault(name)
        ?? FigureKinds.All.Where(kind => kind.DataFile == name).Select(kind => $"the points that {kind.Name} shows").FirstOrDefault()
        ?? FigureKinds.All.Where(kind => kind.File == name).Select(kind => $"what runs measured for {kind.Name}").FirstOrDefault();

    // A link's parts are escaped one by one, since a folder's name may hold what has a meaning in addresses.
    private static string Link(string file, string home) =>
        string.Join('/', Path.GetRelativePath(home, Path.GetFullPath(file)).Split(Path.DirectorySeparatorChar).Select(part => part == ".." ? part : Uri.EscapeDataString(part)));
}
