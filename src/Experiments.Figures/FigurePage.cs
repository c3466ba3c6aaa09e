using System.Globalization;
using Experiments.Core;

namespace Experiments.Figures;

/// <summary>How a figure is set on its page. All lengths are in points, 1/72 inch.</summary>
public sealed record FigurePage
{
    /// <summary>The figure's width; null: 4.2 inches for a column of panels, 7 inches, a page's text, for panels side by side.</summary>
    public double? Width { get; init; }

    /// <summary>The figure's height; null: as the panels need it.</summary>
    public double? Height { get; init; }

    /// <summary>The size of the text; titles are a point larger and notes a point smaller.</summary>
    public double FontSize { get; init; } = 8;

    /// <summary>Whether title and subtitle stand above the panels: a paper has them in its caption.</summary>
    public bool HasTitle { get; init; } = true;

    /// <summary>Whether the small print stands below the panels.</summary>
    public bool HasNotes { get; init; } = true;

    /// <summary>Points of a length that was typed with its unit: <c>3.3in</c>, <c>84mm</c>, <c>8.4cm</c>, <c>240pt</c>.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="option">The option that it was typed after, for the message.</param>
    /// <exception cref="ExperimentException">It is no length, or none that a figure can have.</exception>
    public static double Length(string text, string option)
    {
        ArgumentNullException.ThrowIfNull(text);
        var unit = text.Length > 2 ? text[^2..] : "";
        double? points = unit switch { "in" => 72, "mm" => 72 / 25.4, "cm" => 72 / 2.54, "pt" => 1, _ => null };
        if (points is not { } factor || !double.TryParse(text[..^2], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            throw new ExperimentException($"{option} takes a length with its unit, such as 3.3in, 84mm, 8.4cm or 240pt, not '{text}'.");
        return number * factor is >= 72 and <= 7200
            ? number * factor
            : throw new ExperimentException($"{option} takes a length from 1in to 100in, not '{text}'.");
    }

    /// <summary>A size of text that was typed.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="option">The option that it was typed after, for the message.</param>
    /// <exception cref="ExperimentException">It is no number, or no size that a figure's text can have.</exception>
    public static double Points(string text, string option) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var points) && points is >= 4 and <= 30
            ? points
            : throw new ExperimentException($"{option} takes a number of points from 4 to 30, such as 9, not '{Echo.Of(text)}'.");
}
