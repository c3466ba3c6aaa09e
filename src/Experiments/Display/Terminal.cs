using System.Text;
using Spectre.Console;

namespace Experiments.Display;

/// <summary>What the program writes to.</summary>
internal static class Terminal
{
    /// <summary>Whether the output is a terminal that can be drawn over and over; TERM=dumb says that it cannot.</summary>
    public static bool IsLive => AnsiConsole.Profile.Capabilities is { Interactive: true, Ansi: true } && !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>The lines that are drawn over and over now; null if there are none.</summary>
    public static LiveLines? Live { get; set; }

    /// <summary>The width of the terminal in characters; without limit if the output goes elsewhere or plain lines are asked for.</summary>
    /// <param name="plain">Whether plain lines are asked for.</param>
    public static int Width(bool plain = false) => plain || Console.IsOutputRedirected ? int.MaxValue : Math.Max(1, Console.WindowWidth);

    /// <summary>A sentence about how the work goes, beside its results: on the error output, above lines that are drawn over and over.</summary>
    public static void Say(string sentence)
    {
        if (Live is { } live)
            live.WriteAbove(sentence);
        else
            Console.Error.WriteLine(sentence);
    }

    /// <summary>A text in lines of a width, broken between words; a word that is longer than that stands alone.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        if (line.Length > 0)
            yield return line.ToString();
    }
}
