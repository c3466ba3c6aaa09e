using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// A logarithmic x axis of a numeric option, from the smallest value that the runs have to the largest, labelled at each value as far as there is
/// room.
/// </summary>
/// <param name="Name">The option's name.</param>
/// <param name="Label">What stands under the axis.</param>
/// <param name="Property">The name of the option's property in <see cref="Cell"/>.</param>
/// <param name="Of">The option's value in a cell; null if the cell has no such option.</param>
/// <param name="Falling">Whether the axis runs from large to small, as batch sizes do in the paper.</param>
internal sealed record OptionAxis(string Name, string Label, string Property, Func<Cell, double?> Of, bool Falling = false)
{
    public static readonly OptionAxis Batch = new("batch", "batch size (images per worker)", nameof(Cell.Batch), cell => cell.Batch, Falling: true);

    public static readonly OptionAxis Lr = new("lr", "learning rate at 32 images a worker", nameof(Cell.Lr), cell => cell.Lr);

    public static readonly OptionAxis InitScale = new("init-scale", "scale of the initial weights", nameof(Cell.InitScale), cell => cell.InitScale);

    /// <summary>With more values than this, there is no room for rows of crosses at each value.</summary>
    private const int Many = 6;

    /// <summary>The axis of these values. <paramref name="text"/> gives a value's label; null: the label is the number.</summary>
    /// <exception cref="ExperimentException">A value is not above 0.</exception>
    public Axis For(IEnumerable<double> values, Func<double, string>? text = null)
    {
        var rising = values.Distinct().Order().ToList();
        if (rising[0] <= 0)
            throw new ExperimentException($"A figure against {Name} has a logarithmic axis, which cannot show {Plain(rising[0])}: leave those runs out.");
        return new Axis
        {
            Label = Label,
            Low = rising[0],
            High = rising[^1],
            IsLogarithmic = true,
            IsFalling = Falling,
            HasPointsAtEnds = true,
            Ticks = [.. rising.Select(value => new Tick(value, text is null ? Plain(value) : text(value)))],
        };
    }

    /// <summary>Whether crosses of diverged runs stand so close that each series takes a row of its own.</summary>
    public bool IsDense(IEnumerable<SummaryRow> cells) => cells.Select(cell => Of(cell)).Distinct().Count() > Many;

    /// <summary>A number in decimals, without an exponent.</summary>
    public static string Plain(double value) => ((decimal)value).ToString("0.########", CultureInfo.InvariantCulture);
}
