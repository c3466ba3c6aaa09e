using System.Xml.Linq;

namespace Experiments.Core.Results.Tables;

/// <summary>Tables as elements of HTML.</summary>
public static class HtmlTable
{
    private const string EnDash = "\u2013";
    private const string Minus = "\u2212";

    // The characters of a cell from which on it may be broken into lines.
    private const int LongestLine = 40;

    /// <summary>A table of results, its heading as the caption.</summary>
    public static XElement Of(ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Of(table.Heading, table.Header, table.Rows.Select(row => row.Select((text, column) => column == 0 ? Label(text) : Cell(text))));
    }

    /// <summary>What stands below a table of results, a paragraph for each note.</summary>
    public static IEnumerable<XElement> Notes(ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Notes.Select(note => new XElement("p", new XAttribute("class", "small"), note));
    }

    /// <summary>A table.</summary>
    /// <param name="caption">What it shows.</param>
    /// <param name="header">The columns' names.</param>
    /// <param name="rows">The cells of each row, each a label or a cell of this class.</param>
    public static XElement Of(string caption, IEnumerable<string> header, IEnumerable<IEnumerable<XElement>> rows)
    {
        var body = new XElement("tbody", rows.Select(row => new XElement("tr", row)));
        var kinds = body.Element("tr")?.Elements().Select(cell => cell.Attribute("class")?.Value).ToList() ?? [];
        return new XElement("table", new XElement("caption", caption),
            new XElement("thead", new XElement("tr", header.Select((name, column) => new XElement("th", new XAttribute("scope", "col"),
                kinds.ElementAtOrDefault(column) is { } kind ? new XAttribute("class", kind) : null, name)))),
            body);
    }

    /// <summary>A cell with words, which begin at the left; numbers end at the right.</summary>
    public static XElement Words(string? text) => new("td", new XAttribute("class", text is { Length: > LongestLine } ? "words long" : "words"), text);

    /// <summary>The cell that a row is named by.</summary>
    public static XElement Label(params object[] content) => new("th", new XAttribute("scope", "row"), content);

    /// <summary>A cell with text. A minus sign is as wide as a plus sign, and no result is a dash.</summary>
    public static XElement Cell(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new("td", text == ResultTable.Nothing ? EnDash : text is ['-', >= '0' and <= '9', ..] ? Minus + text[1..] : text);
    }

    /// <summary>A cell whose text does not sort as its value does, such as a time in words.</summary>
    /// <param name="value">What the table is sorted by; null: nothing, and the cell comes last.</param>
    /// <param name="content">What the cell shows.</param>
    public static XElement Cell(double? value, params object?[] content) =>
        new("td", new XAttribute("data-value", value is { } number ? FormattableString.Invariant($"{number:R}") : ""), content);
}
