using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using Experiments.Core.Files;
using Experiments.Core.Results;

namespace Experiments.Reports;

/// <summary>
/// A report of results folders: one HTML file that needs nothing beside it. It reads in the order that a stranger asks: what was asked, what came out, how
/// sure it is, what each run did, on which machine, how to repeat it.
/// </summary>
internal static class ReportPage
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "report.html";

    /// <summary>The seconds after which a page loads itself anew while its sweep runs.</summary>
    public const int ReloadSeconds = 10;

    /// <summary>Reads folders and writes their report.</summary>
    /// <param name="folders">The folders.</param>
    /// <param name="file">The file.</param>
    /// <param name="isLive">Whether it is going to be written anew soon, so that the page loads itself anew.</param>
    /// <exception cref="Core.ExperimentException">A folder holds no results, or cannot be read, or the file cannot be written.</exception>
    public static void Write(IReadOnlyList<ResultsFolder> folders, string file, bool isLive = false)
    {
        var html = "<!DOCTYPE html>\n" + HtmlText.Write(Document([.. folders.Select(ReportedSweep.Read)], Path.GetDirectoryName(Path.GetFullPath(file))!, isLive));
        AtomicFile.WriteText(file, html);
    }

    private static XElement Document(IReadOnlyList<ReportedSweep> sweeps, string folder, bool isLive)
    {
        var title = sweeps.Count == 1 ? sweeps[0].Title : $"{sweeps.Count} sweeps side by side";
        var parts = sweeps.Select((sweep, index) => new SweepSections(sweep, folder, sweeps.Count == 1 ? "" : $"s{index + 1}-")).ToList();
        return new XElement("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("meta", new XAttribute("name", "color-scheme"), new XAttribute("content", "light dark")),
                isLive ? new XElement("meta", new XAttribute("http-equiv", "refresh"), new XAttribute("content", ReloadSeconds)) : null,
                new XElement("title", title),
                new XElement("style", Resource("report.css"))),
            new XElement("body", new XElement("main",
                new XElement("header",
                    new XElement("h1", title),
                    sweeps.Count == 1 ? parts[0].Standing(isLive) : null,
                    new XElement("p", new XAttribute("class", "small"), $"Written {Time(DateTime.UtcNow)}{(isLive ? $"; the page loads itself anew every {ReloadSeconds} seconds until the sweep has ended" : "")}.")),
                sweeps.Count == 1 ? parts[0].All() : [SweepOverview.Of(parts), .. parts.Select(part => part.Together())]),
                new XElement("script", Resource("report.js"))));
    }

    private static string Time(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return "\n" + reader.ReadToEnd();
    }
}
