using Experiments.Core;
using Experiments.Core.Figures;
using ScottPlot;
using SkiaSharp;

namespace Experiments.Figures;

/// <summary>
/// A figure laid out on its page. From top to bottom: title, subtitle, legend, rows of panels, notes; all places are computed here in points, from the
/// measured widths of the texts, so that nothing can come to lie over anything else.
/// </summary>
internal sealed class Sheet
{
    /// <summary>Pixels to the inch of a PNG; pages are whole numbers of them, so that all formats are of one size.</summary>
    public const int Dpi = 300;

    private const double Edge = 4, Gap = 12, Sample = 21, SampleGap = 3.5, LegendSpace = 12, LeastColumn = 138, CrossWidth = 4.2;

    private readonly Figure _figure;
    private readonly SheetFonts _fonts;
    private readonly List<List<LegendEntry>> _legend;
    private readonly IReadOnlyList<string> _title, _subtitle, _notes;
    private readonly List<List<Place>> _rows = [];
    private readonly double _middle;

    public Sheet(Figure figure, FigurePage page)
    {
        Typefaces.Use();
        _figure = figure;
        _fonts = new SheetFonts(page.FontSize);
        var most = figure.Rows.Max(row => row.Count);
        Width = Whole(page.Width ?? (most == 1 ? 4.2 : 7) * 72);
        var columns = most;
        while (columns > 1 && Width / columns < LeastColumn * page.FontSize / 8)
            columns--;
        _rows = [.. figure.Rows.SelectMany(row => row.Chunk(columns)).Select(row => row.Select(panel => new Place(panel)).ToList())];
        columns = _rows.Max(row => row.Count);
        foreach (var (index, row) in _rows.Index())
        {
            foreach (var (column, place) in row.Index())
            {
                place.HasY = column == 0 || !place.Panel.Y.IsLike(row[column - 1].Panel.Y) || row[column - 1].Panel.IsSideways != place.Panel.IsSideways;
                place.HasX = index == _rows.Count - 1 || column >= _rows[index + 1].Count || !place.Panel.X.IsLike(_rows[index + 1][column].Panel.X);
            }
        }

        // Heights follow from widths, these from the labels up the axes, and these from the heights: a second turn settles it.
        _title = [];
        _subtitle = [];
        _notes = page.HasNotes ? [.. Typefaces.Wrap(string.Join(" ", figure.Notes), Width - (2 * Edge), _fonts.Notes)] : [];
        _legend = LegendRows(figure.Legend, Width - (2 * Edge));
        var width = (Width / columns) - 40;
        double? height = null;
        for (var turn = 0; turn < 3; turn++)
        {
            SetAcross(columns, width, height ?? DefaultHeight(width));
            width = _rows[0][0].Area.Width;
            var (left, right) = (_rows.SelectMany(row => row).Min(place => (double)place.Area.Left), _rows.SelectMany(row => row).Max(place => (double)place.Area.Right));
            _middle = (left + right) / 2;
            if (page.HasTitle)
            {
                // Over the middle of the panels, or, where a line is too long for that, all of it over the middle of the page.
                var room = 2 * Math.Min(_middle - Edge, Width - Edge - _middle);
                if (Typefaces.Width(figure.Title, _fonts.Title) > room || Typefaces.Width(figure.Subtitle, _fonts.Text) > room || _legend.Any(row => RowWidth(row) > room))
                    (_middle, room) = (Width / 2, Width - (2 * Edge));
                _title = Typefaces.WrapEvenly(figure.Title, room, _fonts.Title);
                _subtitle = Typefaces.WrapEvenly(figure.Subtitle, room, _fonts.Text);
            }
            else if (_legend.Any(row => RowWidth(row) > 2 * Math.Min(_middle - Edge, Width - Edge - _middle)))
            {
                _middle = Width / 2;
            }

            height = SetDown(page.Height, height ?? DefaultHeight(width));
        }
    }

    /// <summary>The page's size, in points.</summary>
    public double Width { get; }

    /// <inheritdoc cref="Width"/>
    public double Height { get; private set; }

    /// <summary>The data areas of the panels.</summary>
    public IEnumerable<(Panel Panel, PixelRect Area)> Areas => _rows.SelectMany(row => row).Select(place => (place.Panel, place.Area));

