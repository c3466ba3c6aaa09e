using System.Globalization;
using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>A logarithmic x axis of a numeric option, with a tic at every value that the runs have, as far as there is room.</summary>
/// <param name="Name">The option's name in a data block's header.</param>
/// <param name="Label">What stands under the axis.</param>
/// <param name="Property">The property of <see cref="Cell"/>.</param>
/// <param name="Of">Its value; none where a cell has no such option.</param>
/// <param name="Falling">Whether it runs from large to small, as batch sizes do in the paper.</param>
internal sealed record OptionAxis(string Name, string Label, string Property, Func<Cell, double?> Of, bool Falling = false)
{
    public static readonly OptionAxis Batch = new("batch", "batch size (images per worker)", nameof(Cell.Batch), cell => cell.Batch, Falling: true);

    public static readonly OptionAxis Lr = new("lr", "learning rate at 32 images a worker", nameof(Cell.Lr), cell => cell.Lr);

    public static readonly OptionAxis InitScale = new("init-scale", "scale of the initial weights", nameof(Cell.InitScale), cell => cell.InitScale);

    /// <summary>So many values leave no room for how many runs diverged beside every cross.</summary>
    private const int Many = 6;

    /// <summary>Range and tics. <paramref name="text"/> is a value's tic, where it is not the number alone.</summary>
    public IReadOnlyList<string> Settings(IEnumerable<double> values, Func<double, string>? text = null)
    {
        var rising = values.Distinct().Order().ToList();
        if (rising[0] <= 0)
            throw new ExperimentException($"A figure against {Name} has a logarithmic axis, on which {Number(rising[0])} has no place: leave those runs out.");
        var air = Math.Max(1.4, Math.Pow(rising[^1] / rising[0], 0.06));
        var (low, high) = (Number(rising[0] / air), Number(rising[^1] * air));
        var named = Thinned(rising, air * air * rising[^1] / rising[0], value => text is null ? Plain(value) : text(value));
        if (Falling)
            named.Reverse();
        return
        [
            $"set logscale x {(Falling ? 2 : 10)}; set xrange [{(Falling ? $"{high}:{low}" : $"{low}:{high}")}]",
            $"set xtics ({string.Join(", ", named.Select(tic => $"'{tic.Text}' {Number(tic.Value)}"))})",
        ];
    }

    /// <summary>
    /// The factor by which a series is shifted, the first to the left, so that bars do not hide each other: a twentieth of the way between
    /// neighbouring values each, a quarter in all at most.
    /// </summary>
    public double Shift(IEnumerable<double> values, int index, int count)
    {
        var places = values.Distinct().Select(Math.Log2).Order().ToList();
        var way = places.Skip(1).Zip(places, (right, left) => right - left).DefaultIfEmpty(1).Min();
        var steps = (index - ((count - 1) / 2.0)) * Math.Min(0.05, 0.25 / Math.Max(1, count));
        return Math.Pow(2, steps * way * (Falling ? -1 : 1));
    }

    /// <summary>Whether crosses of diverged runs stand so close that they take rows of their own and short words.</summary>
    public bool IsDense(IEnumerable<SummaryRow> cells) => cells.Select(cell => Of(cell)).Distinct().Count() > Many;

    /// <summary>Tics that do not run into each other: all values, or the powers of ten, or every second, third, ... value.</summary>
    private static List<(double Value, string Text)> Thinned(List<double> rising, double reach, Func<double, string> text)
    {
        var all = rising.Select(value => (Value: value, Text: text(value))).ToList();
        var powers = all.Where(tic => Math.Abs(Math.Log10(tic.Value) - Math.Round(Math.Log10(tic.Value))) < 1e-9).ToList();
        IEnumerable<List<(double Value, string Text)>> choices =
        [
            all,
            .. powers.Count > 1 ? [powers] : Array.Empty<List<(double Value, string Text)>>(),
            .. Enumerable.Range(2, all.Count).Select(step => all.Where((_, index) => index % step == 0).ToList()),
        ];
        return choices.First(tics => tics.Count == 1 || tics.Skip(1).Zip(tics, (right, left) =>
            PanelWidth * Math.Log(right.Value / left.Value) / Math.Log(reach) >= (TicWidth(right.Text) + TicWidth(left.Text)) / 2).All(fits => fits));
    }

    private static string Plain(double value) => ((decimal)value).ToString("0.########", CultureInfo.InvariantCulture);
}
