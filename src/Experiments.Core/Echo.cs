namespace Experiments.Core;

/// <summary>Shows in a message what came, without letting it take the message over.</summary>
public static class Echo
{
    private const int Most = 60;

    /// <summary>The text's first line, as far as it has room in a sentence, with a sign in the place of each character that cannot be shown.</summary>
    /// <param name="text">What came.</param>
    /// <param name="most">How many characters have room.</param>
    public static string Of(string text, int most = Most)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? text : text[..end];
        var shown = string.Concat(line.Take(most).Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return end < 0 && line.Length <= most ? shown : $"{shown}...";
    }
}
