using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>What the runs of one cell have measured.</summary>
/// <param name="Label">The norm, and whatever else tells this cell from the others that have measured.</param>
/// <param name="Norm">Its norm.</param>
/// <param name="LowestSeed">Its lowest seed.</param>
/// <param name="Seeds">The rows of each seed, the lowest seed first.</param>
internal sealed record CellMeasurement<T>(string Label, string Norm, long LowestSeed, IReadOnlyList<IReadOnlyList<T>> Seeds);

/// <summary>What figures of measurements have in common: joining them with runs.csv, laying out panels, choosing axes.</summary>
internal static class MeasurementFigures
{
    /// <summary>From this ratio of the largest value to the smallest on, an axis is logarithmic.</summary>
    private const double LogarithmicFrom = 30;

    /// <summary>
    /// A logarithmic axis begins no lower than its top divided by this: as a learning rate falls to 0, so does all that is measured with it.
    /// </summary>
    private const double MostReach = 500;

    /// <summary>
    /// The cells that have measured, in the grid's order. Diverged runs count: what they measured before they diverged is often the point.
    /// </summary>
    /// <exception cref="ExperimentException">No run has measured.</exception>
    public static IReadOnlyList<CellMeasurement<T>> Of<T>(FigureSpec spec, IReadOnlyList<SummaryRow> cells, FigureData data)
        where T : class, IRunFile
    {
        var rows = data.Rows<T>();
        var seeds = data.Runs.GroupBy(run => run.ToCell()).ToDictionary(cell => cell.Key, cell =>
            cell.OnePerSeed().Where(run => run.Status != RunStatus.Failed && rows[run.Run].Any()).OrderBy(run => run.Seed).ToList());
        var measured = cells.Where(cell => seeds[cell.ToCell()].Count > 0).ToList();
        if (measured.Count == 0)
            throw new ExperimentException($"{spec.Kind.Name()} is drawn from {T.FileName}, which none of {data.Runs.Count} runs has written: train with --measure {Path.GetFileNameWithoutExtension(T.FileName)}.");
        return
        [
            .. Series.Along(measured, []).Select(one => new CellMeasurement<T>(one.Label, one.Norm, seeds[one.Cells[0].ToCell()][0].Seed,
                [.. seeds[one.Cells[0].ToCell()].Select(run => (IReadOnlyList<T>)[.. rows[run.Run]])])),
        ];
    }

    /// <summary>Each cell with each of these layers, as rows of panels; if there are several layers, a row for each cell.</summary>
    public static IReadOnlyList<IReadOnlyList<(CellMeasurement<T> Cell, string Layer)>> Grid<T>(IReadOnlyList<CellMeasurement<T>> cells, IReadOnlyList<string> layers) =>
        layers.Count == 1
            ? Figure.InRows(cells.Select(cell => (cell, layers[0])))
            : [.. cells.Select(cell => (IReadOnlyList<(CellMeasurement<T>, string)>)[.. layers.Select(layer => (cell, layer))])];

    /// <summary>A panel's title: the label, and the layer.</summary>
    public static string Title<T>(CellMeasurement<T> cell, string layer) => $"{cell.Label}: {layer}";

    /// <summary>Layers in the order of the rows; if there are more than fit side by side, only the first, the middle one and the last.</summary>
    public static IReadOnlyList<string> Layers(IEnumerable<string> layers)
    {
        var all = layers.Distinct().ToList();
        return all.Count <= Figure.MostColumns ? all : [all[0], all[all.Count / 2], all[^1]];
    }

    /// <summary>The notes of a figure that shows only one of several seeds, or only some of the layers.</summary>
    public static IEnumerable<string> Notes<T>(IReadOnlyList<CellMeasurement<T>> cells, Func<T, string> layerOf)
    {
        var seeds = cells.Select(cell => cell.LowestSeed).Distinct().ToList();
        if (cells.Any(cell => cell.Seeds.Count > 1))
            yield return $"Of several seeds one is drawn, the lowest{(seeds is [var seed] ? $" (seed {seed})" : "")}.";
        var layers = cells.SelectMany(cell => cell.Seeds[0]).Select(layerOf).Distinct().Count();
        if (layers > Figure.MostColumns)
            yield return $"Of {layers} layers the first, the middle one and the last are drawn.";
    }

    /// <summary>The note of a figure whose lines are over seeds.</summary>
    public static string SeedsNote<T>(IReadOnlyList<CellMeasurement<T>> cells, string over)
    {
        var (least, most) = (cells.Min(cell => cell.Seeds.Count), cells.Max(cell => cell.Seeds.Count));
        return most == 1 ? "One seed." : $"{over} {(least == most ? "" : $"{least} to ")}{most} seeds.";
    }

    /// <summary>A y axis that holds these values: logarithmic where they are positive and reach over more than one and a half orders of magnitude.</summary>
    public static Axis YAxis(string label, IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
            return new Axis { Label = label, Low = 0, High = 1 };
        var (low, high) = (finite.Min(), finite.Max());
        if (low > 0 && high / low > LogarithmicFrom)
            return new Axis { Label = label, Low = Math.Max(low, high / MostReach) / 1.1, High = high * 1.1, IsLogarithmic = true };
        var air = high > low ? (high - low) * 0.04 : 0.5;
        return new Axis { Label = label, Low = low >= 0 ? Math.Max(0, low - air) : low - air, High = high + air };
    }

    /// <summary>The note of a figure with values that lie below the end of an axis.</summary>
    public static IEnumerable<string> BelowNote(IEnumerable<Panel> panels) =>
        panels.Any(panel => panel.Series.SelectMany(series => series.Points).Any(point => point.Y < panel.Y.Low || point.Low < panel.Y.Low || point.High < panel.Y.Low))
            ? ["Lines that leave a panel at its bottom go on below it."] : [];

    /// <summary>An x axis of steps or epochs, from 0 to the last. The last step of eight epochs stands at 7.99: the axis ends at 8.</summary>
    public static Axis XAxis(string label, double last) =>
        new() { Label = label, Low = 0, High = last <= 0 ? 1 : Math.Ceiling(last) - last < 0.02 * last ? Math.Ceiling(last) : last, IsWhole = last >= 2 };
}
