using System.Globalization;

namespace Experiments.Core.Figures;

/// <summary>One row of the file beside a picture: a point that the picture shows. Missing values are empty.</summary>
public sealed record FigureRow
{
    /// <summary>The point's place along the x axis: a number, or a row's name in error-by-norm; empty for a line across.</summary>
    public required string X { get; init; }

    /// <summary>The value shown; empty for a band without a middle, and where all runs diverged.</summary>
    public double? Y { get; init; }

    /// <summary>Lower end of its bar or band.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of its bar or band.</summary>
    public double? High { get; init; }

    /// <summary>The line it belongs to, as the legend names it.</summary>
    public required string Series { get; init; }

    /// <summary>The panel it stands in; empty if there is only one.</summary>
    public required string Panel { get; init; }

    /// <summary>All points of a figure, panel by panel and series by series.</summary>
    public static IReadOnlyList<FigureRow> Of(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        return
        [
            .. from panel in figure.Panels
               from series in panel.Series
               where series.Label.Length > 0
               from point in series.Points
               select new FigureRow
               {
                   X = panel.IsSideways ? panel.Y.Ticks!.First(tick => tick.Value == point.X).Text : Rounded(point.X)?.ToString("R", CultureInfo.InvariantCulture) ?? "",
                   Y = Rounded(point.Y),
                   Low = Rounded(point.Low),
                   High = Rounded(point.High),
                   Series = series.Label,
                   Panel = panel.Name,
               },
        ];
    }

    /// <summary>Rounds to seven digits, which is more than any picture shows and the same on every machine; null if the value is not finite.</summary>
    private static double? Rounded(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
}
