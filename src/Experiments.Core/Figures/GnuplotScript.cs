using System.Globalization;
using System.Text;

namespace Experiments.Core.Figures;

/// <summary>
/// A drawing in gnuplot's language: one file that carries its data and draws every format, to be edited and run again. Lengths are
/// in points (1/72 inch) of the printed figure.
/// </summary>
internal static class GnuplotScript
{
    private const double PanelWidth = 200, PanelHeight = 150, Left = 40, Gap = 46, Right = 10, Edge = 5;
    private const double TitleLine = 15, SubtitleLine = 12, LegendLine = 12, PanelTitleLine = 10, XAxis = 30, NoteLine = 9;

    // Of the font size, for DejaVu Sans, the widest of the fonts that Arial falls back to.
    private const double CharacterWidth = 0.6;

    /// <summary>The whole script, for figures of this name.</summary>
    public static string Write(Drawing drawing, string name, IReadOnlyList<FigureFormat> formats)
    {
        var columns = drawing.Panels.Max(row => row.Count);
        var width = Left + (columns * PanelWidth) + ((columns - 1) * Gap) + Right;
        var legendColumns = LegendColumns(drawing.Legend, width);
        var legendRows = (drawing.Legend.Count + legendColumns - 1) / legendColumns;
        var notes = drawing.Notes.SelectMany(note => Wrap(note, width - (2 * Edge), 7)).ToList();
        var titles = drawing.Panels.SelectMany(row => row).Max(panel => Wrap(panel.Title, PanelWidth, 8).Count);

        var subtitleAt = Edge + TitleLine;
        var legendAt = subtitleAt + (drawing.Subtitle.Length > 0 ? SubtitleLine : 0);
        var panelsAt = legendAt + (legendRows * LegendLine) + 6;
        var rowHeight = (titles * PanelTitleLine) + PanelHeight + XAxis;
        var notesAt = panelsAt + (drawing.Panels.Count * rowHeight) + 2;
        var height = notesAt + (notes.Count * NoteLine) + Edge;
        string X(double points) => $"screen {Number(points / width)}";
        string Y(double pointsFromTop) => $"screen {Number(1 - (pointsFromTop / height))}";
        string Text(string text, string x, string y, string how) => $"set label {Quote(text)} at {x}, {y} {how}";

        var script = new StringBuilder();
        void Line(string line = "") => script.Append(line).Append('\n');

        Line($"# {Plain(drawing.Title)}");
        Line($"# Drawn from runs.csv and epochs.csv. Edit, and draw again with: gnuplot {name}.gp");
        Line();
        Line("set encoding utf8");
        foreach (var block in drawing.Data)
        {
            Line();
            Line($"# {Plain(block.Comment)}");
            Line($"${block.Name} << END");
            Line($"# {block.Header}");
            foreach (var row in block.Rows)
                Line(row);
            Line("END");
        }

        // Each terminal counts fonts, lines and points in units of its own; these factors make the three look alike.
        Line();
        Line($"do for [format in '{string.Join(' ', formats.Select(Extension))}'] {{");
        Line($"if (format eq 'svg') {{ set terminal svg size {Number(width * 1.5)},{Number(height * 1.5)} noenhanced font 'Arial,9' fontscale 1.5 linewidth 0.75 background '#ffffff'; dot = 0.8 }}");
        Line($"if (format eq 'png') {{ set terminal pngcairo size {Number(Math.Round(width * 4))},{Number(Math.Round(height * 4))} noenhanced font 'Arial,9' fontscale 3 linewidth 2 pointscale 4; dot = 0.55 }}");
        Line($"if (format eq 'pdf') {{ set terminal pdfcairo size {Number(width / 72)},{Number(height / 72)} noenhanced font 'Arial,9' fontscale 0.75 linewidth 1 pointscale 0.8; dot = 0.55 }}");
        Line($"set output '{name}.'.format");
        Line("set multiplot");
        foreach (var (number, colour, marker) in drawing.Legend.Select(entry => entry.Style).Distinct())
            Line($"set style line {number} lc rgb '{colour}' lw 1.5 pt {marker} ps dot");
        Line("set border 3 lc rgb '#444444'; set tics nomirror scale 0.5 font ',8'; set format '%g'");
        Line("set grid lt 1 lw 0.5 lc rgb '#dddddd'; set errorbars 0.6; set pointintervalbox 0; set style fill transparent solid 0.15 noborder");
        Line($"set key at {X((width + Left - Right) / 2)}, {Y(legendAt + 2)} center top horizontal maxcols {legendColumns} samplen 2 spacing 1 width 1 reverse Left font ',8'");

        var first = true;
        foreach (var (row, panels) in drawing.Panels.Index())
        {
            foreach (var (column, panel) in panels.Index())
            {
                var left = Left + (column * (PanelWidth + Gap));
                var top = panelsAt + (row * rowHeight) + (titles * PanelTitleLine);
                Line();
                Line("unset label");
                if (first)
                {
                    Line(Text(drawing.Title, X((width + Left - Right) / 2), Y(Edge + 7), "center font ',10'"));
                    if (drawing.Subtitle.Length > 0)
                        Line(Text(drawing.Subtitle, X((width + Left - Right) / 2), Y(subtitleAt + 5), "center font ',8' tc rgb '#555555'"));
                    foreach (var (index, note) in notes.Index())
                        Line(Text(note, X(Edge), Y(notesAt + (index * NoteLine) + 4), "left font ',7' tc rgb '#555555'"));
                }

                foreach (var (index, title) in Wrap(panel.Title, PanelWidth, 8).Index())
                    Line(Text(title, X(left + (PanelWidth / 2)), Y(top - ((titles - index) * PanelTitleLine) + 2), "center font ',8'"));
                Line($"set lmargin at {X(left)}; set rmargin at {X(left + PanelWidth)}; set tmargin at {Y(top)}; set bmargin at {Y(top + PanelHeight)}");
                Line($"set xlabel {Quote(panel.XLabel)} offset 0,0.3; set ylabel {Quote(panel.YLabel)} offset 0.8,0");
                foreach (var setting in panel.Settings)
                    Line(setting);
                var legend = drawing.Legend.Select(entry => $"NaN {entry.With} title {Quote(entry.Label)}");
                Line($"plot {string.Join(", \\\n  ", first ? panel.Plots.Concat(legend) : panel.Plots)}");
                if (first)
                    Line("unset key");
                first = false;
            }
        }

        Line();
        Line("unset multiplot");
        Line("unset output");
        Line("}");
        return script.ToString();
    }

    /// <summary>The file name's end, which is also gnuplot's word for the format in the script.</summary>
    public static string Extension(FigureFormat format) => format switch
    {
        FigureFormat.Svg => "svg",
        FigureFormat.Png => "png",
        FigureFormat.Pdf => "pdf",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Text as gnuplot takes it literally: in double quotes or without, it would run what stands in backticks.</summary>
    public static string Quote(string text) => $"'{Plain(text).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A number as gnuplot reads it.</summary>
    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Plain(string text) =>
        string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character == '`' ? '\'' : character));

    private static int LegendColumns(IReadOnlyList<LegendEntry> legend, double width)
    {
        var entry = (legend.Max(one => one.Label.Length) * 8 * CharacterWidth) + 30;
        return Math.Clamp((int)((width - Edge) / entry), 1, legend.Count);
    }

    private static List<string> Wrap(string text, double width, double fontSize)
    {
        var most = (int)(width / (fontSize * CharacterWidth));
        var lines = new List<string>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= most)
                lines[^1] += " " + word;
            else
                lines.Add(word);
        }

        return lines;
    }
}
