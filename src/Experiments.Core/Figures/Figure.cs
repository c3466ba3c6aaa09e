namespace Experiments.Core.Figures;

/// <summary>
/// What a figure shows: words, axes and numbers, and how its lines are told apart. Whoever draws the figure decides how large it is and where
/// things stand.
/// </summary>
public sealed record Figure
{
    /// <summary>Which figure it is.</summary>
    public required FigureKind Kind { get; init; }

    /// <summary>What it shows, in a line.</summary>
    public required string Title { get; init; }

    /// <summary>The smaller line under the title: what the runs have in common. May be empty.</summary>
    public required string Subtitle { get; init; }

    /// <summary>Panels in rows; where a row is wider than the page, it is broken.</summary>
    public required IReadOnlyList<IReadOnlyList<Panel>> Rows { get; init; }

    /// <summary>Small print: seeds, bars, measure.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Whether a legend names the series; false where names along the y axis do.</summary>
    public bool HasLegend { get; init; } = true;

    /// <summary>All panels, row by row.</summary>
    public IEnumerable<Panel> Panels => Rows.SelectMany(row => row);

    /// <summary>The series that have a name and draw something, each once, in the order in which they are drawn.</summary>
    public IReadOnlyList<LegendEntry> Legend =>
    !HasLegend ? [] :
    [
        .. Panels.SelectMany(panel => panel.Series.Select(series => (panel, series)))
            .Where(one => one.series.Label.Length > 0)
            .GroupBy(one => one.series.Label)
            .Select(label => (Drawn: label.FirstOrDefault(one => one.series.IsDrawn).series, Crossed: label.FirstOrDefault(Crossed).series, HasLine: label.Any(one => one.series.HasLine)))
            .Where(label => label.Drawn is not null || label.Crossed is not null)
            .Select(label => label.Drawn is { } drawn
                ? new LegendEntry(drawn.Label, drawn.Look, drawn.Shape, label.HasLine)
                : new LegendEntry(label.Crossed!.Label, label.Crossed.Look, null, HasLine: false)),
    ];

    /// <summary>Panels cut into rows of three. Four panels make two rows of two, since the fourth would otherwise stand alone.</summary>
    internal static IReadOnlyList<IReadOnlyList<T>> InRows<T>(IEnumerable<T> panels)
    {
        var all = panels.ToList();
        return [.. all.Chunk(all.Count == 4 ? 2 : MostColumns)];
    }

    /// <summary>The most panels in a row.</summary>
    internal const int MostColumns = 3;

    private static bool Crossed((Panel Panel, PanelSeries Series) one) => one.Panel.Crosses.Any(cross => cross.Series == one.Series.Label);
}

/// <summary>A line of the legend.</summary>
/// <param name="Label">The name of the series.</param>
/// <param name="Look">How it looks.</param>
/// <param name="Shape">What is drawn of it; null: nothing but crosses, since all its runs diverged.</param>
/// <param name="HasLine">Whether a line of it is drawn anywhere; false if it has only single points.</param>
public sealed record LegendEntry(string Label, Look Look, SeriesShape? Shape, bool HasLine);

/// <summary>One pair of axes, and what is drawn on them.</summary>
public sealed record Panel
{
    /// <summary>The panel's name in the data beside the picture; empty where there is only one panel.</summary>
    public required string Name { get; init; }

    /// <summary>The line above the panel; empty if there is none.</summary>
    public string Title { get; init; } = "";

    /// <summary>The axis along the bottom.</summary>
    public required Axis X { get; init; }

    /// <summary>The axis up the left side.</summary>
    public required Axis Y { get; init; }

    /// <summary>What is drawn, the first at the bottom.</summary>
    public required IReadOnlyList<PanelSeries> Series { get; init; }

    /// <summary>Where runs diverged.</summary>
    public IReadOnlyList<Cross> Crosses { get; init; } = [];

    /// <summary>
    /// Whether names stand along the y axis and values run along the x axis: a point's <see cref="FigurePoint.X"/> is then its row's number.
    /// </summary>
    public bool IsSideways { get; init; }
}