    /// <summary>Draws the sheet on a canvas in points.</summary>
    public void Render(SKCanvas canvas)
    {
        using (var white = new SKPaint { Color = SKColors.White })
            canvas.DrawRect(0, 0, (float)Width, (float)Height, white);
        foreach (var place in _rows.SelectMany(row => row))
        {
            PanelPlot.Render(canvas, place.Panel, place.Area, Shown(place.XTicks, place.HasX), Shown(place.YTicks, place.HasY), _fonts);
            DrawAround(canvas, place);
            DrawCrosses(canvas, place);
        }

        var y = Edge;
        y = Lines(canvas, _title, _middle, y, _fonts.Title, SKTextAlign.Center, SheetFonts.Dark);
        y = Lines(canvas, _subtitle, _middle, y, _fonts.Text, SKTextAlign.Center, SheetFonts.Pale);
        y += _legend.Count > 0 && y > Edge ? 2 : 0;
        foreach (var row in _legend)
        {
            var x = _middle - (RowWidth(row) / 2);
            foreach (var entry in row)
            {
                DrawSample(canvas, entry, x, y + (SheetFonts.Line(_fonts.Text) / 2));
                Text(canvas, entry.Label, x + Sample + SampleGap, y + Baseline(_fonts.Text), _fonts.Text, SKTextAlign.Left, SheetFonts.Dark);
                x += EntryWidth(entry) + LegendSpace;
            }

            y += SheetFonts.Line(_fonts.Text);
        }

        Lines(canvas, _notes, Edge, Height - Edge - (_notes.Count * SheetFonts.Line(_fonts.Notes)), _fonts.Notes, SKTextAlign.Left, SheetFonts.Pale);
    }

    /// <summary>The labels; without their words, for the grid's sake, where a neighbour has them.</summary>
    private static IReadOnlyList<Core.Figures.Tick> Shown(IReadOnlyList<Core.Figures.Tick> ticks, bool hasWords) =>
        hasWords ? ticks : [.. ticks.Select(tick => tick with { Text = "" })];

    /// <summary>Points that are a whole number of a PNG's pixels.</summary>
    private static double Whole(double points) => Math.Round(points * Dpi / 72) * 72 / Dpi;

    private double DefaultHeight(double width)
    {
        var panel = _figure.Panels.First();
        if (panel.IsSideways)
        {
            var beside = panel.Series.Select(series => series.Offset).Distinct().Count();
            return panel.Y.Ticks!.Count * Math.Max(1.5 * _fonts.Text, ((panel.Crosses.Count > 0 ? 8.2 : Math.Min(5.5, 3 + (8.0 / beside))) * beside) + 4); // crosses have words
        }

        return panel.Series.Any(series => series.Shape == SeriesShape.Ridge)
            ? Math.Max(90, 2.1 * _fonts.Text * (panel.Y.High + PanelPlot.RidgeReach))
            : Math.Clamp(width * (_rows.Count > 2 ? 0.58 : 0.78), 88, 160); // many rows are to fit on a page
    }

    /// <summary>Sets the labels of the axes and the data areas' places from left to right.</summary>
    private void SetAcross(int columns, double width, double height)
    {
        var places = _rows.SelectMany(row => row).ToList();
        foreach (var place in places)
        {
            var ridges = place.Panel.Series.Any(series => series.Shape == SeriesShape.Ridge);
            place.YTicks = place.Panel.Y.Ticks is { } names && (ridges || place.Panel.IsSideways) ? names : place.Panel.Y.Labels(height, 0, _ => 2.2 * _fonts.Ticks);
            place.YLabel = Typefaces.WrapEvenly(place.Panel.Y.Label, height + 8, _fonts.Text);
        }

        // What stands at the left of a column's data area: its own labels, or a gap to the column before.
        var lefts = Enumerable.Range(0, columns).Select(column => _rows.Where(row => row.Count > column).Max(row => LeftOf(row[column], column))).ToList();
        var right = 5 + (places.Any(place => place.Panel is { IsSideways: true, Crosses.Count: > 0 }) ? CrossRoom(places) : 0);
        for (var turn = 0; turn < 2; turn++)
        {
            width = (Width - (2 * Edge) - lefts.Sum() - right) / columns;
            foreach (var place in places)
                place.XTicks = place.Panel.X.Labels(width, PanelPlot.RoomAtEnds(place.Panel, width), text => Typefaces.Width(text, _fonts.Ticks) + 5);
            right = Math.Max(right, places.Where(place => place.HasX).Select(place => Beyond(place, width).Right).DefaultIfEmpty().Max());
            for (var column = 1; column < columns; column++)
            {
                var need = _rows.Where(row => row.Count > column).Max(row => Beyond(row[column - 1], width).Right + (row[column].HasY ? 0 : Beyond(row[column], width).Left) + (row[column].HasY ? LeftOf(row[column], 0) : 0) + 9);
                lefts[column] = Math.Max(lefts[column], need);
            }
        }

        if (width < 30)
            throw new ExperimentException($"A figure of {Width / 72:0.##}in leaves its panels no room: make it wider, or its text smaller (--width, --font-size).");
        foreach (var row in _rows)
        {
            var x = Edge;
            foreach (var (column, place) in row.Index())
            {
                x += lefts[column];
                place.Area = new PixelRect((float)x, (float)(x + width), place.Area.Bottom, place.Area.Top);
                place.XLabel = Typefaces.WrapEvenly(place.Panel.X.Label, width + (columns > 1 ? 4 : 30), _fonts.Text);
                place.Title = Typefaces.WrapEvenly(place.Panel.Title, width + (columns > 1 ? Gap / 2 : 0), _fonts.Text);
                x += width;
            }
        }
    }

