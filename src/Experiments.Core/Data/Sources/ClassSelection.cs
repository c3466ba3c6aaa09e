using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Core.Data.Sources;

/// <summary>Some of a data set's classes, by the numbers of their labels, as in <c>0-4</c> or <c>0,2,7-9</c>.</summary>
public static class ClassSelection
{
    /// <summary>Writes the labels in one form: in ascending order, each once, consecutive ones as a range.</summary>
    /// <exception cref="ExperimentException">The text is no list of labels.</exception>
    public static string Normalize(string text)
    {
        var labels = Parse(text);
        var parts = new List<string>();
        for (var i = 0; i < labels.Length;)
        {
            var end = i;
            while (end + 1 < labels.Length && labels[end + 1] == labels[end] + 1)
                end++;
            parts.Add(FormattableString.Invariant($"{labels[i]}") + (end > i ? FormattableString.Invariant($"-{labels[end]}") : ""));
            i = end + 1;
        }

        return string.Join(',', parts);
    }

    /// <summary>The labels, in ascending order, each once.</summary>
    /// <exception cref="ExperimentException">The text is no list of labels.</exception>
    public static ImmutableArray<int> Parse(string text)
    {
        var labels = new SortedSet<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !ends.All(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label <= ushort.MaxValue))
                throw Wrong(text);
            var (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
            if (last < first)
                throw Wrong(text);
            labels.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. labels];
    }

    /// <summary>The part of a data set that has these classes, with labels renumbered from 0.</summary>
    /// <exception cref="ExperimentException">The set lacks one of the classes, fewer than two are left, or the set is not balanced.</exception>
    public static DatasetDescription Of(DatasetDescription set, string text)
    {
        var labels = Parse(text);
        if (labels[^1] >= set.Classes)
            throw new ExperimentException($"--classes {text}: {set.Name} has the classes 0 to {set.Classes - 1}.");
        if (labels.Length < 2)
            throw new ExperimentException($"--classes {text}: a network cannot learn from a single class; name two or more.");
        if (!set.IsBalanced)
            throw new ExperimentException($"--classes goes only with data sets that have equally many images of each class, and that is not known of {set.Name}: make a folder with only the classes you want.");
        return set with
        {
            Whole = set,
            Labels = labels,
            Title = $"{set.Title}, classes {text}",
            ClassNames = [.. labels.Select(label => set.ClassNames[label])],
            TrainCount = set.TrainCount / set.Classes * labels.Length,
            TestCount = set.TestCount / set.Classes * labels.Length,
        };
    }

    private static ExperimentException Wrong(string text) => new($"--classes takes labels from 0 on, as in 0-4 or 0,2,7-9, not '{Echo.Of(text)}'.");
}
