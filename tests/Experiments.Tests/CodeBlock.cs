using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Experiments.CommandLine;
using Experiments.Commands;
using Experiments.Core;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;

namespace Experiments.Tests;

/// <summary>
/// A block of code on a page, with the comments above it, which say how it is tested. A comment is one of
/// <list type="bullet">
/// <item><c>test: with --epochs 1; results/mine is results/reference/quick</c>: the test gives the commands these options too, where they have
/// them and they are not typed, and puts a copy of a folder where the block expects one;</item>
/// <item><c>not run: REASON</c>: why the test does not run it;</item>
/// <item><c>run by NAME</c>: the test class that takes it from the page, or holds the same lines;</item>
/// <item><c>from FILE</c>: the source file whose lines these are.</item>
/// </list>
/// </summary>
/// <param name="Page">The page, from the repository's root.</param>
/// <param name="Line">The line that the block begins at.</param>
/// <param name="Language">What it is written in, as the page says.</param>
/// <param name="Code">Its lines.</param>
/// <param name="Comments">The comments above it.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Language, string Code, IReadOnlyList<string> Comments)
{
    private const string Test = "test:";
    private const string NotRun = "not run:";
    private const string RunBy = "run by ";
    private const string From = "from ";

    // These are not code: lists of folders, messages, entries for a bibliography.
    private static readonly string[] Prose = ["text", "bibtex"];

    /// <summary>All blocks of README and docs.</summary>
    public static IReadOnlyList<CodeBlock> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "docs"), "*.md").Order(StringComparer.Ordinal).Prepend(Path.Combine(RepositoryFolder.Root, "README.md"))
            .SelectMany(path => Read(Path.GetRelativePath(RepositoryFolder.Root, path), File.ReadAllText(path))),
    ];

    /// <summary>Where it stands, as a compiler says it.</summary>
    public string Place => $"{Page}:{Line}";

    /// <summary>Whether the tests run it: commands without a reason not to.</summary>
    public bool IsRun => Language == "sh" && Remark(NotRun) is null;

    /// <summary>The options that the test gives to its commands.</summary>
    public IReadOnlyList<string> With => [.. Substitutions.Where(part => part.StartsWith("with ", StringComparison.Ordinal)).SelectMany(part => part["with ".Length..].Split(' '))];

    /// <summary>The folders that the test puts into the place of others.</summary>
    public IReadOnlyList<(string Folder, string Is)> Folders =>
        [.. Substitutions.Select(part => part.Split(" is ")).Where(part => part.Length == 2).Select(part => (part[0], part[1]))];

    private IEnumerable<string> Substitutions => Remark(Test)?.Split(';', StringSplitOptions.TrimEntries) ?? [];

    /// <summary>The blocks of a page.</summary>
    public static IReadOnlyList<CodeBlock> Read(string page, string text)
    {
        var blocks = new List<CodeBlock>();
        var comments = new List<string>();
        CodeBlock? open = null;
        foreach (var (index, line) in text.Split('\n').Index())
        {
            if (open is not null)
            {
                if (line == "```")
                {
                    blocks.Add(open);
                    open = null;
                }
                else
                {
                    open = open with { Code = open.Code + line + "\n" };
                }
            }
            else if (line.StartsWith("```", StringComparison.Ordinal))
            {
                open = new CodeBlock(page, index + 1, line[3..], "", [.. comments]);
                comments.Clear();
            }
            else if (Comment().Match(line) is { Success: true } comment)
            {
                comments.Add(comment.Groups[1].Value);
            }
            else if (line.Length > 0)
            {
                comments.Clear();
            }
        }

        return open is null ? blocks : throw new FormatException($"{open.Place}: the block does not end.");
    }

    /// <summary>What is wrong with the block: no test runs it and it does not say why, or the program has no such command.</summary>
    public IEnumerable<string> Mistakes() => Account().OfType<string>().Concat(Commands().SelectMany(Mistakes)).Select(mistake => $"{Place}: {mistake}");

    private IEnumerable<string?> Account()
    {
        if (Language == "yaml")
            yield return NotASweep();
        else if (Language is not ("sh" or "console") && !Prose.Contains(Language) && new[] { NotRun, RunBy, From }.All(word => Remark(word) is null))
            yield return $"nothing runs this block of '{Language}', and no comment above it says why, who does, or where the lines are from";
        if (Remark(NotRun) is "")
            yield return "the reason why it is not run is empty";
        if (Remark(RunBy) is { } test && !Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Root, "tests"), $"{test}.cs", SearchOption.AllDirectories)
                .Any(file => File.ReadAllText(file).Contains(Path.GetFileName(Page), StringComparison.Ordinal)))
            yield return $"no test {test} names this page";
        if (Remark(From) is { } source)
        {
            var there = File.ReadLines(Path.Combine(RepositoryFolder.Root, source)).Select(line => line.Trim()).ToHashSet();
            foreach (var line in Code.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !there.Contains(line)))
                yield return $"{source} has no line {line}";
        }
    }

    private string? Remark(string word) => Comments.FirstOrDefault(comment => comment.StartsWith(word, StringComparison.Ordinal))?[word.Length..].Trim();

    private string? NotASweep()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["page.yaml"], Code);
        try
        {
            foreach (var form in Enum.GetValues<SweepForm>().Where(form => form == SweepForm.Full || Code.Contains($"\n{EnumText.Of(form)}:", StringComparison.Ordinal)))
                _ = SweepFile.Read(folder["page.yaml"], form).Grid.Expand();
            return null;
        }
        catch (ExperimentException e)
        {
            return e.Message;
        }
    }

    // The program's commands in a line of a shell, where placeholders such as <run> stand for words.
    private IEnumerable<string> Commands() => Language is "sh" or "console"
        ? Code.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Where(line => Language == "sh" || line.StartsWith("$ ", StringComparison.Ordinal))
            .SelectMany(line => OfProgram().Matches(Placeholder().Replace(line, "$1")).Select(match => match.Value.Trim()))
        : [];

    /// <summary>What is wrong with a command: with its name, its options, or the values of a training's options.</summary>
    /// <param name="command">The command, as it is typed at a shell.</param>
    public static IEnumerable<string> Mistakes(string command)
    {
        var words = CommandLineParser.SplitCommandLine(command).ToArray();
        if (words[0] != HelpText.Program)
        {
            var script = Path.Combine(RepositoryFolder.Root, words[0]);
            if (!File.Exists(script))
                return [$"there is no {words[0]}"];
            var text = File.ReadAllText(script);
            return words.Skip(1).Where(word => word.StartsWith('-') && !text.Contains(word, StringComparison.Ordinal)).Select(word => $"{words[0]} does not know {word}");
        }

        var result = AllCommands.Create().Parse(words[1..]);
        if (CommandMistakes.Of(result) is { Count: > 0 } mistakes)
            return mistakes;
        var wrong = new List<string>();
        foreach (var given in result.CommandResult.Children.OfType<OptionResult>().Where(given => given is { Implicit: false, Tokens.Count: 1 }))
        {
            if (RunOptions.Find(given.Option.Name[2..]) is not { } option || result.CommandResult.Command.Name is "plot" or "table")
                continue;
            // The values of a shell variable are not in this command.
            foreach (var value in given.Tokens[0].Value.Contains('$', StringComparison.Ordinal) ? [] : option.IsSet ? [given.Tokens[0].Value] : TypedText.List(given.Tokens[0].Value))
                ExperimentException.Try(() => Grid.Check(option.Name, new GridValue(value)), wrong);
        }

        return wrong;
    }

    /// <summary>Whether a command has an option.</summary>
    public static bool Has(Command command, string option) => command.Options.Any(one => one.Name == option);

    [GeneratedRegex("^<!-- (.*) -->$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"<(\w+)>")]
    private static partial Regex Placeholder();

    // Up to a comment, a pipe, a redirection or another command.
    [GeneratedRegex(@"\bscripts/[\w.-]+(""[^""]*""|'[^']*'|(?! #)[^|;&<>()""'])*")]
    private static partial Regex OfProgram();
}
