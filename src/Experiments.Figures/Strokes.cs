using Experiments.Core.Figures;
using ScottPlot;

namespace Experiments.Figures;

/// <summary>How looks are drawn: colours, dashes, markers, and the widths of lines, in points.</summary>
internal static class Strokes
{
    public const float LineWidth = 1.1f, ThinLineWidth = 0.8f, BarWidth = 0.7f, EdgeWidth = 0.5f, FrameWidth = 0.6f, MarkerSize = 4.4f;

    public static readonly LinePattern Dashes = new([2.2f, 2f], 0, "dashes"), Dots = new([0.9f, 1.7f], 0, "dots");

    public static Color Colour(this Look look) => Color.FromHex(look.Colour);

    /// <summary>How the line of a series is dashed.</summary>
    public static LinePattern Pattern(this Look look, SeriesShape shape) => shape switch
    {
        SeriesShape.Dashes => Dashes,
        SeriesShape.Dots => Dots,
        _ => look.Dash switch
        {
            Dash.Solid => LinePattern.Solid,
            Dash.Long => new([6, 2], 0, "long"),
            Dash.Short => new([2.6f, 1.2f], 0, "short"),
            Dash.Dotted => new([1.1f, 1.3f], 0, "dotted"),
            Dash.DashDot => new([5, 1.5f, 1.1f, 1.5f], 0, "dash-dot"),
            Dash.DashDotDot => new([5, 1.3f, 1.1f, 1.3f, 1.1f, 1.3f], 0, "dash-dot-dot"),
            Dash.Pairs => new([4, 1, 4, 3], 0, "pairs"),
            _ => throw new ArgumentOutOfRangeException(nameof(look)),
        },
    };

    /// <summary>The marker of a look; small, where the line is one beside another of the same look.</summary>
    public static MarkerStyle MarkerStyle(this Look look, bool small = false)
    {
        var shape = look.Marker switch
        {
            Marker.Circle => MarkerShape.FilledCircle,
            Marker.Square => MarkerShape.FilledSquare,
            Marker.TriangleUp => MarkerShape.FilledTriangleUp,
            Marker.TriangleDown => MarkerShape.FilledTriangleDown,
            Marker.Diamond => MarkerShape.FilledDiamond,
            Marker.OpenCircle => MarkerShape.OpenCircle,
            Marker.OpenSquare => MarkerShape.OpenSquare,
            Marker.OpenTriangleUp => MarkerShape.OpenTriangleUp,
            Marker.OpenTriangleDown => MarkerShape.OpenTriangleDown,
            Marker.OpenDiamond => MarkerShape.OpenDiamond,
            Marker.Asterisk => MarkerShape.Asterisk,
            _ => throw new ArgumentOutOfRangeException(nameof(look)),
        };
        // Triangles and diamonds look smaller than they measure.
        var size = look.Marker is Marker.Circle or Marker.OpenCircle ? MarkerSize : look.Marker is Marker.Square or Marker.OpenSquare ? MarkerSize * 0.92f : MarkerSize * 1.25f;
        return new MarkerStyle(shape, small ? size * 0.55f : size, look.Colour()) { LineWidth = 0.9f, OutlineWidth = 0 };
    }
}
