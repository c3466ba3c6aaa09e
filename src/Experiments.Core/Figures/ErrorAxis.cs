using Experiments.Core.Data;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>What figures of cells have in common: the axis of error, the bars over seeds, the crosses of diverged runs, the small print.</summary>
internal static class ErrorAxis
{
    /// <summary>The label of the axis: test error or validation error.</summary>
    public static string Label(IEnumerable<Cell> cells) => $"{(cells.All(cell => cell.Validation > 0) ? "validation" : "test")} error (%)";

    /// <summary>An axis with this label and these ends.</summary>
    public static Axis Of(string label, (double Low, double High) ends) => new() { Label = label, Low = ends.Low, High = ends.High };

    /// <summary>A cell as a point. With one seed it has no bar, and no bar goes beyond the errors that are possible.</summary>
    public static FigurePoint Point(double x, SummaryRow cell) => Point(x, cell.Mean, cell.N > 1 ? cell.Ci95Low : null, cell.N > 1 ? cell.Ci95High : null, Most(cell));

    /// <summary>An error as a point, its bar cut at 0 and at <paramref name="most"/>, or at 100 where the error itself lies above that.</summary>
    public static FigurePoint Point(double x, double? error, double? low, double? high, double most) => error is not { } mean
        ? new FigurePoint(x, double.NaN)
        : new FigurePoint(x, mean, Math.Max(0, low ?? double.NaN), Math.Min(mean <= most ? most : 100, high ?? double.NaN));

    /// <summary>The error of guessing, in percent; 100 for a data set that is not known here.</summary>
    public static double Most(Cell cell) =>
        DatasetCatalog.All.FirstOrDefault(one => one.Name == cell.Dataset) is { } known ? 100 - (100.0 / known.Classes) : 100;

    /// <summary>
    /// The ends of the axis. Bars widen it beyond the means by at most the range of the means (or two points, if that is more): an interval over
    /// two seeds is six times as wide as over three, and would flatten all else. Such a bar leaves the panel.
    /// </summary>
    public static (double Low, double High) Ends(IReadOnlyCollection<FigurePoint> points)
    {
        var means = points.Select(point => point.Y).Where(double.IsFinite).ToList();
        var reach = Math.Max(2, means.Max() - means.Min());
        return Ends([.. means, .. Bars(points).Select(end => Math.Clamp(end, means.Min() - reach, means.Max() + reach))], floor: 0, ceiling: 100);
    }

    /// <summary>
    /// Ends that hold these values and a little room beyond them, but stay within <paramref name="floor"/> and <paramref name="ceiling"/>.
    /// </summary>
    public static (double Low, double High) Ends(IReadOnlyCollection<double> values, double floor = double.NegativeInfinity, double ceiling = double.PositiveInfinity)
    {
        var air = Math.Max(0.25, (values.Max() - values.Min()) * 0.05);
        return (Math.Max(floor, values.Min() - air), Math.Min(ceiling, values.Max() + air));
    }

    /// <summary>
    /// A cross for every cell in which runs diverged. Those at one place stand in rows, one over the other; where they stand densely,
    /// each series has a row of its own.
    /// </summary>
    public static IReadOnlyList<Cross> Crosses(IEnumerable<(double X, SummaryRow Cell, string Series, Look Look)> cells, bool dense = false)
    {
        var diverged = cells.Where(cell => cell.Cell.NDiverged > 0).ToList();
        var series = diverged.Select(cell => cell.Series).Distinct().ToList();
        return dense
            ? [.. diverged.Select(cell => Cross(cell, series.IndexOf(cell.Series)))]
            : [.. diverged.GroupBy(cell => cell.X).SelectMany(here => here.Select(Cross))];

        static Cross Cross((double X, SummaryRow Cell, string Series, Look Look) cell, int row) =>
            new(cell.Series, cell.X, cell.Look.Colour, cell.Cell.NDiverged, cell.Cell.NDiverged + cell.Cell.N, row);
    }

    /// <summary>What the bars are, over how many seeds, by which measure, and what was left out.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<SummaryRow> cells, IReadOnlyCollection<FigurePoint> points)
    {
        var (low, high) = Ends(points);
        yield return Seeds([.. cells.Where(cell => cell.N > 0).Select(cell => cell.N)]);
        if (Bars(points).Any(end => end < low || end > high))
            yield return "Bars without an end go on beyond the panel.";
        if (cells.Select(cell => cell.ErrorMeasure).OfType<string>().Distinct().ToList() is { Count: > 0 } measures)
            yield return $"Error: {string.Join(" or ", measures.Select(Measure))}.";
        if (cells.Any(cell => cell.NDiverged > 0))
            yield return "Crosses: runs that diverged, of how many; they are left out of the mean.";
    }

    /// <summary>How many seeds, and whether there are bars.</summary>
    public static string Seeds(IReadOnlyCollection<int> seeds)
    {
        var (least, most) = (seeds.Min(), seeds.Max());
        return most == 1 ? "One seed, so there are no bars."
            : $"Mean over {(least == most ? "" : $"{least} to ")}{most} seeds; bars: 95% interval (Student's t)" +
              (least == 1 ? "; points without a bar are one seed." : ".");
    }

    private static IEnumerable<double> Bars(IEnumerable<FigurePoint> points) => points.SelectMany(point => new[] { point.Low, point.High }).Where(double.IsFinite);

    private static string Measure(string measure) => measure switch
    {
        "last" => "that of the last epoch",
        "median-of-last-5" => "median of the last five epochs",
        _ => measure.Replace('-', ' '),
    };
}
