using Experiments.Core.Figures;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace Experiments.Figures;

/// <summary>A panel as a plot of ScottPlot's: axes, grid, and what is drawn on them, for a data area of a known size in points.</summary>
internal static class PanelPlot
{
    /// <summary>How far a ridge reaches over those above it, so that their shapes stay large.</summary>
    public const double RidgeReach = 1.6;

    /// <summary>Series side by side stand this far apart at most, in points.</summary>
    private const double ShiftStep = 3.2;

    /// <summary>The bands of more lines than these lie over each other as mud, unless they are lighter.</summary>
    private const int Many = 4;

    /// <summary>A line in a band has about so many markers.</summary>
    private const int MarkersOfALine = 7;

    /// <summary>What the plot's own axes need around the data area.</summary>
    private static readonly PixelPadding Padding = new(left: 60, right: 20, bottom: 40, top: 20);

    /// <summary>The part of the width beyond the data at each end of the x axis.</summary>
    public static double RoomAtEnds(Panel panel, double width) =>
        panel.X.HasPointsAtEnds ? ((Strokes.MarkerSize / 2) + 1.5 + (panel.Series.Select(series => Math.Abs(series.Offset)).DefaultIfEmpty().Max() * Step(panel, width))) / width : 0;

    /// <summary>Draws a panel.</summary>
    /// <param name="canvas">The sheet, in points.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="area">Its data area on the sheet.</param>
    /// <param name="x">The labels along the bottom; none where the panel below has them.</param>
    /// <param name="y">The labels up the left side; none where the panel to the left has them.</param>
    /// <param name="look">Sizes of text.</param>
    public static void Render(SkiaSharp.SKCanvas canvas, Panel panel, PixelRect area, IReadOnlyList<Core.Figures.Tick> x, IReadOnlyList<Core.Figures.Tick> y, SheetFonts look)
    {
        var plot = new Plot();
        plot.FigureBackground.Color = Colors.Transparent;
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.Layout.Fixed(Padding);
        plot.Axes.Right.IsVisible = false;
        plot.Axes.Top.IsVisible = false;
        plot.Grid.MajorLineColor = Color.FromHex("#E3E3E3");
        plot.Grid.MajorLineWidth = 0.5f;
        var ridges = panel.Series.Any(series => series.Shape == SeriesShape.Ridge);
        var (left, right) = panel.X.Ends(RoomAtEnds(panel, area.Width));
        var (bottom, top) = ridges ? (-0.15, panel.Y.High - 1 + RidgeReach + 0.1) : panel.Y.Ends(0);
        plot.Axes.SetLimits(left, right, bottom, top);
        Label(plot.Axes.Bottom, x.Select(tick => (panel.X.Place(tick.Value), tick.Text)), look);
        Label(plot.Axes.Left, y.Select(tick => (ridges ? panel.Y.High - tick.Value : panel.Y.Place(tick.Value), tick.Text)), look);
        var (perX, perY) = ((right - left) / area.Width, (top - bottom) / area.Height);
        foreach (var series in panel.Series.Where(series => series.Shape is SeriesShape.Shade or SeriesShape.Band or SeriesShape.LineInBand))
            AddBand(plot, panel, series);
        foreach (var (index, series) in panel.Series.Index())
            Add(plot, panel, series, (index, panel.Series.Count), perX, perY, area);
        var outer = new PixelRect(area.Left - Padding.Left, area.Right + Padding.Right, area.Bottom + Padding.Bottom, area.Top - Padding.Top);
        // Limits may change while a plot is drawn for the first time, which would then be drawn twice.
        using (var nowhere = new SkiaSharp.SKNoDrawCanvas((int)outer.Right + 1, (int)outer.Bottom + 1))
            plot.Render(nowhere, outer);
        canvas.Save();
        plot.Render(canvas, outer);
        canvas.Restore();
    }

    private static void Label(IAxis axis, IEnumerable<(double Place, string Text)> ticks, SheetFonts look)
    {
        var all = ticks.ToList();
        axis.TickGenerator = new NumericManual([.. all.Select(tick => tick.Place)], [.. all.Select(tick => tick.Text)]);
        axis.TickLabelStyle.FontSize = (float)look.Ticks;
        axis.TickLabelStyle.FontName = Typefaces.Family;
        axis.TickLabelStyle.ForeColor = Color.FromHex(SheetFonts.Dark);
        axis.FrameLineStyle.Width = axis.MajorTickStyle.Width = Strokes.FrameWidth;
        axis.FrameLineStyle.Color = axis.MajorTickStyle.Color = Color.FromHex("#444444");
        axis.FrameLineStyle.AntiAlias = axis.MajorTickStyle.AntiAlias = true;
        axis.MajorTickStyle.Length = SheetFonts.TickLength;
    }

