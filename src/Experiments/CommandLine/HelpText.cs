using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using Experiments.Display;

namespace Experiments.CommandLine;

/// <summary>The help text of a command: what it does, what it takes, its options under headings, and examples.</summary>
internal sealed class HelpText
{
    /// <summary>The command that starts the program, in the folder that README names.</summary>
    public const string Program = "scripts/experiments";

    /// <summary>The option that shows every option.</summary>
    public const string All = "--help-all";

    private const int Indent = 28;

    private readonly Command _command;
    private readonly IReadOnlyList<string> _examples;
    private readonly StringBuilder _text = new();
    private readonly int _width;

    private HelpText(Command command, IReadOnlyList<string> examples, int width) => (_command, _examples, _width) = (command, examples, width);

    /// <summary>Gives a command its help: <c>--help</c>, and <c>--help-all</c> where it has options that the first leaves out.</summary>
    /// <param name="command">The command, with all of its options.</param>
    /// <param name="examples">Examples, without the program's name; a whole line if an example begins with another program's name.</param>
    public static void AddTo(Command command, IReadOnlyList<string> examples)
    {
        // A single option that --help would leave out is shown there instead. Help comes last, after the command's own options.
        var hasMore = command.Options.Count(option => !option.Hidden && option is IHelpEntry { IsCommon: false }) > 1;
        if (command.Options.FirstOrDefault(option => option is VersionOption) is { } version)
            version.Description = "show the version";
        if (command.Options.FirstOrDefault(option => option is HelpOption) is { } own)
            command.Options.Remove(own);
        command.Options.Add(new HelpOption { Description = "show this", Action = new Show(command, examples, all: !hasMore) });
        if (hasMore)
            command.Options.Add(new Option<bool>(All) { Description = "show every option", Action = new Show(command, examples, all: true) });
    }

    /// <summary>The text.</summary>
    /// <param name="command">The command.</param>
    /// <param name="examples">Its examples.</param>
    /// <param name="all">Whether every option is shown, or the common ones.</param>
    /// <param name="width">The characters of a line.</param>
    public static string Of(Command command, IReadOnlyList<string> examples, bool all, int width)
    {
        var help = new HelpText(command, examples, width);
        help.Write(all);
        return help._text.ToString();
    }

    private void Write(bool all)
    {
        Paragraph(_command.Description ?? "");
        var path = string.Join(' ', Path(_command).Prepend(Program));
        var words = _command.Arguments.Where(argument => !argument.Hidden).Select(Usage).ToList();
        Line();
        Paragraph($"Usage: {string.Join(' ', words.Prepend(path))}{(_command.Subcommands.Count > 0 ? " COMMAND" : "")} [options]");
        if (_command.Subcommands.Count > 0)
        {
            Heading("Commands");
            foreach (var subcommand in _command.Subcommands.Where(subcommand => !subcommand.Hidden))
                Entry(string.Join(' ', subcommand.Arguments.Select(Usage).Prepend(subcommand.Name)), subcommand.Description ?? "");
        }

        if (_command.Arguments.Count > 0)
        {
            Heading("Takes");
            foreach (var argument in _command.Arguments)
                Entry(argument.HelpName ?? argument.Name, argument.Description ?? "");
        }

        var options = _command.Options.Concat(Inherited(_command)).Where(option => !option.Hidden).ToList();
        foreach (var group in options.GroupBy(option => option is IHelpEntry entry ? entry.Heading : "Options").OrderBy(group => group.Key == "Options"))
        {
            var shown = group.Where(option => all || option is not IHelpEntry { IsCommon: false }).ToList();
            if (shown.Count == 0)
                continue;
            Heading(group.Key);
            foreach (var option in shown)
                Entry(Names(option), option.Description ?? "");
        }

        if (!all)
        {
            Line();
            Paragraph($"{path} {All} shows {options.Count(option => option is IHelpEntry { IsCommon: false })} more options.");
        }

        if (_examples.Count == 0)
            return;
        Heading("Examples, in the repository's root");
        foreach (var example in _examples)
            Line($"  {example}");
    }

    private static IEnumerable<string> Path(Command command) => command is RootCommand ? []
        : command.Parents.OfType<Command>().SelectMany(Path).Append(command.Name);

    private static IEnumerable<Option> Inherited(Command command) => command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive && option is not (HelpOption or VersionOption)));

    private static string Usage(Argument argument)
    {
        var name = argument.HelpName ?? argument.Name.ToUpperInvariant();
        var many = argument.Arity.MaximumNumberOfValues > 1 ? $"{name} ..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{many}]" : many;
    }

    private static string Names(Option option) => option switch
    {
        HelpOption => "-h, --help",
        { HelpName: { Length: > 0 } value } => $"{option.Name} {value}",
        _ => option.Name,
    };

    private void Heading(string text)
    {
        Line();
        Line($"{text}:");
    }

    private void Entry(string name, string description)
    {
        var lines = Terminal.Wrap(description, _width - Indent).ToList();
        var first = $"  {name}";
        if (first.Length > Indent - 2)
            Line(first);
        else if (lines.Count > 0)
            Line($"{first.PadRight(Indent)}{lines[0]}");
        foreach (var line in first.Length > Indent - 2 ? lines : lines.Skip(1))
            Line($"{new string(' ', Indent)}{line}");
    }

    private void Paragraph(string text)
    {
        foreach (var line in Terminal.Wrap(text, _width))
            Line(line);
    }

    private void Line(string text = "") => _text.Append(text).Append('\n');

    private sealed class Show(Command command, IReadOnlyList<string> examples, bool all) : SynchronousCommandLineAction
    {
        // The width of the text if it goes into a file or through a pager.
        private const int PageWidth = 100;

        // Help is given even if a required argument is missing.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var width = Console.IsOutputRedirected ? PageWidth : Math.Clamp(Console.WindowWidth, 50, 120);
            parseResult.InvocationConfiguration.Output.Write(Of(command, examples, all, width));
            return ExitCode.Done;
        }
    }
}
