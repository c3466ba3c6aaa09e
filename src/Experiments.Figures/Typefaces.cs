using ScottPlot;
using SkiaSharp;

namespace Experiments.Figures;

/// <summary>
/// The font of all figures, Liberation Sans under another name (Fonts/README.md), which travels with the program, so that they look the same on every machine; and how wide text is in it.
/// </summary>
internal static class Typefaces
{
    public const string Family = "Experiments Sans";

    /// <summary>What an SVG, which does not hold the font, is shown in: fonts with the same widths first.</summary>
    public const string FamilyAndOthers = "Liberation Sans, Arimo, Arial, Helvetica, sans-serif";

    static Typefaces()
    {
        Regular = Load("ExperimentsSans-Regular.ttf");
        ScottPlot.Fonts.FontResolvers.Clear();
        ScottPlot.Fonts.FontResolvers.Add(new Resolver());
        ScottPlot.Fonts.Default = Family;
    }

    public static SKTypeface Regular { get; }

    /// <summary>Has ScottPlot write in this font, which it does once this class is there.</summary>
    public static void Use()
    {
    }

    public static SKFont Font(double size) => new(Regular, (float)size) { Subpixel = true, Hinting = SKFontHinting.None, LinearMetrics = true };

    /// <summary>A text's width.</summary>
    public static double Width(string text, double size)
    {
        using var font = Font(size);
        return font.MeasureText(text);
    }

    /// <summary>Text in lines of no more than this width, as far as its words allow.</summary>
    public static IReadOnlyList<string> Wrap(string text, double width, double size)
    {
        using var font = Font(size);
        var lines = new List<string>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines.Count > 0 && font.MeasureText($"{lines[^1]} {word}") <= width)
                lines[^1] += " " + word;
            else
                lines.Add(word);
        }

        return lines;
    }

    /// <summary>The same, with no line much shorter than the others.</summary>
    public static IReadOnlyList<string> WrapEvenly(string text, double width, double size)
    {
        var lines = Wrap(text, width, size);
        while (lines.Count > 1 && Wrap(text, width - 4, size) is var shorter && shorter.Count == lines.Count && shorter.Max(line => Width(line, size)) < width)
            (lines, width) = (shorter, width - 4);
        return lines;
    }

    private static SKTypeface Load(string name)
    {
        using var stream = typeof(Typefaces).Assembly.GetManifestResourceStream(name)!;
        using var data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => Regular;

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Regular;
    }
}
