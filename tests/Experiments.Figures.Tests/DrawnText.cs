using System.Globalization;
using System.Xml.Linq;

namespace Experiments.Figures.Tests;

/// <summary>A text of an SVG, with the box that it takes on the page, in points, as its letters are measured.</summary>
internal sealed record DrawnText(string Text, double Size, double Left, double Top, double Right, double Bottom, string Family)
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public double Middle => (Left + Right) / 2;

    public static IReadOnlyList<DrawnText> In(string svg) => [.. XDocument.Parse(svg).Descendants(Svg + "text").Select(Of)];

    /// <summary>Whether the two overlap by more than a rounding error.</summary>
    public bool Overlaps(DrawnText other) =>
        Math.Min(Right, other.Right) - Math.Max(Left, other.Left) > 0.3 && Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top) > 0.3;

    private static DrawnText Of(XElement element)
    {
        var size = Number(element.Attribute("font-size")!.Value);
        var xs = Numbers(element.Attribute("x")!.Value);
        var y = Numbers(element.Attribute("y")!.Value)[0];
        // The parts of a line's height that capitals and descenders take.
        var (left, right, top, bottom) = (xs[0], xs[0] + Typefaces.Width(element.Value, size), y - (0.72 * size), y + (0.2 * size));
        (double X, double Y)[] corners = [.. new[] { (left, top), (right, top), (left, bottom), (right, bottom) }.Select(corner => Moved(element.Attribute("transform")?.Value, corner))];
        return new DrawnText(element.Value, size, corners.Min(corner => corner.X), corners.Min(corner => corner.Y), corners.Max(corner => corner.X), corners.Max(corner => corner.Y),
            element.Attribute("font-family")!.Value);
    }

    private static (double X, double Y) Moved(string? transform, (double X, double Y) place)
    {
        if (transform is null)
            return place;
        // The transformation that is written last is applied first.
        foreach (var one in transform.Split(')', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Reverse())
        {
            var (name, by) = (one.Split('(')[0].Trim(), Numbers(one.Split('(')[1]));
            place = name switch
            {
                "translate" => (place.X + by[0], place.Y + (by.Count > 1 ? by[1] : 0)),
                "rotate" => ((place.X * Math.Cos(by[0] * Math.PI / 180)) - (place.Y * Math.Sin(by[0] * Math.PI / 180)), (place.X * Math.Sin(by[0] * Math.PI / 180)) + (place.Y * Math.Cos(by[0] * Math.PI / 180))),
                "matrix" => ((by[0] * place.X) + (by[2] * place.Y) + by[4], (by[1] * place.X) + (by[3] * place.Y) + by[5]),
                "scale" => (place.X * by[0], place.Y * by[^1]),
                _ => throw new NotSupportedException(name),
            };
        }

        return place;
    }

    private static List<double> Numbers(string list) => [.. list.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(Number)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
