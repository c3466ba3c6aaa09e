using System.Globalization;
using Experiments.Core.Figures;

namespace Experiments.Figures;

/// <summary>Where values of an axis lie on a plot, whose own axes are linear and rise, and where the axis is labelled.</summary>
internal static class AxisScale
{
    /// <summary>A value's place.</summary>
    public static double Place(this Axis axis, double value)
    {
        var place = !axis.IsLogarithmic ? value : value > 0 ? Math.Log10(value) : double.NaN;
        return axis.IsFalling ? -place : place;
    }

    /// <summary>Both ends of the plot's axis, with this much room of its length beyond the data at each.</summary>
    public static (double Low, double High) Ends(this Axis axis, double room)
    {
        var (low, high) = (Math.Min(axis.Place(axis.Low), axis.Place(axis.High)), Math.Max(axis.Place(axis.Low), axis.Place(axis.High)));
        if (high <= low)
            (low, high) = (low - 0.5, high + 0.5);
        var beyond = room < 0.45 ? (high - low) * room / (1 - (2 * room)) : 0;
        return (low - beyond, high + beyond);
    }

    /// <summary>Whether two axes say the same, so that the second need not say it again.</summary>
    public static bool IsLike(this Axis axis, Axis other) =>
        axis with { Ticks = null } == other with { Ticks = null } && (axis.Ticks ?? []).SequenceEqual(other.Ticks ?? []);

    /// <summary>The labelled places, as many as there is room for.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="length">Its length in points, from end to end.</param>
    /// <param name="room">The part of that length beyond the data at each end.</param>
    /// <param name="size">What a label takes of the axis, in points, with the space to the next.</param>
    public static IReadOnlyList<Tick> Labels(this Axis axis, double length, double room, Func<string, double> size)
    {
        var (low, high) = axis.Ends(room);
        double At(Tick tick) => (axis.Place(tick.Value) - low) / (high - low) * length;
        bool Fits(IReadOnlyList<Tick> ticks)
        {
            var placed = ticks.Select(tick => (At: At(tick), Size: size(tick.Text))).OrderBy(tick => tick.At).ToList();
            return placed.Skip(1).Zip(placed, (right, left) => right.At - left.At >= (right.Size + left.Size) / 2).All(fits => fits);
        }

        return Choices(axis).FirstOrDefault(ticks => ticks.Count == 1 || Fits(ticks)) ?? [];
    }

    /// <summary>Sets of labels, from many to few.</summary>
    private static IEnumerable<IReadOnlyList<Tick>> Choices(Axis axis)
    {
        if (axis.Ticks is { } given)
        {
            yield return given;
            var powers = given.Where(tick => tick.Value > 0 && Math.Abs(Math.Log10(tick.Value) - Math.Round(Math.Log10(tick.Value))) < 1e-9).ToList();
            if (powers.Count > 1)
                yield return powers;
            for (var step = 2; step <= given.Count; step++)
                yield return [.. given.Where((_, index) => index % step == 0)];
        }
        else if (axis.IsLogarithmic)
        {
            foreach (var digits in new int[][] { [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1] })
            {
                var ticks = Decades(axis).SelectMany(decade => digits.Select(digit => digit * decade)).Where(value => value >= axis.Low && value <= axis.High)
                    .Select(value => new Tick(value, Text(value))).ToList();
                if (ticks.Count > 1)
                    yield return ticks;
            }

            foreach (var step in new[] { 2, 3, 4 })
                yield return [.. Decades(axis).Where((value, index) => index % step == 0 && value >= axis.Low && value <= axis.High).Select(value => new Tick(value, Text(value)))];
        }
        else
        {
            foreach (var step in Steps(axis.High - axis.Low, axis.IsWhole))
            {
                var first = Math.Ceiling((axis.Low / step) - 1e-9);
                yield return [.. Enumerable.Range(0, (int)Math.Floor(((axis.High - (first * step)) / step) + 1e-9) + 1).Select(index => (first + index) * step)
                    .Select(value => new Tick(value, Text(Math.Round(value, 9))))];
            }
        }
    }

    private static IEnumerable<double> Decades(Axis axis) =>
        Enumerable.Range((int)Math.Floor(Math.Log10(axis.Low)), 40).Select(power => Math.Pow(10, power)).TakeWhile(decade => decade <= axis.High);

    /// <summary>Round steps from a tenth of a reach on.</summary>
    private static IEnumerable<double> Steps(double reach, bool isWhole)
    {
        var decade = Math.Pow(10, Math.Floor(Math.Log10(reach)) - 1);
        return new[] { 1.0, 2, 5, 10, 20, 50, 100, 200, 500 }.Select(part => part * decade).Where(step => reach / step <= 8 && (!isWhole || step >= 1));
    }

    private static string Text(double value) => Math.Abs(value) is > 0 and < 0.001 or >= 1e6
        ? value.ToString("0.#E0", CultureInfo.InvariantCulture)
        : value.ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '\u2212');
}
