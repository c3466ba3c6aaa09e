using System.Collections.Immutable;
using System.CommandLine;
using Experiments.Core;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments.CommandLine;

/// <summary>The options of a training on a command: each of <see cref="RunOptions.All"/>, and where the data lies.</summary>
internal sealed class RunOptionSet
{
    private readonly List<(RunOption Option, CommandOption<string> Typed)> _options;
    private readonly Option<string> _data = DataOption.Create();

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="include">Which of them; null: all.</param>
    /// <param name="defaultOf">An option's default in words; null: the default of training.</param>
    /// <param name="readsData">Whether the command reads data sets and so has to be told where they lie.</param>
    /// <param name="takesLists">Whether an option may have several values, joined by commas.</param>
    public RunOptionSet(Command command, Func<string, bool>? include = null, Func<RunOption, string>? defaultOf = null, bool readsData = true, bool takesLists = false)
    {
        _options = [.. RunOptions.All.Where(option => include?.Invoke(option.Name) ?? true).Select(option => (option, new CommandOption<string>($"--{option.Name}")
        {
            Description = $"{option.Help} (default: {defaultOf?.Invoke(option) ?? option.Default})",
            HelpName = takesLists && !option.IsSet ? $"{option.Value},..." : option.Value,
            Heading = option.Heading,
            IsCommon = option.IsCommon,
        }))];
        foreach (var (option, typed) in _options)
        {
            typed.Offer(option.Values);
            command.Options.Add(typed);
        }

        if (readsData)
            command.Options.Add(_data);
    }

    /// <summary>What this machine has, with the data folder that was given.</summary>
    public Machine Machine(ParseResult result, bool forOthers = false) => ThisMachine.With(result.GetValue(_data), forOthers);

    /// <summary>The settings, with the typed values put into them.</summary>
    /// <exception cref="ExperimentException">Values that are wrong, all of them at once.</exception>
    public RunSettings Settings(ParseResult result, RunSettings settings)
    {
        var mistakes = new List<string>();
        foreach (var (option, text) in Typed(result))
        {
            if (IsList(option, text))
                mistakes.Add(NotOne(option, text, result));
            else
                ExperimentException.Try(() => settings = option.Set(settings, text), mistakes);
        }

        return mistakes.Count == 0 ? settings : throw ExperimentException.ForAll(mistakes);
    }

    /// <summary>The grid, with the typed lists in place of its own.</summary>
    /// <exception cref="ExperimentException">Values that are wrong, all of them at once.</exception>
    public Grid Grid(ParseResult result, Grid grid)
    {
        var mistakes = new List<string>();
        var typed = Typed(result).ToList();
        if (RunOptions.Exclusive.All(key => typed.Any(pair => pair.Option.Name == key)))
            mistakes.Add($"{string.Join(" and ", RunOptions.Exclusive.Select(key => $"--{key}"))} exclude each other: give one of them.");
        foreach (var (option, text) in typed)
        {
            var values = (option.IsSet ? [text] : TypedText.List(text)).Select(value => new GridValue(value)).ToImmutableArray();
            foreach (var value in values)
                ExperimentException.Try(() => Core.Sweeps.Grid.Check(option.Name, value), mistakes);
            grid = grid.With(option.Name, values);
        }

        return mistakes.Count == 0 ? grid : throw ExperimentException.ForAll(mistakes);
    }

    private static bool IsList(RunOption option, string text) => !option.IsSet && text.Contains(',', StringComparison.Ordinal)
        && TypedText.List(text).All(part => ExperimentException.Try(() => option.Set(new RunSettings(), part), []));

    private static string NotOne(RunOption option, string text, ParseResult result)
    {
        var command = result.CommandResult.Command.Name;
        return $"{command} takes one value of --{option.Name}, not the list '{text}'"
            + (command == "train" ? $": `sweep {string.Join(' ', result.Tokens.Skip(1).Select(token => token.Value))}` trains each of them." : ".");
    }

    /// <summary>Whether any of them was typed.</summary>
    public bool AnyTyped(ParseResult result) => Typed(result).Any();

    /// <summary>An option as it was typed; null if it was not.</summary>
    public string? Text(ParseResult result, string name) => _options.FirstOrDefault(pair => pair.Option.Name == name).Typed is { } typed ? result.GetValue(typed) : null;

    private IEnumerable<(RunOption Option, string Text)> Typed(ParseResult result) =>
        _options.Select(pair => (pair.Option, Text: result.GetValue(pair.Typed))).Where(pair => pair.Text is not null).Select(pair => (pair.Option, pair.Text!));
}
