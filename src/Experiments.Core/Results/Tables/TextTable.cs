using System.Text;

namespace Experiments.Core.Results.Tables;

/// <summary>Tables as lines of text for a terminal.</summary>
public static class TextTable
{
    /// <summary>What ends a cell whose number is significant. Cells without it keep its place free, so that numbers stand below each other.</summary>
    internal const string Mark = " *";

    /// <summary>A heading and, under it, columns that are as wide as their widest cell.</summary>
    /// <param name="heading">What the table shows.</param>
    /// <param name="header">The columns' names.</param>
    /// <param name="rows">The cells, as many in each row as there are names.</param>
    /// <param name="labels">The number of columns, from the left, that hold words and are aligned to the left; the others hold numbers.</param>
    public static string Align(string heading, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows, int labels = 1)
    {
        ArgumentNullException.ThrowIfNull(header);
        IReadOnlyList<IReadOnlyList<string>> lines = [header, .. rows];
        var marked = header.Select((_, column) => column >= labels && lines.Any(line => line[column].EndsWith(Mark, StringComparison.Ordinal))).ToList();
        lines = [.. lines.Select(line => (IReadOnlyList<string>)[.. line.Select((cell, column) => marked[column] && !cell.EndsWith(Mark, StringComparison.Ordinal) ? cell + new string(' ', Mark.Length) : cell)])];
        var widths = header.Select((_, column) => lines.Max(line => line[column].Length)).ToList();
        var text = new StringBuilder(heading).Append("\n\n");
        foreach (var line in lines)
        {
            var cells = line.Select((cell, column) => column < labels ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append(string.Join("   ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
