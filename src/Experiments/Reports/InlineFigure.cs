using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Figures;

namespace Experiments.Reports;

/// <summary>Figures of a results folder as elements of a page.</summary>
internal static class InlineFigure
{
    /// <summary>The figures that the folder's sweep asks for; in place of one that cannot be drawn, a sentence that says why.</summary>
    /// <param name="sweep">The folder.</param>
    /// <param name="id">What the ids in the pictures begin with, so that those of several pictures differ.</param>
    public static IEnumerable<XElement> Of(ReportedSweep sweep, string id)
    {
        var data = new FigureData(sweep.Rows, sweep.Results.Root);
        return FigureReport.KindsOf(sweep.Sweep).Select((kind, index) => Of(kind, sweep, data, $"{id}-figure{index + 1}-"));
    }

    private static XElement Of(FigureKind kind, ReportedSweep sweep, FigureData data, string prefix)
    {
        try
        {
            var picture = FigureWriter.Svg(FigureBuilder.Build(FigureReport.SpecOf(kind, sweep.Sweep), data), new FigurePage());
            return new XElement("figure", new XElement("div", new XAttribute("class", "picture"), new XAttribute("tabindex", "0"), Named(picture, prefix)),
                new XElement("figcaption", Sentence(FigureKinds.Describe(kind).Shows)));
        }
        catch (ExperimentException error)
        {
            return new XElement("p", $"Not drawn: {kind.Name()}. {error.Message}");
        }
    }

    private static string Sentence(string words) => $"{char.ToUpperInvariant(words[0])}{words[1..]}.";

    /// <summary>The picture with a prefix before each id, and where ids are used.</summary>
    private static XElement Named(XElement picture, string prefix)
    {
        var ids = picture.DescendantsAndSelf().Attributes("id").Select(id => id.Value).ToHashSet();
        foreach (var attribute in picture.DescendantsAndSelf().Attributes())
        {
            if (attribute.Name.LocalName == "id")
                attribute.Value = prefix + attribute.Value;
            else if (attribute.Value.IndexOf('#', StringComparison.Ordinal) is var hash and >= 0 && ids.Contains(attribute.Value[(hash + 1)..].TrimEnd(')')))
                attribute.Value = attribute.Value.Insert(hash + 1, prefix);
        }

        return picture;
    }
}
