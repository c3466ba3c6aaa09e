using System.Globalization;
using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Results.Rows;
using Experiments.Display;

namespace Experiments.Reports;

/// <summary>Where the runs were computed, by their rows: machine, engine, versions, commit.</summary>
internal static class EnvironmentSection
{
    private static readonly IReadOnlyList<(string Name, Func<RunRow, string?> Of)> Parts =
    [
        ("machine", row => row.Host),
        ("processor", row => row.Cpu),
        ("engine", row => row.Engine),
        ("engine's library", row => row.EngineVersion),
        ("device", row => row.Device),
        ("precision", row => row.Precision),
        ("threads of a run", row => row.Threads.ToString(CultureInfo.InvariantCulture)),
        ("program", row => $"Experiments {row.Version}"),
        ("commit of the program", row => row.Commit),
        ("images (checksum)", row => row.ImagesChecksum is { } checksum ? $"{row.Dataset} {checksum}" : null),
    ];

    public static IEnumerable<XElement> Of(ReportedSweep sweep)
    {
        if (sweep.Rows.Count == 0)
            return [new XElement("p", "No run has ended yet.")];
        var rows = sweep.Rows;
        return
        [
            new XElement("dl", Parts.Select(part => (part.Name, Text: Distinct(rows, part.Of))).Append(("runs began", Began(rows))).Append(("computing time", Time(rows))).Append(("speed", Speed(rows)))
                .Where(part => part.Item2.Length > 0).SelectMany(part => new[] { new XElement("dt", part.Item1), new XElement("dd", part.Item2) })),
        ];
    }

    // Where runs differ, each value with the number of its runs.
    private static string Distinct(IReadOnlyList<RunRow> rows, Func<RunRow, string?> of)
    {
        var values = rows.GroupBy(row => of(row) ?? "").ToList();
        return values is [var only] ? only.Key : string.Join("; ", values.Select(value => $"{(value.Key.Length > 0 ? value.Key : "not known")} ({value.Count()} runs)"));
    }

    private static string Began(IReadOnlyList<RunRow> rows)
    {
        var (first, last) = (rows.Select(row => row.Started).Min(StringComparer.Ordinal)!, rows.Select(row => row.Started).Max(StringComparer.Ordinal)!);
        return first == last ? first : $"{first} to {last}";
    }

    private static string Time(IReadOnlyList<RunRow> rows) => rows.Sum(row => row.Seconds ?? 0) is > 0.0 and var seconds
        ? $"{TrainingDisplay.Describe(TimeSpan.FromSeconds(seconds))}, summed over the runs" : "";

    private static string Speed(IReadOnlyList<RunRow> rows) => rows.Select(row => row.ImagesPerSecond).OfType<double>().ToList() is { Count: > 0 } speeds
        ? string.Create(CultureInfo.InvariantCulture, $"{speeds.Min():N0} to {speeds.Max():N0} training images a second, median {Statistics.Median(speeds):N0}") : "";
}
