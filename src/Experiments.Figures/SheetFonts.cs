namespace Experiments.Figures;

/// <summary>Sizes of text on a sheet, in points, all from one.</summary>
/// <param name="Text">The size of axis labels, legend and subtitle.</param>
internal sealed record SheetFonts(double Text)
{
    public const string Dark = "#222222", Pale = "#555555";

    public const float TickLength = 2.5f;

    public double Title => Text + 1;

    public double Ticks => Text - 0.5;

    public double Notes => Text - 1;

    /// <summary>From line to line.</summary>
    public static double Line(double size) => size * 1.22;
}
