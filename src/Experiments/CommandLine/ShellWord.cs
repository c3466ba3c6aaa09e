using System.Text.RegularExpressions;

namespace Experiments.CommandLine;

/// <summary>Words as a shell takes them.</summary>
internal static partial class ShellWord
{
    /// <summary>A word in quotes, where it holds what means something to a shell.</summary>
    public static string Quote(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[\w@%+=:,./-]+$", RegexOptions.ECMAScript)]
    private static partial Regex Plain();
}
