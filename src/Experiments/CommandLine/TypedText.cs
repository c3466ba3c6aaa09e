using Experiments.Core;

namespace Experiments.CommandLine;

/// <summary>Reads what was typed for an option.</summary>
internal static class TypedText
{
    /// <summary>Splits a list that was typed with commas.</summary>
    public static IEnumerable<string> List(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>A format as it is typed: the name of an enumeration's value in lower case.</summary>
    /// <exception cref="ExperimentException">There is no value of that name.</exception>
    public static T Format<T>(string name)
        where T : struct, Enum
    {
        var formats = Enum.GetValues<T>().ToDictionary(format => format.ToString().ToLowerInvariant());
        return formats.TryGetValue(name, out var found) ? found : throw new ExperimentException(Suggestion.Unknown("format", name, formats.Keys));
    }
}
