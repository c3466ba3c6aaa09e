using System.Text;
using System.Xml.Linq;

namespace Experiments.Core.Files;

/// <summary>
/// Writes HTML from a tree of elements. All text is escaped, so that a name or a log cannot become markup. XML's own writer would not do: HTML closes no
/// element by a slash, and reads scripts and styles as they are.
/// </summary>
public static class HtmlText
{
    private static readonly HashSet<string> Void = ["br", "col", "hr", "img", "input", "link", "meta", "wbr"];
    private static readonly HashSet<string> Verbatim = ["script", "style"];
    private static readonly HashSet<string> OnALineOfTheirOwn =
        ["head", "meta", "title", "style", "body", "header", "main", "footer", "section", "nav", "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "div", "figure",
            "table", "caption", "thead", "tbody", "tr", "details", "pre", "script"];

    /// <summary>An element as HTML. Pictures (SVG) and other elements with a namespace are written inline, without it.</summary>
    public static string Write(XElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        var html = new StringBuilder();
        Write(element, html);
        return html.Append('\n').ToString();
    }

    private static void Write(XNode node, StringBuilder html)
    {
        if (node is XText text)
        {
            html.Append(node.Parent is { } parent && Verbatim.Contains(parent.Name.LocalName) ? text.Value : Escaped(text.Value));
            return;
        }

        if (node is not XElement element)
            return;
        var name = element.Name.LocalName;
        if (OnALineOfTheirOwn.Contains(name) && html.Length > 0 && html[^1] != '\n')
            html.Append('\n');
        html.Append('<').Append(name);
        foreach (var attribute in element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration))
            html.Append(' ').Append(NameOf(attribute)).Append("=\"").Append(Escaped(attribute.Value)).Append('"');
        html.Append('>');
        if (Void.Contains(name))
            return;
        foreach (var child in element.Nodes())
            Write(child, html);
        html.Append("</").Append(name).Append('>');
    }

    // HTML knows these two by their prefix, in pictures.
    private static string NameOf(XAttribute attribute) => attribute.Name.NamespaceName switch
    {
        "http://www.w3.org/XML/1998/namespace" => $"xml:{attribute.Name.LocalName}",
        "http://www.w3.org/1999/xlink" => $"xlink:{attribute.Name.LocalName}",
        _ => attribute.Name.LocalName,
    };

    /// <summary>Text as HTML shows it, in an element or in an attribute's quotes. A control character, which HTML has no way to write, becomes U+FFFD.</summary>
    private static string Escaped(string text) => string.Concat(text.Select(character => character switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\t' or '\n' => $"{character}",
        _ when char.IsControl(character) => "\uFFFD",
        _ => $"{character}",
    }));
}
