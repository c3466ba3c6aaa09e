using ScottPlot;

namespace Experiments.Figures;

/// <summary>Markers at some places of a plot, each drawn with a paint of its own: after a dashed line ScottPlot's paint is still dashed, which the writer of SVGs
/// complains about.</summary>
internal sealed class PointMarkers(IReadOnlyList<Coordinates> places, MarkerStyle style) : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        using var paint = Paint.NewDisposablePaint();
        foreach (var place in places)
            style.Render(rp.Canvas, Axes.GetPixel(place), paint);
    }
}
