namespace Experiments.Core;

/// <summary>Shortens a text that came from outside, so that a message can quote it.</summary>
public static class Echo
{
    private const int Most = 60;

    /// <summary>The text's first line, cut to a number of characters, with a replacement sign for each control character.</summary>
    /// <param name="text">The text to quote.</param>
    /// <param name="most">The most characters to show.</param>
    public static string Of(string text, int most = Most)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? text : text[..end];
        var shown = string.Concat(line.Take(most).Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return end < 0 && line.Length <= most ? shown : $"{shown}...";
    }
}
