using System.CommandLine;
using System.CommandLine.Parsing;
using Experiments.Core;

namespace Experiments.CommandLine;

/// <summary>What is wrong with a command as it was typed, in sentences.</summary>
internal static class CommandMistakes
{
    /// <summary>The mistakes; none if the command can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult result)
    {
        // A command that asks for help gets it, whatever else is wrong.
        if (result.Action is { ClearsParseErrors: true })
            return [];
        var command = result.CommandResult.Command;
        if (command.Subcommands.Count > 0)
            return [WrongCommand(result, command)];

        // If one more value is allowed, the parser takes an unknown option for that value.
        var flags = result.UnmatchedTokens.Concat(result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value))
            .Where(IsFlag).Select(text => text.Split('=')[0]).Distinct().ToList();
        if (flags.Count > 0)
            return [.. flags.Select(flag => UnknownOption(flag, command))];
        return [.. result.Errors.Select(error => Describe(error, result, command)).Distinct()];
    }

    private static bool IsFlag(string text) => text is ['-', '-' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'), ..];

    private static string WrongCommand(ParseResult result, Command command)
    {
        var names = command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => subcommand.Name).ToList();
        return result.UnmatchedTokens switch
        {
            [] => $"Which command? {string.Join(", ", names)}; --help says what they do.",
            [['-', ..] flag, ..] => Takers(flag.Split('=')[0], command) is { Count: > 0 } takers
                ? $"Which command? {flag.Split('=')[0]} comes after one of {string.Join(", ", takers)}."
                : $"Which command? {string.Join(", ", names)} come before options such as {flag}; --help says what they do.",
            [var name, ..] when IsSweep(name) => $"Which command? `sweep {name}` trains what a file says.",
            [var name, ..] => Suggestion.Unknown("command", name, names),
        };
    }

    private static string UnknownOption(string flag, Command command)
    {
        var root = command.Parents.OfType<Command>().FirstOrDefault() ?? command;
        if (Takers(flag, root) is { Count: > 0 } takers)
            return $"Unknown option '{flag}' of {command.Name}: {string.Join(" and ", takers)} {(takers.Count == 1 ? "has" : "have")} one.";
        if (flag is "--resume" or "--continue")
            return $"Unknown option '{flag}': the same command again goes on where it stopped.";
        return Suggestion.Unknown("option", flag, command.Options.Where(option => !option.Hidden).Select(option => option.Name), $"'{command.Name} {(command.Options.Any(option => option.Name == HelpText.All) ? HelpText.All : "--help")}' lists what there is.");
    }

    /// <summary>The subcommands of the program that have an option of this name.</summary>
    private static List<string> Takers(string flag, Command root) =>
        [.. root.Subcommands.Where(subcommand => !subcommand.Hidden && subcommand.Options.Any(option => !option.Hidden && option.Name == flag)).Select(subcommand => subcommand.Name)];

    private static string Describe(ParseError error, ParseResult result, Command command)
    {
        if (error.SymbolResult is OptionResult { Option: var option } given)
        {
            return given.Tokens.Count == 0 ? $"{option.Name} takes a value: {option.HelpName ?? "one"}."
                : given.Tokens.Count > 1 ? $"{option.Name} is given {given.Tokens.Count} times, as {string.Join(" and ", given.Tokens.Select(token => token.Value))}: give it once."
                + (command.Name == "sweep" ? $" Several values are one list: {option.Name} {string.Join(',', given.Tokens.Select(token => token.Value))}." : "")
                : $"{error.Message} '{command.Name} --help' shows what it takes.";
        }

        if (result.UnmatchedTokens is [var extra, ..])
        {
            if (IsSweep(extra))
                return $"{command.Name} takes options and no file: `sweep {extra}` trains what a file says.";
            var before = result.Tokens.TakeWhile(token => token.Value != extra).LastOrDefault(token => token.Type == TokenType.Option)?.Value;
            if (command.Options.Any(option => option.Name == before && option.ValueType == typeof(bool)))
                return $"{command.Name} cannot take '{extra}': {before} has no value.";
            return before is null ? $"{command.Name} cannot take '{extra}': '{command.Name} --help' shows what it takes."
                : $"{command.Name} cannot take '{extra}' after {before}: an option has one value"
                    + (command.Name is "train" or "sweep" ? $", and on sweep a list joined by commas, as in {before} {string.Join(',', result.Tokens.SkipWhile(token => token.Value != before).Skip(1).Take(1).Select(token => token.Value).Append(extra))}." : ".");
        }

        var missing = command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && result.GetResult(argument) is null or { Tokens.Count: 0 });
        return missing is null ? $"{error.Message} '{command.Name} --help' shows what it takes."
            : $"{command.Name} takes {missing.HelpName ?? missing.Name}: {missing.Description}.";
    }

    private static bool IsSweep(string text) => text.EndsWith(".yaml", StringComparison.Ordinal) || text.EndsWith(".yml", StringComparison.Ordinal);
}