    private double LeftOf(Place place, int column) => (column > 0 ? Gap : 0) + (!place.HasY ? 0
        : place.YTicks.Select(tick => Typefaces.Width(tick.Text, _fonts.Ticks)).DefaultIfEmpty().Max() + SheetFonts.TickLength + 4
          + (place.YLabel.Count > 0 ? (place.YLabel.Count * SheetFonts.Line(_fonts.Text)) + 2 : 0));

    /// <summary>How far the labels along the bottom stand out on both sides.</summary>
    private (double Left, double Right) Beyond(Place place, double width)
    {
        var room = PanelPlot.RoomAtEnds(place.Panel, width);
        var (low, high) = place.Panel.X.Ends(room);
        var labels = place.XTicks.Select(tick => (At: (place.Panel.X.Place(tick.Value) - low) / (high - low) * width, Half: Typefaces.Width(tick.Text, _fonts.Ticks) / 2)).ToList();
        return (labels.Select(label => label.Half - label.At).Append(0).Max(), labels.Select(label => label.At + label.Half - width).Append(0).Max());
    }

    private double CrossRoom(List<Place> places) =>
        CrossWidth + 4 + places.SelectMany(place => place.Panel.Crosses).Max(cross => Typefaces.Width(Words(cross), _fonts.Notes));

    /// <summary>Sets everything's place from top to bottom.</summary>
    /// <returns>A data area's height.</returns>
    private double SetDown(double? page, double height)
    {
        var line = SheetFonts.Line(_fonts.Text);
        var above = Edge + (_title.Count * SheetFonts.Line(_fonts.Title)) + (_subtitle.Count * line) + (_legend.Count * line)
            + (_legend.Count > 0 && _title.Count > 0 ? 2 : 0) + 5;
        var below = Edge + (_notes.Count > 0 ? 4 + (_notes.Count * SheetFonts.Line(_fonts.Notes)) : 0);
        var tops = _rows.Select(row => (row.Max(place => place.Title.Count) * line) + CrossLines(row)).ToList();
        var bottoms = _rows.Select((row, index) => row.Max(place => place.HasX
            ? SheetFonts.TickLength + 3 + SheetFonts.Line(_fonts.Ticks) + (place.XLabel.Count * line)
            : 0) + (index < _rows.Count - 1 ? 7 : 0)).ToList();
        var around = above + below + tops.Sum() + bottoms.Sum();
        if (page is { } asked)
        {
            height = (asked - around) / _rows.Count;
            if (height < 4 * _fonts.Text)
            {
                throw new ExperimentException(
                    $"A figure {asked / 72:0.##}in high leaves its panels no room: this one needs {Math.Ceiling((around + (_rows.Count * 5 * _fonts.Text)) / 7.2) / 10:0.#}in (--height), or fewer words (--no-title, --no-notes).");
            }
        }

        Height = Whole(around + (_rows.Count * height));
        var y = above;
        foreach (var (index, row) in _rows.Index())
        {
            y += tops[index];
            foreach (var place in row)
                place.Area = new PixelRect(place.Area.Left, place.Area.Right, (float)(y + height), (float)y);
            y += height + bottoms[index];
        }

        return height;
    }

