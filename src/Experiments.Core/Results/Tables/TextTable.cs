using System.Text;

namespace Experiments.Core.Results.Tables;

/// <summary>Tables as lines of text for a terminal.</summary>
public static class TextTable
{
    /// <summary>A heading and, under it, columns that are as wide as their widest cell.</summary>
    /// <param name="heading">What the table shows.</param>
    /// <param name="header">The columns' names.</param>
    /// <param name="rows">The cells, as many in each row as there are names.</param>
    /// <param name="labels">The number of columns, from the left, that hold words and are aligned to the left; the others hold numbers.</param>
    public static string Align(string heading, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows, int labels = 1)
    {
        ArgumentNullException.ThrowIfNull(header);
        IReadOnlyList<IReadOnlyList<string>> lines = [header, .. rows];
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
