using System.CommandLine;
using System.CommandLine.Completions;

namespace Experiments.CommandLine;

/// <summary>The values that a shell offers for options.</summary>
internal static class Completion
{
    /// <summary>Offers values for an option; if several are joined by commas, for the last of them.</summary>
    /// <param name="option">The option.</param>
    /// <param name="values">The values.</param>
    public static void Offer(this Option option, IEnumerable<string> values)
    {
        var all = values.ToList();
        option.CompletionSources.Add(context =>
        {
            var word = context.WordToComplete;
            word = word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..];
            var begun = word[..(word.LastIndexOf(',') + 1)];
            return all.Where(value => !begun.Split(',').Contains(value)).Select(value => new CompletionItem(begun + value));
        });
    }
}