    /// <summary>What the rows of crosses above a row of panels take.</summary>
    private double CrossLines(List<Place> row) => row.SelectMany(place => place.Panel.IsSideways ? [] : place.Panel.Crosses).Select(cross => cross.Row + 1).DefaultIfEmpty().Max() is > 0 and var rows
        ? (rows * SheetFonts.Line(_fonts.Notes)) + 2 : 0;

    private void DrawAround(SKCanvas canvas, Place place)
    {
        var area = place.Area;
        var middle = (area.Left + area.Right) / 2;
        var line = SheetFonts.Line(_fonts.Text);
        Lines(canvas, place.Title, middle, area.Top - CrossLines(_rows.First(row => row.Contains(place))) - (place.Title.Count * line) - 1, _fonts.Text, SKTextAlign.Center, SheetFonts.Dark);
        if (place.HasX)
            Lines(canvas, place.XLabel, middle, area.Bottom + SheetFonts.TickLength + 2.5 + SheetFonts.Line(_fonts.Ticks), _fonts.Text, SKTextAlign.Center, SheetFonts.Dark);
        if (!place.HasY || place.YLabel.Count == 0)
            return;
        canvas.Save();
        canvas.Translate((float)(area.Left - LeftOf(place, 0)), (area.Top + area.Bottom) / 2);
        canvas.RotateDegrees(-90);
        Lines(canvas, place.YLabel, 0, 0, _fonts.Text, SKTextAlign.Center, SheetFonts.Dark);
        canvas.Restore();
    }

    /// <summary>Crosses stand outside the data area, above it, or at its right where names stand up its side.</summary>
    private void DrawCrosses(SKCanvas canvas, Place place)
    {
        var (panel, area) = (place.Panel, place.Area);
        var line = SheetFonts.Line(_fonts.Notes);
        var (low, high) = panel.X.Ends(PanelPlot.RoomAtEnds(panel, area.Width));
        foreach (var row in panel.Crosses.GroupBy(cross => cross.Row))
        {
            var taken = double.NegativeInfinity;
            foreach (var cross in row.OrderBy(cross => panel.IsSideways ? cross.X : panel.X.Place(cross.X)))
            {
                double x, y;
                if (panel.IsSideways)
                {
                    var shift = panel.Series.First(series => series.Label == cross.Series).Offset;
                    var step = Math.Min(6.5, 0.8 * area.Height / panel.Y.Ticks!.Count / panel.Series.Count);
                    (x, y) = (area.Right + CrossRoom([place]) - (CrossWidth / 2), area.Top + (area.Height * (cross.X - 0.5) / panel.Y.Ticks.Count) + (shift * step));
                }
                else
                {
                    (x, y) = (area.Left + ((panel.X.Place(cross.X) - low) / (high - low) * area.Width), area.Top - 2 - ((cross.Row + 0.5) * line));
                }

                DrawCross(canvas, x, y, cross.Colour);
                var width = Typefaces.Width(Words(cross), _fonts.Notes);
                if (panel.IsSideways || x - (CrossWidth / 2) - 1.5 - width > taken)
                    Text(canvas, Words(cross), x - (CrossWidth / 2) - 1.5, y + (_fonts.Notes * 0.35), _fonts.Notes, SKTextAlign.Right, cross.Colour);
                taken = panel.IsSideways ? taken : x + (CrossWidth / 2) + 2;
            }
        }
    }

    private static string Words(Cross cross) => $"{cross.Diverged}/{cross.Runs}";

    private static void DrawCross(SKCanvas canvas, double x, double y, string colour)
    {
        using var paint = new SKPaint { Color = SKColor.Parse(colour), IsStroke = true, StrokeWidth = 1, IsAntialias = true };
        var (left, right, top, bottom) = ((float)(x - (CrossWidth / 2)), (float)(x + (CrossWidth / 2)), (float)(y - (CrossWidth / 2)), (float)(y + (CrossWidth / 2)));
        canvas.DrawLine(left, top, right, bottom, paint);
        canvas.DrawLine(left, bottom, right, top, paint);
    }

