using System.Globalization;
using System.Text;

namespace Experiments.Core.Figures;

/// <summary>
/// A drawing in gnuplot's language: one file that carries its data and draws every format, to be edited and run again. From top to
/// bottom: title, subtitle, legend, rows of panels, notes; their places are computed here, in points (1/72 inch) of the printed figure,
/// so that nothing can come to lie over data.
/// </summary>
internal sealed class GnuplotScript
{
    /// <summary>How a dashed line is dashed.</summary>
    public const string Dashes = "lw 1.2 dt (12,7)";

    /// <summary>How a dotted line is dotted.</summary>
    public const string Dots = "lw 1.2 dt (3,4)";

    /// <summary>A panel's size, in points.</summary>
    public const double PanelWidth = 200, PanelHeight = 150;

    /// <summary>More panels stand in further rows: see <see cref="Rows{T}"/>.</summary>
    public const int MostColumns = 3;

    private const double Left = 42, Gap = 48, Right = 10, Edge = 5;
    private const double TitleLine = 15, SubtitleLine = 12, LegendLine = 12, PanelTitleLine = 10, XAxis = 34, RowGap = 6, NoteLine = 9;
    private const double LegendSample = 20, LegendSpace = 14;

    // Of the font size, for DejaVu Sans, the widest of the fonts that Arial falls back to: labels with capitals, running text.
    private const double LabelCharacter = 0.6, TextCharacter = 0.535;

    private readonly StringBuilder _script = new();
    private readonly Drawing _drawing;
    private readonly List<List<LegendEntry>> _legend;
    private readonly IReadOnlyList<string> _notes;
    private readonly int _titleLines;
    private readonly double _left, _width, _height, _subtitleAt, _legendAt, _panelsAt, _rowHeight, _notesAt;

    private GnuplotScript(Drawing drawing)
    {
        _drawing = drawing;
        var columns = drawing.Panels.Max(row => row.Count);
        _left = Left + drawing.NameRoom;
        _width = _left + (columns * PanelWidth) + ((columns - 1) * (Gap + drawing.NameRoom)) + Right;
        _legend = LegendRows(drawing.Legend, _width - (2 * Edge));
        _notes = [.. drawing.Notes.SelectMany(note => Wrap(note, _width - (2 * Edge), 7))];
        _titleLines = drawing.Panels.SelectMany(row => row).Max(panel => Wrap(panel.Title, PanelWidth, 8).Count);
        _subtitleAt = Edge + TitleLine;
        _legendAt = _subtitleAt + (drawing.Subtitle.Length > 0 ? SubtitleLine : 0);
        _panelsAt = _legendAt + (_legend.Count * LegendLine) + 4;
        _rowHeight = (_titleLines * PanelTitleLine) + drawing.PanelHeight + XAxis + (drawing.Panels.Count > 1 ? RowGap : 0);
        _notesAt = _panelsAt + (drawing.Panels.Count * _rowHeight) + 2;
        _height = _notesAt + (_notes.Count * NoteLine) + Edge;
    }

    /// <summary>The middle of the panels, without the axis on their left.</summary>
    private double Middle => (_width + _left - Right) / 2;

    /// <summary>The whole script, for figures of this kind's name.</summary>
    public static string Write(Drawing drawing, FigureDescription figure, IReadOnlyList<FigureFormat> formats)
    {
        var script = new GnuplotScript(drawing);
        script.WriteData(figure);
        script.WriteTerminals(figure.Name, formats);
        foreach (var (row, panels) in drawing.Panels.Index())
        {
            foreach (var (column, panel) in panels.Index())
            {
                script.Line();
                script.Line("unset label; unset arrow");
                if (row == 0 && column == 0)
                    script.WriteAround();
                script.WritePanel(panel, script._left + (column * (PanelWidth + Gap + drawing.NameRoom)), script._panelsAt + (row * script._rowHeight));
            }
        }

        script.Line();
        script.Line("unset multiplot");
        script.Line("unset output");
        script.Line("}");
        return script._script.ToString();
    }

