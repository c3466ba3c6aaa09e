namespace Experiments.Core;

/// <summary>What an unknown name was probably meant to be.</summary>
public static class Suggestion
{
    // The most names that a message lists if there is another place that lists them.
    private const int Many = 20;

    // Names that other programs use, each with the name used here.
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["learning-rate"] = "lr",
        ["arch"] = "model",
        ["architecture"] = "model",
        ["network"] = "model",
        ["normalization"] = "norm",
        ["bs"] = "batch",
        ["wd"] = "weight-decay",
        ["gpu"] = "device",
        ["cpu"] = "device",
        ["cuda"] = "device",
        ["dtype"] = "precision",
        ["cores"] = "threads",
        ["parallel"] = "jobs",
        ["output"] = "out",
        ["results"] = "out",
        ["overwrite"] = "again",
        ["force"] = "again",
        ["scheduler"] = "schedule",
        ["optim"] = "optimizer",
    };

    // A longer name is no slip of a finger, and comparing it would take time and memory in proportion to its length.
    private const int LongestName = 100;

    /// <summary>A message: the unknown name, the nearest known name if one is near, and all known names unless they are many.</summary>
    /// <param name="kind">What the name is for.</param>
    /// <param name="name">The unknown name.</param>
    /// <param name="known">The known names.</param>
    /// <param name="listed">A sentence on where the names are listed, in place of a list that is too long.</param>
    public static string Unknown(string kind, string name, IEnumerable<string> known, string? listed = null)
    {
        var names = known.ToList();
        var nearest = Nearest(name, names);
        var meant = nearest is null ? "" : $" Did you mean '{nearest}'?";
        var list = (nearest is null && (names.Count <= Many || listed is null)) || names.Count <= 10 ? $" Known: {string.Join(", ", names)}." : nearest is null ? $" {listed}" : "";
        return $"Unknown {kind} '{Echo.Of(name)}'.{meant}{list}";
    }

    /// <summary>
    /// The known name that was probably meant: the one that other programs call by the given name, else the one with the fewest edits from the given name,
    /// else one that is a word of it; null if there is none.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
            return null;
        static string Bare(string text) => text.TrimStart('-').ToLowerInvariant();
        var names = known.ToList();
        var typed = Bare(name);
        return names.Find(candidate => OtherNames.TryGetValue(typed, out var other) && other == Bare(candidate))
            ?? names.Select(candidate => (Candidate: candidate, Edits: Distance(typed, Bare(candidate)), Length: Math.Min(typed.Length, Bare(candidate).Length)))
                .Where(pair => pair.Edits <= Math.Max(1, pair.Length / 2))
                .OrderBy(pair => pair.Edits)
                .Select(pair => pair.Candidate)
                .FirstOrDefault()
            ?? names.Find(candidate => typed.Split('-', '_').Contains(Bare(candidate)));
    }

    // Levenshtein's distance; two swapped neighbouring letters count as one edit.
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
