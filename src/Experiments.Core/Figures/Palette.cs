namespace Experiments.Core.Figures;

/// <summary>How a series looks: gnuplot's line style of this number.</summary>
internal sealed record LineStyle(int Number, string Colour, int Marker);

/// <summary>
/// Colours that stay apart for colour-blind readers (Okabe and Ito's, but for their yellow, which is lost on white, and darker ones for
/// the rarer norms), each with a marker of its own, so that a figure also reads in grey. A norm keeps its colour from figure to figure.
/// </summary>
internal static class Palette
{
    private static readonly string[] Colours =
    [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F", "#8C564B", "#5E3C99", "#A50F15", "#08306B", "#808000",
    ];

    // gnuplot's point types: filled circle, square, triangles, diamond, pentagon; then the open ones. One less than the colours, so that
    // a colour that comes again has another marker.
    private static readonly int[] Markers = [7, 5, 9, 11, 13, 15, 6, 4, 8, 10, 12, 14];

    private static readonly string[] OfNorm =
    [
        "bn", "gn", "ln", "in", "syncbn", "none", "wn", "mean-only-bn", "wn-mean-only-bn", "batch-renorm", "noisy-bn", "ghost-bn", "bgn",
    ];

    /// <summary>A style for each label, numbered from 1. The first label of a norm has the norm's colour, others the next free one.</summary>
    public static IReadOnlyDictionary<string, LineStyle> Assign(IEnumerable<(string Label, string Norm)> series)
    {
        var distinct = series.DistinctBy(one => one.Label).ToList();
        var taken = new Dictionary<string, int>();
        foreach (var (label, norm) in distinct)
        {
            var own = Array.IndexOf(OfNorm, norm);
            if (own >= 0 && !taken.ContainsValue(own))
                taken[label] = own;
        }

        foreach (var (label, _) in distinct.Where(one => !taken.ContainsKey(one.Label)).ToList())
            taken[label] = Enumerable.Range(0, int.MaxValue).First(look => !taken.ContainsValue(look));

        return distinct.Select((one, index) => (one.Label, Style: new LineStyle(
                index + 1, Colours[taken[one.Label] % Colours.Length], Markers[taken[one.Label] % Markers.Length])))
            .ToDictionary(one => one.Label, one => one.Style);
    }
}
