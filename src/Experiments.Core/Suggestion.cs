namespace Experiments.Core;

/// <summary>What an unknown name was probably meant to be.</summary>
public static class Suggestion
{
    // What is longer was no slip of a finger, and comparing it would take its length in time and memory.
    private const int LongestName = 100;

    /// <summary>What came, the nearest known name where one is near, and all there are unless they are many and one was near.</summary>
    public static string Unknown(string kind, string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        var nearest = Nearest(name, names);
        var meant = nearest is null ? "" : $" Did you mean '{nearest}'?";
        var list = nearest is null || names.Count <= 10 ? $" Known: {string.Join(", ", names)}." : "";
        return $"Unknown {kind} '{Echo.Of(name)}'.{meant}{list}";
    }

    /// <summary>The known name with the fewest edits from the given one; null where none is near enough to be meant.</summary>
    public static string? Nearest(string name, IEnumerable<string> known) => name.Length > LongestName ? null : known
        .Select(candidate => (Candidate: candidate, Edits: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
        .Where(pair => pair.Edits <= Math.Max(1, Math.Min(name.Length, pair.Candidate.Length) / 2))
        .OrderBy(pair => pair.Edits)
        .Select(pair => pair.Candidate)
        .FirstOrDefault();

    // Levenshtein's distance, neighbouring letters swapped counting once.
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