/// <summary>A cross at the edge of a panel: a cell of the grid in which runs diverged.</summary>
/// <param name="Series">The series that it belongs to.</param>
/// <param name="X">Its place along the axis.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="Diverged">How many runs diverged.</param>
/// <param name="Runs">How many runs diverged or finished.</param>
/// <param name="Row">The row it stands in, from 0, where several belong to one place.</param>
public sealed record Cross(string Series, double X, string Colour, int Diverged, int Runs, int Row);

/// <summary>An axis, and the values it reaches over: it ends at the data.</summary>
public sealed record Axis
{
    /// <summary>What the axis shows, with its unit.</summary>
    public required string Label { get; init; }

    /// <summary>Its lower end.</summary>
    public required double Low { get; init; }

    /// <summary>Its upper end.</summary>
    public required double High { get; init; }

    /// <summary>Whether the axis is logarithmic, so that equal ratios are equally far apart.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Whether it runs from large to small, as batch sizes do in the paper.</summary>
    public bool IsFalling { get; init; }

    /// <summary>Whether it is counted in whole numbers.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Whether points stand on its ends, which then need a little room beyond.</summary>
    public bool HasPointsAtEnds { get; init; }

    /// <summary>Where it is labelled, as far as there is room; null: at round numbers.</summary>
    public IReadOnlyList<Tick>? Ticks { get; init; }
}

/// <summary>A labelled place on an axis.</summary>
public sealed record Tick(double Value, string Text);

/// <summary>Some points, and how they are drawn.</summary>
public sealed record PanelSeries
{
    /// <summary>Its name in the legend and in the data beside the picture; empty where the series only supports another one and is in neither.</summary>
    public required string Label { get; init; }

    /// <summary>How it looks.</summary>
    public required Look Look { get; init; }

    /// <summary>What is drawn of it.</summary>
    public required SeriesShape Shape { get; init; }

    /// <summary>Its points, in the order in which a line goes through them.</summary>
    public required IReadOnlyList<FigurePoint> Points { get; init; }

    /// <summary>
    /// Its place among series that stand side by side at the same values, so that bars do not hide each other; 0 where it stands on the value
    /// itself.
    /// </summary>
    public double Offset { get; init; }

    /// <summary>Whether there is anything of it to see.</summary>
    public bool IsDrawn => Points.Any(point => double.IsFinite(Drawn(point)));

    /// <summary>Whether there is a line to see: through two points, or across the panel.</summary>
    public bool HasLine => Shape switch
    {
        SeriesShape.Across => IsDrawn,
        SeriesShape.Markers or SeriesShape.Shade => false,
        _ => Points.Zip(Points.Skip(1)).Any(pair => double.IsFinite(Drawn(pair.First)) && double.IsFinite(Drawn(pair.Second))),
    };

    private double Drawn(FigurePoint point) => Shape == SeriesShape.Band ? point.High : point.Y;
}

/// <summary>A point of a figure. Values that are missing are NaN.</summary>
/// <param name="X">Where it stands.</param>
/// <param name="Y">What was measured.</param>
/// <param name="Low">The lower end of its interval or band.</param>
/// <param name="High">The upper end.</param>
public sealed record FigurePoint(double X, double Y, double Low = double.NaN, double High = double.NaN);

/// <summary>What is drawn of a series.</summary>
public enum SeriesShape
{
    /// <summary>A line through markers, with a bar for each interval.</summary>
    Line,

    /// <summary>A line in small dashes through small markers, without bars.</summary>
    Dashes,

    /// <summary>A line in dots through small markers, without bars.</summary>
    Dots,

    /// <summary>A line with some markers in a band.</summary>
    LineInBand,

    /// <summary>A line without markers.</summary>
    Curve,

    /// <summary>A band with both its edges.</summary>
    Band,

    /// <summary>A band without edges.</summary>
    Shade,

    /// <summary>Markers with a bar for each interval.</summary>
    Markers,

    /// <summary>A line across at one value.</summary>
    Across,

    /// <summary>A density, drawn as a hill; the hills of all series stand one below the other.</summary>
    Ridge,
}
