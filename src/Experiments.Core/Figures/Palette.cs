using Experiments.Core.Norms;

namespace Experiments.Core.Figures;

/// <summary>How a series looks. Colour, marker and dash each tell it from other series, so that a figure can also be read in grey.</summary>
/// <param name="Colour">For example <c>#0072B2</c>.</param>
/// <param name="Marker">The marker of its points.</param>
/// <param name="Dash">How its line is dashed.</param>
public sealed record Look(string Colour, Marker Marker, Dash Dash);

/// <summary>A marker.</summary>
public enum Marker
{
    /// <summary>A filled circle.</summary>
    Circle,

    /// <summary>A filled square.</summary>
    Square,

    /// <summary>A filled triangle on its base.</summary>
    TriangleUp,

    /// <summary>A filled triangle on its tip.</summary>
    TriangleDown,

    /// <summary>A filled diamond.</summary>
    Diamond,

    /// <summary>A circle.</summary>
    OpenCircle,

    /// <summary>A square.</summary>
    OpenSquare,

    /// <summary>A triangle on its base.</summary>
    OpenTriangleUp,

    /// <summary>A triangle on its tip.</summary>
    OpenTriangleDown,

    /// <summary>A diamond.</summary>
    OpenDiamond,

    /// <summary>A star of three lines.</summary>
    Asterisk,
}

/// <summary>How a line is dashed.</summary>
public enum Dash
{
    /// <summary>Without dashes.</summary>
    Solid,

    /// <summary>Long dashes.</summary>
    Long,

    /// <summary>Short dashes.</summary>
    Short,

    /// <summary>Dots.</summary>
    Dotted,

    /// <summary>Dashes and dots by turns.</summary>
    DashDot,

    /// <summary>A dash and two dots.</summary>
    DashDotDot,

    /// <summary>Two dashes, close to each other.</summary>
    Pairs,
}

/// <summary>
/// Colours that colour-blind readers can tell apart, each with a marker and a dash of its own: Okabe and Ito's without their yellow, which is lost
/// on white, and darker ones for the rarer norms. A norm keeps its look from figure to figure.
/// </summary>
internal static class Palette
{
    /// <summary>The colour of what belongs to no series.</summary>
    public const string Grey = "#666666";

    private static readonly string[] Colours =
    [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F", "#8C564B", "#5E3C99", "#A50F15", "#08306B", "#808000",
        "#C51B7D", "#00441B", "#66C2A4", "#FB6A4A", "#4D004B",
    ];

    private static readonly Marker[] Markers = Enum.GetValues<Marker>();

    private static readonly Dash[] Patterns = Enum.GetValues<Dash>();

    // The looks of the catalog's norms. Those that have no place of their own take the places that are free, in the catalog's order.
    private static readonly Dictionary<string, int> OfNorm = OfNorms(NormCatalog.Entries);

    /// <summary>The place of each norm's look.</summary>
    internal static Dictionary<string, int> OfNorms(IReadOnlyList<NormCatalog.Entry> norms)
    {
        var free = new Queue<int>(Enumerable.Range(0, 2 * norms.Count).Except(norms.Select(norm => norm.Look).OfType<int>()));
        return norms.ToDictionary(norm => norm.Name, norm => norm.Look ?? free.Dequeue());
    }

    /// <summary>A look for each label. The first label of a norm gets the norm's own look, the others get the next free one.</summary>
    public static IReadOnlyDictionary<string, Look> Assign(IEnumerable<(string Label, string Norm)> series)
    {
        var distinct = series.DistinctBy(one => one.Label).ToList();
        var taken = new Dictionary<string, int>();
        foreach (var (label, norm) in distinct)
        {
            if (OfNorm.TryGetValue(norm, out var own) && !taken.ContainsValue(own))
                taken[label] = own;
        }

        foreach (var (label, _) in distinct.Where(one => !taken.ContainsKey(one.Label)).ToList())
            taken[label] = Enumerable.Range(0, int.MaxValue).First(look => !taken.ContainsValue(look));

        // There are different numbers of colours, markers and dashes, so two series that share one of the three differ in the others.
        return distinct.Select(one => taken[one.Label]).Zip(distinct, (look, one) => (one.Label, Look: new Look(
                Colours[look % Colours.Length], Markers[look % Markers.Length], Patterns[look % Patterns.Length])))
            .ToDictionary(one => one.Label, one => one.Look);
    }

    /// <summary>Looks for labels that have an order, from light to dark in one hue.</summary>
    public static IReadOnlyDictionary<string, Look> Scale(IReadOnlyList<string> labels) =>
        labels.Select((label, index) => (label, index)).ToDictionary(
            one => one.label,
            one => new Look(Shade(one.index, labels.Count), Markers[one.index % Markers.Length], Patterns[(labels.Count - 1 - one.index) % Patterns.Length]));

    /// <summary>A step of a scale from light to dark blue.</summary>
    public static string Shade(int index, int count)
    {
        var dark = count <= 1 ? 1 : (double)index / (count - 1);
        int Between(int light, int deep) => (int)Math.Round(light + (dark * (deep - light)));
        return $"#{Between(0x7F, 0x08):X2}{Between(0xB8, 0x28):X2}{Between(0xE0, 0x5C):X2}";
    }
}
