using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Experiments.Reports;

/// <summary>
/// The head of an experiment file as a list: an entry for each paragraph that begins with a word and a gap, as in <c>Differs     CIFAR-10 instead of
/// ImageNet</c>; the lines before the first of them are a paragraph. How long the experiment takes and what was seen are left out: that was of other runs, and
/// a report says it of its own.
/// </summary>
internal static partial class ExperimentHead
{
    private static readonly string[] OfOtherRuns = ["Takes", "Seen"];

    public static IEnumerable<XElement> Of(string head)
    {
        var entries = new List<(string Label, List<string> Lines)> { ("", []) };
        foreach (var line in head.Split('\n'))
        {
            var entry = Entry().Match(line);
            if (entry.Success)
                entries.Add((entry.Groups["label"].Value, [entry.Groups["text"].Value]));
            else
                entries[^1].Lines.Add(line.Trim());
        }

        var before = string.Join(' ', entries[0].Lines).Trim();
        if (before.Length > 0)
            yield return new XElement("p", before);
        var said = entries.Skip(1).Where(entry => !OfOtherRuns.Contains(entry.Label)).ToList();
        if (said.Count > 0)
            yield return new XElement("dl", said.SelectMany(entry => new[] { new XElement("dt", entry.Label), new XElement("dd", string.Join(' ', entry.Lines).Trim()) }));
    }

    [GeneratedRegex(@"^(?<label>\w[\w-]*) {2,}(?<text>\S.*)$")]
    private static partial Regex Entry();
}