    /// <summary>Panels cut into rows: two and two of four, which would leave one alone under three, and otherwise as many as fit side by side.</summary>
    public static IReadOnlyList<IReadOnlyList<T>> Rows<T>(IEnumerable<T> panels)
    {
        var all = panels.ToList();
        return [.. all.Chunk(all.Count == 4 ? 2 : MostColumns)];
    }

    /// <summary>The file name's end, which is also the script's word for the format.</summary>
    public static string Extension(FigureFormat format) => format switch
    {
        FigureFormat.Svg => "svg",
        FigureFormat.Png => "png",
        FigureFormat.Pdf => "pdf",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>A number as gnuplot reads it; where it has no finite value, one that breaks a line.</summary>
    public static string Number(double value) => !double.IsFinite(value) ? "NaN"
        : value.ToString(Math.Abs(value) is > 0 and < 0.01 ? "G4" : "0.####", CultureInfo.InvariantCulture);

    /// <summary>What a tic's label takes of an axis, in points, with the space to the next.</summary>
    public static double TicWidth(string text) => (text.Length * 8 * TextCharacter) + 5;

    /// <summary>Text as gnuplot takes it literally: in double quotes or without, it would run what stands in backticks.</summary>
    public static string Quote(string text) => $"'{Plain(text).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What a line of this kind adds to its style.</summary>
    public static string Stroke(LineKind kind) => kind switch
    {
        LineKind.Dashed => $" {Dashes}",
        LineKind.Dotted => $" {Dots}",
        LineKind.Marked or LineKind.Plain or LineKind.Markers => "",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private void WriteData(FigureDescription figure)
    {
        Comment(_drawing.Title);
        Comment($"Drawn from {figure.File}. Edit, and draw again with: gnuplot {figure.Name}.gp");
        Line();
        Line("set encoding utf8");
        foreach (var block in _drawing.Data)
        {
            Line();
            Comment(block.Comment);
            Line($"${block.Name} << END");
            Comment(block.Header);
            foreach (var row in block.Rows)
                Line(row);
            Line("END");
        }

        Line();
    }

    /// <summary>Each terminal counts fonts, lines and points in units of its own; the factors make the three look alike.</summary>
    private void WriteTerminals(string name, IReadOnlyList<FigureFormat> formats)
    {
        const string text = "noenhanced font 'Arial,9'";
        var svg = $"{Number(_width * 1.5)},{Number(_height * 1.5)}";
        var png = $"{Number(Math.Round(_width * 4))},{Number(Math.Round(_height * 4))}";
        var pdf = $"{Number(_width / 72)},{Number(_height / 72)}";
        Line($"do for [format in '{string.Join(' ', formats.Select(Extension))}'] {{");
        Line($"if (format eq 'svg') {{ set terminal svg size {svg} {text} fontscale 1.5 linewidth 0.75 background '#ffffff'; dot = 0.8 }}");
        Line($"if (format eq 'png') {{ set terminal pngcairo size {png} {text} fontscale 3 linewidth 2 pointscale 4; dot = 0.55 }}");
        Line($"if (format eq 'pdf') {{ set terminal pdfcairo size {pdf} {text} fontscale 0.75 linewidth 1 pointscale 1; dot = 0.55 }}");
        Line($"set output '{name}.'.format");
        Line("set multiplot");
        foreach (var (number, colour, marker) in _drawing.Legend.Select(entry => entry.Style).Concat(_drawing.Unlisted).Distinct())
            Line($"set style line {number} lc rgb '{colour}' lw 1.5 pt {marker} ps dot");
        Line("set border 3 lc rgb '#444444'; set tics nomirror scale 0.5 font ',8'; set format '%g'; unset key");
        Line("set grid lt 1 lw 0.5 lc rgb '#dddddd'; set style fill transparent solid 0.15 noborder");
    }

    /// <summary>What stands above and below the panels; drawn with the first of them.</summary>
    private void WriteAround()
    {
        Text(_drawing.Title, Middled(_drawing.Title, 10), Edge + 7, "center font ',10'");
        if (_drawing.Subtitle.Length > 0)
            Text(_drawing.Subtitle, Middled(_drawing.Subtitle, 8), _subtitleAt + 5, "center font ',8' tc rgb '#555555'");
        foreach (var (row, entries) in _legend.Index())
        {
            var width = entries.Sum(LegendWidth) - LegendSpace;
            var x = Math.Max(Edge, Math.Min(Middle - (width / 2), _width - Edge - width));
            var y = _legendAt + (row * LegendLine) + 5;
            foreach (var entry in entries)
            {
                if (entry.Kind != LineKind.Markers)
                    Line($"set arrow from {At(x, y)} to {At(x + LegendSample, y)} nohead ls {entry.Style.Number}{Stroke(entry.Kind)}");
                if (entry.Kind is LineKind.Marked or LineKind.Markers)
                    Text("", x + (LegendSample / 2), y, $"point ls {entry.Style.Number}");
                Text(entry.Label, x + LegendSample + 4, y, "left font ',8'");
                x += LegendWidth(entry);
            }
        }

        foreach (var (row, note) in _notes.Index())
            Text(note, Edge, _notesAt + (row * NoteLine) + 4, "left font ',7' tc rgb '#555555'");
    }

    /// <summary>Where a line's middle is: above that of the panels, but no further to a side than the line has room for.</summary>
    private double Middled(string text, double fontSize)
    {
        var half = Math.Min((_width / 2) - Edge, text.Length * fontSize * LabelCharacter / 2);
        return Math.Clamp(Middle, half + Edge, _width - half - Edge);
    }

    private void WritePanel(Panel panel, double left, double above)
    {
        var top = above + (_titleLines * PanelTitleLine);
        var title = Wrap(panel.Title, PanelWidth, 8);
        foreach (var (index, line) in title.Index())
            Text(line, left + (PanelWidth / 2), top - ((title.Count - index) * PanelTitleLine) + 2, "center font ',8'");
        Line($"set lmargin at {X(left)}; set rmargin at {X(left + PanelWidth)}; set tmargin at {Y(top)}; set bmargin at {Y(top + _drawing.PanelHeight)}");
        Line($"set xlabel {Quote(panel.XLabel)} offset 0,0.3; set ylabel {Quote(panel.YLabel)} offset 0.4,0");
        foreach (var setting in panel.Settings)
            Line(setting);
        Line($"plot {string.Join(", \\\n  ", panel.Plots)}");
    }

    private void Line(string line = "") => _script.Append(line).Append('\n');

    // A backslash at its end would make the next line part of the comment.
    private void Comment(string text) => Line($"# {Plain(text).Replace('\\', '/')}");

    private void Text(string text, double x, double y, string how) => Line($"set label {Quote(text)} at {At(x, y)} {how}");

    private string At(double x, double y) => $"{X(x)}, {Y(y)}";

    private string X(double points) => $"screen {Number(points / _width)}";

    private string Y(double pointsFromTop) => $"screen {Number(1 - (pointsFromTop / _height))}";

    private static string Plain(string text) =>
        string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character == '`' ? '\'' : character));

    private static double LegendWidth(LegendEntry entry) => LegendSample + 4 + (entry.Label.Length * 8 * LabelCharacter) + LegendSpace;

    /// <summary>As many entries to a row as there is room for.</summary>
    private static List<List<LegendEntry>> LegendRows(IReadOnlyList<LegendEntry> legend, double width)
    {
        var rows = new List<List<LegendEntry>>();
        foreach (var entry in legend)
        {
            if (rows.Count > 0 && rows[^1].Append(entry).Sum(LegendWidth) - LegendSpace <= width)
                rows[^1].Add(entry);
            else
                rows.Add([entry]);
        }

        return rows;
    }

    private static List<string> Wrap(string text, double width, double fontSize)
    {
        var most = (int)(width / (fontSize * TextCharacter));
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
