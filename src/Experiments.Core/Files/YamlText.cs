using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Experiments.Core.Files;

/// <summary>
/// Reads and writes YAML. People type these files, so anything may be in them. The parser is recursive, and deep nesting can exhaust its stack, which
/// ends the process. So nesting that is too deep, or an anchor that contains itself, is looked for first, event by event.
/// </summary>
internal static partial class YamlText
{
    // A sweep nests four deep (references); each level costs the parser some frames of its stack.
    private const int MostDepth = 32;

    // This includes repetitions by anchors. The largest file in configs/ has about 200.
    private const int MostNodes = 10_000;

    /// <summary>The keys and values of a file's one document.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="path">Where it is from, for messages.</param>
    /// <exception cref="ExperimentException">The text is no such YAML; the message has file, line and reason.</exception>
    public static YamlMappingNode Load(string text, string path)
    {
        CheckCharacters(text, path);
        Parse(text, path, parser => CheckNesting(parser, path));
        var stream = new YamlStream();
        Parse(text, path, stream.Load);
        return stream.Documents is [{ RootNode: YamlMappingNode root }] ? root
            : throw new ExperimentException($"{path}:1: expected keys and values such as 'batch: [32, 16, 8]'.");
    }

    /// <summary>The text of a YAML file with these keys and values.</summary>
    /// <param name="root">The keys and values.</param>
    /// <param name="heading">The comment it begins with, of one or more lines.</param>
    public static string Write(YamlMappingNode root, string heading)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var line in heading.Split('\n'))
            text.Write(line.Length == 0 ? "#\n" : $"# {line}\n");
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n...\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>The comment that a file begins with, without its signs; null where it begins with none.</summary>
    public static string? Heading(string text)
    {
        var lines = text.Split('\n').TakeWhile(line => line.StartsWith('#')).Select(line => line.TrimEnd()[1..]).Select(line => line.StartsWith(' ') ? line[1..] : line);

        // YAML 1.1 ends a comment at these too.
        return string.Join('\n', lines).Replace('\u0085', ' ').Replace('\u2028', ' ').Replace('\u2029', ' ').Trim('\n') is { Length: > 0 } heading ? heading : null;
    }

    private static void Parse(string text, string path, Action<Parser> read)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            read(parser);
        }
        catch (YamlException e)
        {
            var reason = (e.InnerException ?? e).Message.TrimEnd('.');
            var line = reason.Contains(" tab ", StringComparison.Ordinal) ? LineOfTab(text) : null;
            throw Invalid(path, line ?? InText(e.Start.Line), reason, e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            // The parser's own message does not help with a bracket that is never closed, or a colon with no key before it.
            throw Invalid(path, InText(parser.Current?.Start.Line ?? 1), "a bracket or quote that begins here or before is not closed, or a key or value is missing", e);
        }

        // A mistake found at the end of the file is reported at the last line that is not empty.
        long InText(long line) => Math.Min(line, text.AsSpan().TrimEnd().Count('\n') + 1);
    }

    private static ExperimentException Invalid(string path, long line, string reason, Exception? inner = null) =>
        new($"{path}:{Math.Max(1, line)}: not valid YAML: {Echo.Of(reason, 200)}.", ExperimentException.BadInput, inner);

    // YAML's printable characters (YAML 1.2.2, section 5.1), without those that no text editor writes.
    private static void CheckCharacters(string text, string path)
    {
        var line = 1;
        foreach (var c in text)
        {
            if (c == '\n')
                line++;
            else if (c is (< ' ' and not ('\t' or '\r')) or '\x7F' or '\uFFFE' or '\uFFFF')
                throw Invalid(path, line, $"it holds the character U+{(int)c:X4}, which does not occur in text (is it a YAML file, saved as UTF-8?)");
        }
    }

    // Counts a file's values with all repetitions by anchors, so that no small file stands for a huge one.
    private static void CheckNesting(Parser parser, string path)
    {
        var open = new Stack<(AnchorName Anchor, int Before)>();
        var sizes = new Dictionary<AnchorName, int>();
        var nodes = 0;
        while (parser.MoveNext())
        {
            var line = parser.Current!.Start.Line;
            switch (parser.Current)
            {
                case MappingStart or SequenceStart:
                    open.Push((((NodeEvent)parser.Current).Anchor, nodes++));
                    if (open.Count > MostDepth)
                        throw Invalid(path, line, $"lists and keys nest more than {MostDepth} deep here; a sweep needs four");
                    break;
                case MappingEnd or SequenceEnd:
                    var (anchor, before) = open.Pop();
                    if (!anchor.IsEmpty)
                        sizes[anchor] = nodes - before;
                    break;
                case Scalar scalar:
                    nodes++;
                    if (!scalar.Anchor.IsEmpty)
                        sizes[scalar.Anchor] = 1;
                    break;
                case AnchorAlias alias when open.Any(container => container.Anchor == alias.Value):
                    throw Invalid(path, line, $"*{Echo.Of(alias.Value.Value)} is used inside the value that it names");
                case AnchorAlias alias:
                    nodes += sizes.GetValueOrDefault(alias.Value, 1);
                    break;
            }

            if (nodes > MostNodes)
                throw Invalid(path, line, $"with its aliases filled in, it holds more than {MostNodes} values");
        }
    }

    private static int? LineOfTab(string text) => Tab().Match(text) is { Success: true } tab ? text.AsSpan(0, tab.Index).Count('\n') + 1 : null;

    [GeneratedRegex(@"^ *\t", RegexOptions.Multiline)]
    private static partial Regex Tab();
}
