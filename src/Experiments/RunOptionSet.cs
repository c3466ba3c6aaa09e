using System.Collections.Immutable;
using System.CommandLine;
using Experiments.Core;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments;

/// <summary>The options of a training on a command: each of <see cref="RunOptions.All"/>, and where the data lies.</summary>
internal sealed class RunOptionSet
{
    private readonly List<(RunOption Option, Option<string> Typed)> _options;
    private readonly Option<string> _data = Here.DataOption();

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="include">Which of them; null: all.</param>
    /// <param name="defaultOf">An option's default in words, where it is not the training's.</param>
    /// <param name="readsData">Whether the command reads data sets and so has to be told where they lie.</param>
    public RunOptionSet(Command command, Func<string, bool>? include = null, Func<RunOption, string>? defaultOf = null, bool readsData = true)
    {
        _options = [.. RunOptions.All.Where(option => include?.Invoke(option.Name) ?? true).Select(option => (option, new Option<string>($"--{option.Name}")
        {
            Description = $"{option.Help} (default: {defaultOf?.Invoke(option) ?? option.Default})",
            HelpName = option.Value,
        }))];
        foreach (var (_, typed) in _options)
            command.Options.Add(typed);
        if (readsData)
            command.Options.Add(_data);
    }

    /// <summary>What this machine has, with the data folder that was given.</summary>
    public Machine Machine(ParseResult result, bool forOthers = false) => Here.Machine(result.GetValue(_data), forOthers);

    /// <summary>Settings with what was typed put into them.</summary>
    /// <exception cref="ExperimentException">Values that are wrong, all of them at once.</exception>
    public RunSettings Settings(ParseResult result, RunSettings settings)
    {
        var mistakes = new List<string>();
        foreach (var (option, text) in Typed(result))
            ExperimentException.Try(() => settings = option.Set(settings, text), mistakes);

        return mistakes.Count == 0 ? settings : throw ExperimentException.ForAll(mistakes);
    }

    /// <summary>A grid with the lists that were typed put in the place of its own.</summary>
    /// <exception cref="ExperimentException">Values that are wrong, all of them at once.</exception>
    public Grid Grid(ParseResult result, Grid grid)
    {
        var mistakes = new List<string>();
        var typed = Typed(result).ToList();
        if (RunOptions.Exclusive.All(key => typed.Any(pair => pair.Option.Name == key)))
            mistakes.Add($"{string.Join(" and ", RunOptions.Exclusive.Select(key => $"--{key}"))} exclude each other: give one of them.");
        foreach (var (option, text) in typed)
        {
            var values = (option.IsSet ? [text] : CommandLine.SplitList(text)).Select(value => new GridValue(value)).ToImmutableArray();
            foreach (var value in values)
                ExperimentException.Try(() => Core.Sweeps.Grid.Check(option.Name, value), mistakes);
            grid = grid.With(option.Name, values);
        }

        return mistakes.Count == 0 ? grid : throw ExperimentException.ForAll(mistakes);
    }

    /// <summary>Whether any of them was typed.</summary>
    public bool AnyTyped(ParseResult result) => Typed(result).Any();

    /// <summary>An option as it was typed; null where it was not.</summary>
    public string? Text(ParseResult result, string name) => _options.FirstOrDefault(pair => pair.Option.Name == name).Typed is { } typed ? result.GetValue(typed) : null;

    private IEnumerable<(RunOption Option, string Text)> Typed(ParseResult result) =>
        _options.Select(pair => (pair.Option, Text: result.GetValue(pair.Typed))).Where(pair => pair.Text is not null).Select(pair => (pair.Option, pair.Text!));
}
