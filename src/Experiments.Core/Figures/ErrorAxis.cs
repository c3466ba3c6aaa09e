using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>What figures of cells have in common: the axis of error, the bars over seeds, the marks of diverged runs, the small print.</summary>
internal static class ErrorAxis
{
    /// <summary>Columns of a data block of cells, after the first, which is the place on the x axis.</summary>
    public const string CellColumns = "error  low  high  seeds  diverged  population";

    /// <summary>What the errors are of.</summary>
    public static string Label(IEnumerable<Cell> cells) => $"{(cells.All(cell => cell.Validation > 0) ? "validation" : "test")} error (%)";

    /// <summary>A cell's row in a data block. A mean of NaN breaks the line.</summary>
    public static string Row(double x, SummaryRow cell)
    {
        var mean = cell.Mean ?? double.NaN;
        double[] values = [x, mean, cell.Ci95Low ?? mean, cell.Ci95High ?? mean, cell.N, cell.NDiverged, cell.MeanErrorPopulation ?? double.NaN];
        return string.Join("  ", values.Select(Number));
    }

    /// <summary>The bars, then the line with its points on top. Each series is shifted a little, the first to the left, so that bars do
    /// not hide each other.</summary>
    public static IEnumerable<string> Line(string block, LineStyle style, double shift) =>
    [
        // Arrows with flat heads: around the points of gnuplot's own error bars everything is erased, other series as well.
        $"${block} using ($5 > 1 ? $1*{Number(shift)} : NaN):3:(0):($4-$3) with vectors heads size graph 0.01,90 ls {style.Number}",
        $"${block} using ($1*{Number(shift)}):2 with linespoints ls {style.Number} pi 1",
    ];

    /// <summary>
    /// The range of the axis. Bars belong to it, but no further from the means than the means reach among themselves (or two points):
    /// over two seeds an interval is six times as wide as over three, and would flatten all else; nor beyond 100%. Such a bar leaves the panel.
    /// </summary>
    public static string Range(IReadOnlyCollection<SummaryRow> cells, IEnumerable<double> lines, int marks, char axis = 'y') =>
        Range(Shown(cells, lines), marks, axis: axis);

    private static List<double> Shown(IReadOnlyCollection<SummaryRow> cells, IEnumerable<double> lines)
    {
        List<double> means = [.. cells.Select(cell => cell.Mean).OfType<double>(), .. lines];
        var reach = Math.Max(2, means.Max() - means.Min());
        return [.. means, .. Ends(cells).Select(end => Math.Clamp(end, Math.Max(0, means.Min() - reach), Math.Min(100, means.Max() + reach)))];
    }

    private static IEnumerable<double> Ends(IEnumerable<SummaryRow> cells) => cells.SelectMany(cell => new[] { cell.Ci95Low, cell.Ci95High }).OfType<double>();

    /// <summary>A range that holds these values with some air, and <paramref name="marks"/> rows of crosses above them; nothing below <paramref name="floor"/>.</summary>
    public static string Range(IReadOnlyCollection<double> values, int marks = 0, double floor = 0, char axis = 'y')
    {
        var (low, high) = Limits(values, floor);
        return $"set {axis}range [{Number(low)}:{Number(high + ((high - low) * 0.08 * marks))}]";
    }

    private static (double Low, double High) Limits(IReadOnlyCollection<double> values, double floor = 0)
    {
        var air = Math.Max(0.5, (values.Max() - values.Min()) * 0.08);
        return (Math.Max(floor, values.Min() - air), values.Max() + air);
    }

    /// <summary>
    /// A cross at the top of the panel for every cell in which runs diverged, with how many of how many. Where they stand densely, each
    /// style has a row of its own, and a cross without words is a cell of which all runs diverged.
    /// </summary>
    public static IEnumerable<string> Marks(IReadOnlyList<(double X, SummaryRow Cell, LineStyle Style)> cells, bool dense = false) =>
        Rows(cells, dense).Select(mark =>
            Mark(mark.Cell.Cell, mark.Cell.Style, $"{Number(mark.Cell.X)}, graph {Number(0.96 - (0.065 * mark.Row))}", dense));

    /// <summary>A cross for a cell in which runs diverged, with its words at its left.</summary>
    public static string Mark(SummaryRow cell, LineStyle style, string place, bool dense = false)
    {
        var (diverged, all) = (cell.NDiverged, cell.NDiverged + cell.N);
        var words = !dense ? $"{diverged} of {all}" : diverged < all ? $"{diverged}/{all}" : "";
        return $"set label '{words}' at {place} right offset -1.3,-0.1 point pt 2 ps dot lc rgb '{style.Colour}' font ',7' tc rgb '{style.Colour}'";
    }

    /// <summary>The rows of crosses that there are.</summary>
    public static int MarkRows(IReadOnlyList<(double X, SummaryRow Cell, LineStyle Style)> cells, bool dense = false) =>
        Rows(cells, dense).Select(mark => mark.Row + 1).DefaultIfEmpty().Max();

    private static IEnumerable<((double X, SummaryRow Cell, LineStyle Style) Cell, int Row)> Rows(
        IReadOnlyList<(double X, SummaryRow Cell, LineStyle Style)> cells, bool dense)
    {
        var diverged = cells.Where(cell => cell.Cell.NDiverged > 0).ToList();
        var styles = diverged.Select(cell => cell.Style).Distinct().OrderBy(style => style.Number).ToList();
        return dense
            ? diverged.Select(cell => (cell, styles.IndexOf(cell.Style)))
            : diverged.GroupBy(cell => cell.X).SelectMany(here => here.Select((cell, row) => (cell, row)));
    }

    /// <summary>What the bars are, over how many seeds, by which measure, and what was left out.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<SummaryRow> cells, IEnumerable<double> lines, bool dense = false)
    {
        var (lowest, highest) = Limits(Shown(cells, lines));
        var seeds = cells.Where(cell => cell.N > 0).Select(cell => cell.N).ToList();
        var (least, most) = (seeds.Min(), seeds.Max());
        yield return most == 1 ? "One seed."
            : $"Mean over {(least == most ? "" : $"{least} to ")}{most} seeds; bars: 95% interval (Student's t)" +
              (least == 1 ? "; points without a bar are one seed." : ".");
        if (Ends(cells).Any(end => end < lowest || end > highest))
            yield return "Bars without an end go on beyond the panel.";
        if (cells.Select(cell => cell.ErrorMeasure).OfType<string>().Distinct().ToList() is { Count: > 0 } measures)
            yield return $"Error: {string.Join(" or ", measures.Select(Measure))}.";
        if (cells.Any(cell => cell.NDiverged > 0))
            yield return dense ? "Crosses: all runs diverged, or so many; left out of the mean." : "Crosses: diverged runs, of all; left out of the mean.";
    }

    private static string Measure(string measure) => measure switch
    {
        "last" => "that of the last epoch",
        "median-of-last-5" => "median of the last five epochs",
        _ => measure.Replace('-', ' '),
    };
}