    private static void Add(Plot plot, Panel panel, PanelSeries series, (int Index, int Count) place, double perX, double perY, PixelRect area)
    {
        var colour = series.Look.Colour();
        switch (series.Shape)
        {
            case SeriesShape.Line:
                var shifted = Shifted(panel, series, perX, area.Width);
                AddLine(plot, series, shifted, Strokes.LineWidth);
                AddBars(plot, panel, series, [.. shifted.Select(point => point.X)], isSideways: false);
                plot.Add.Plottable(new PointMarkers(Finite(shifted), series.Look.MarkerStyle()));
                break;
            case SeriesShape.Dashes or SeriesShape.Dots:
                var dashed = Shifted(panel, series, perX, area.Width);
                AddLine(plot, series, dashed, Strokes.ThinLineWidth);
                plot.Add.Plottable(new PointMarkers(Finite(dashed), series.Look.MarkerStyle(small: true)));
                break;
            case SeriesShape.LineInBand:
                var line = Places(panel, series, point => point.Y);
                AddLine(plot, series, line, Strokes.LineWidth);
                // Each line's markers at places of their own, where they do not hide each other.
                var every = Math.Max(1, (int)Math.Ceiling((double)line.Count / MarkersOfALine));
                plot.Add.Plottable(new PointMarkers(Finite(line.Where((_, index) => index % every == place.Index * every / place.Count % every)), series.Look.MarkerStyle()));
                break;
            case SeriesShape.Curve:
                AddLine(plot, series, Places(panel, series, point => point.Y), Strokes.LineWidth);
                break;
            case SeriesShape.Band:
                AddLine(plot, series, Places(panel, series, point => point.Low), Strokes.EdgeWidth * 1.4f);
                AddLine(plot, series, Places(panel, series, point => point.High), Strokes.EdgeWidth * 1.4f);
                break;
            case SeriesShape.Shade:
                break;
            case SeriesShape.Across:
                plot.Add.HorizontalLine(panel.Y.Place(series.Points[0].Y), Strokes.LineWidth, colour, series.Look.Pattern(series.Shape)).EnableAutoscale = false;
                break;
            case SeriesShape.Markers:
                var step = Math.Min(series.Points.Count > 0 ? 6.5 : 0, 0.8 / perY / Math.Max(1, panel.Series.Count)) * perY;
                var rows = series.Points.Select(point => new Coordinates(panel.X.Place(point.Y), panel.Y.Place(point.X) - (series.Offset * step))).ToList();
                AddBars(plot, panel, series, [.. rows.Select(row => row.Y)], isSideways: true);
                plot.Add.Plottable(new PointMarkers(Finite(rows), series.Look.MarkerStyle()));
                break;
            case SeriesShape.Ridge:
                AddRidge(plot, panel, series);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(series));
        }
    }

    /// <summary>The places of a series that stands a little beside its values.</summary>
    private static List<Coordinates> Shifted(Panel panel, PanelSeries series, double perX, double width) =>
        [.. series.Points.Select(point => new Coordinates(panel.X.Place(point.X) + (series.Offset * Step(panel, width) * perX), panel.Y.Place(point.Y)))];

    /// <summary>How far series side by side stand apart, in points: together no more than four tenths of the way to the next value.</summary>
    private static double Step(Panel panel, double width)
    {
        var places = panel.Series.SelectMany(series => series.Points).Select(point => panel.X.Place(point.X)).Where(double.IsFinite).Distinct().Order().ToList();
        if (places.Count < 2)
            return 4 * ShiftStep;
        var nearest = places.Skip(1).Zip(places, (right, left) => right - left).Min() / (places[^1] - places[0]) * width * 0.9;
        var most = panel.Series.Select(series => Math.Abs(series.Offset)).Max();
        return most > 0 ? Math.Min(ShiftStep, 0.2 * nearest / most) : ShiftStep;
    }

    private static List<Coordinates> Places(Panel panel, PanelSeries series, Func<FigurePoint, double> of) =>
        [.. series.Points.Select(point => new Coordinates(panel.X.Place(point.X), panel.Y.Place(of(point))))];

    private static List<Coordinates> Finite(IEnumerable<Coordinates> places) => [.. places.Where(place => double.IsFinite(place.X) && double.IsFinite(place.Y))];

    /// <summary>A line that breaks where there is no value.</summary>
    private static void AddLine(Plot plot, PanelSeries series, List<Coordinates> places, float width)
    {
        for (var start = 0; start < places.Count;)
        {
            var piece = places.Skip(start).TakeWhile(place => double.IsFinite(place.X) && double.IsFinite(place.Y)).ToList();
            start += piece.Count + 1;
            if (piece.Count < 2)
                continue;
            var line = plot.Add.ScatterLine(piece, series.Look.Colour());
            line.LineWidth = width;
            line.LinePattern = series.Look.Pattern(series.Shape);
        }
    }

    private static void AddBars(Plot plot, Panel panel, PanelSeries series, IReadOnlyList<double> beside, bool isSideways)
    {
        var along = isSideways ? panel.X : panel.Y;
        var bars = series.Points.Zip(beside, (point, place) => (point, place)).Where(bar => double.IsFinite(bar.point.Low) && double.IsFinite(bar.point.High)).ToList();
        if (bars.Count == 0)
            return;
        var middles = bars.Select(bar => along.Place(bar.point.Y)).ToList();
        var downs = bars.Zip(middles, (bar, middle) => middle - along.Place(bar.point.Low)).ToList();
        var ups = bars.Zip(middles, (bar, middle) => along.Place(bar.point.High) - middle).ToList();
        var places = bars.Select(bar => bar.place).ToList();
        plot.Add.Plottable(new ErrorBar(isSideways ? middles : places, isSideways ? places : middles, isSideways ? ups : null, isSideways ? downs : null, isSideways ? null : ups, isSideways ? null : downs)
        {
            Color = series.Look.Colour(),
            LineWidth = Strokes.BarWidth,
            CapSize = 1.6f,
        });
    }

    private static void AddBand(Plot plot, Panel panel, PanelSeries series)
    {
        var colour = series.Look.Colour();
        var points = series.Points.Select(point => (X: panel.X.Place(point.X), Low: panel.Y.Place(point.Low), High: panel.Y.Place(point.High)))
            .Where(point => double.IsFinite(point.Low) && double.IsFinite(point.High)).ToList();
        if (points.Count < 2)
            return;
        var band = plot.Add.FillY([.. points.Select(point => point.X)], [.. points.Select(point => point.Low)], [.. points.Select(point => point.High)]);
        var many = panel.Series.Count > Many;
        band.FillColor = colour.WithAlpha(many ? 0.07 : 0.15);
        band.MarkerShape = MarkerShape.None;
        band.LineWidth = series.Shape == SeriesShape.LineInBand ? Strokes.EdgeWidth : 0;
        band.LineColor = colour.WithAlpha(many ? 0.35 : 0.5);
    }

    private static void AddRidge(Plot plot, Panel panel, PanelSeries series)
    {
        var most = series.Points.Max(point => point.Y) is > 0 and var highest ? highest : 1;
        var foot = panel.Y.High - series.Offset;
        var xs = series.Points.Select(point => panel.X.Place(point.X)).ToArray();
        var tops = series.Points.Select(point => foot + (RidgeReach * point.Y / most)).ToArray();
        var hill = plot.Add.FillY(xs, [.. xs.Select(_ => foot)], tops);
        hill.FillColor = series.Look.Colour().WithAlpha(0.88);
        hill.LineWidth = 0;
        hill.MarkerShape = MarkerShape.None;
        // A pale edge and a thin line of its own colour: of a spike as narrow as a bin nothing else is to be seen.
        var hilly = xs.Zip(tops, (x, top) => new Coordinates(x, top)).Where(place => place.Y - foot > 0.01 * RidgeReach).ToList();
        if (hilly.Count < 2)
            return;
        plot.Add.ScatterLine(hilly, Colors.White).LineWidth = Strokes.LineWidth * 1.3f;
        plot.Add.ScatterLine(hilly, series.Look.Colour()).LineWidth = Strokes.EdgeWidth;
    }
}