    private static void DrawSample(SKCanvas canvas, LegendEntry entry, double x, double y)
    {
        if (entry.Shape is not { } shape)
        {
            DrawCross(canvas, x + (Sample / 2), y, entry.Look.Colour);
            return;
        }

        var colour = SKColor.Parse(entry.Look.Colour);
        if (shape == SeriesShape.Shade || (entry.HasLine && shape is SeriesShape.Band or SeriesShape.LineInBand))
        {
            using var fill = new SKPaint { Color = colour.WithAlpha(38), IsAntialias = true };
            canvas.DrawRect((float)x, (float)y - 3.5f, (float)Sample, 7, fill);
        }

        if (entry.HasLine)
        {
            var pattern = entry.Look.Pattern(shape);
            using var dash = pattern.Intervals.Length > 0 ? SKPathEffect.CreateDash(pattern.Intervals, 0) : null;
            using var stroke = new SKPaint { Color = colour, IsStroke = true, StrokeWidth = WidthOf(shape), IsAntialias = true, PathEffect = dash };
            foreach (var at in shape == SeriesShape.Band ? new[] { y - 3.5, y + 3.5 } : [y])
            {
                using var path = new SKPath();
                path.MoveTo((float)x, (float)at);
                path.LineTo((float)(x + Sample), (float)at);
                canvas.DrawPath(path, stroke);
            }
        }

        if (shape is SeriesShape.Line or SeriesShape.LineInBand or SeriesShape.Markers or SeriesShape.Dashes or SeriesShape.Dots)
        {
            using var paint = Paint.NewDisposablePaint();
            entry.Look.MarkerStyle(small: shape is SeriesShape.Dashes or SeriesShape.Dots).Render(canvas, new Pixel((float)(x + (Sample / 2)), (float)y), paint);
        }
    }

    private static float WidthOf(SeriesShape shape) => shape switch
    {
        SeriesShape.Band => Strokes.EdgeWidth * 1.4f,
        SeriesShape.Dashes or SeriesShape.Dots => Strokes.ThinLineWidth,
        _ => Strokes.LineWidth,
    };

    private double EntryWidth(LegendEntry entry) => Sample + SampleGap + Typefaces.Width(entry.Label, _fonts.Text);

    private double RowWidth(List<LegendEntry> row) => row.Sum(EntryWidth) + ((row.Count - 1) * LegendSpace);

    /// <summary>As many entries to a row as there is room for, in rows about as long as each other.</summary>
    private List<List<LegendEntry>> LegendRows(IReadOnlyList<LegendEntry> legend, double width)
    {
        var rows = LegendRowsWithin(legend, width);
        while (rows.Count > 1 && LegendRowsWithin(legend, width - 4) is var shorter && shorter.Count == rows.Count && width > 4)
            (rows, width) = (shorter, width - 4);
        return rows;
    }

    private List<List<LegendEntry>> LegendRowsWithin(IReadOnlyList<LegendEntry> legend, double width)
    {
        var rows = new List<List<LegendEntry>>();
        foreach (var entry in legend)
        {
            if (rows.Count > 0 && RowWidth([.. rows[^1], entry]) <= width)
                rows[^1].Add(entry);
            else
                rows.Add([entry]);
        }

        return rows;
    }

    private static double Baseline(double size) => size * 0.95;

    /// <summary>Lines of text from their top on.</summary>
    /// <returns>Where they end.</returns>
    private static double Lines(SKCanvas canvas, IReadOnlyList<string> lines, double x, double top, double size, SKTextAlign align, string colour)
    {
        foreach (var line in lines)
        {
            Text(canvas, line, x, top + Baseline(size), size, align, colour);
            top += SheetFonts.Line(size);
        }

        return top;
    }

    private static void Text(SKCanvas canvas, string text, double x, double y, double size, SKTextAlign align, string colour)
    {
        using var font = Typefaces.Font(size);
        using var paint = new SKPaint { Color = SKColor.Parse(colour), IsAntialias = true };
        canvas.DrawText(text, (float)x, (float)y, align, font, paint);
    }

    /// <summary>A panel and its place.</summary>
    private sealed class Place(Panel panel)
    {
        public Panel Panel { get; } = panel;

        public PixelRect Area { get; set; }

        public bool HasX { get; set; }

        public bool HasY { get; set; }

        public IReadOnlyList<Core.Figures.Tick> XTicks { get; set; } = [];

        public IReadOnlyList<Core.Figures.Tick> YTicks { get; set; } = [];

        public IReadOnlyList<string> XLabel { get; set; } = [];

        public IReadOnlyList<string> YLabel { get; set; } = [];

        public IReadOnlyList<string> Title { get; set; } = [];
    }
}
