using System.Text;
using Experiments.Core.Files;

namespace Experiments.Core.Results.Tables;

/// <summary>How a table of results is written.</summary>
public enum TableFormat
{
    /// <summary>Lines for a terminal, with aligned columns.</summary>
    Text,

    /// <summary>A pipe table.</summary>
    Markdown,

    /// <summary>A tabular with the rules of the package booktabs.</summary>
    Latex,

    /// <summary>A table element, its heading as the caption, and a paragraph for each note.</summary>
    Html,
}

/// <summary>Writes tables of results.</summary>
public static class TableWriter
{
    /// <summary>The table in a format, with its heading and notes. In LaTeX these are comments, since the author writes the caption.</summary>
    public static string Write(this ResultTable table, TableFormat format)
    {
        ArgumentNullException.ThrowIfNull(table);
        return format switch
        {
            TableFormat.Text => TextTable.Align(table.Heading, table.Header, table.Rows) + string.Concat(table.Notes.Select((note, index) => $"{(index == 0 ? "\n" : "")}{note}\n")),
            TableFormat.Markdown => Markdown(table),
            TableFormat.Latex => Latex(table),
            TableFormat.Html => string.Concat(HtmlTable.Notes(table).Prepend(HtmlTable.Of(table)).Select(HtmlText.Write)),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }

    private static string Markdown(ResultTable table)
    {
        var text = new StringBuilder(InMarkdown(table.Heading)).Append("\n\n");
        Line(table.Header.Select(InMarkdown));
        Line(table.Header.Select((_, column) => column == 0 ? "---" : "---:"));
        foreach (var row in table.Rows)
            Line(row.Select(InMarkdown));
        foreach (var note in table.Notes)
            text.Append('\n').Append(InMarkdown(note)).Append('\n');
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    private static string Latex(ResultTable table)
    {
        var text = new StringBuilder($"% {table.Heading}\n\\begin{{tabular}}{{l{new string('r', table.Header.Count - 1)}}}\n  \\toprule\n");
        Line(table.Header);
        text.Append("  \\midrule\n");
        foreach (var row in table.Rows)
            Line(row);
        text.Append("  \\bottomrule\n\\end{tabular}\n");
        foreach (var note in table.Notes)
            text.Append($"% {note}\n");
        return text.ToString();

        void Line(IEnumerable<string> cells) => text.Append("  ").AppendJoin(" & ", cells.Select(InLatex)).Append(" \\\\\n");
    }

    private static string InMarkdown(string text) =>
        string.Concat(text.Select(character => @"\`*_|<>".Contains(character) ? $"\\{character}" : $"{character}"));

    private static string InLatex(string text)
    {
        if (text == ResultTable.Nothing)
            return "--";
        var escaped = string.Concat(text.Select(character => character switch
        {
            '\\' => @"\textbackslash{}",
            '~' => @"\textasciitilde{}",
            '^' => @"\textasciicircum{}",
            '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{character}",
            '<' or '>' => $"${character}$",
            '±' => @"$\pm$",
            _ => $"{character}",
        }));

        // In LaTeX's text mode a minus sign would be as short as a hyphen.
        return escaped is ['-', >= '0' and <= '9', ..] ? "$-$" + escaped[1..] : escaped;
    }
}
