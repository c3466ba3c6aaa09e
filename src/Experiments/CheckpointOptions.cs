using System.CommandLine;
using Experiments.Core.Sweeps;

namespace Experiments;

/// <summary>The options that say how runs survive being stopped. They are no part of what a run is.</summary>
internal sealed class CheckpointOptions
{
    private readonly Option<string> _every = new("--checkpoint-every")
    {
        Description = "minutes between checkpoints, beside those at each epoch's end and where a run is stopped (default: 5)",
        HelpName = "MINUTES",
    };

    private readonly Option<bool> _differentMachine = new("--allow-different-machine")
    {
        Description = "go on with a half-done run where its library or instruction set is another, and its numbers may be others",
    };

    /// <summary>Adds the options to a command.</summary>
    public CheckpointOptions(Command command)
    {
        command.Options.Add(_every);
        command.Options.Add(_differentMachine);
    }

    /// <summary>The minutes that were typed.</summary>
    /// <exception cref="Core.ExperimentException">They are no number above 0.</exception>
    public double? Every(ParseResult result) =>
        result.GetValue(_every) is { } minutes ? RunOptions.PositiveNumber(_every.Name[2..], minutes) : null;

    /// <summary>Whether a run goes on under other conditions.</summary>
    public bool AllowDifferentMachine(ParseResult result) => result.GetValue(_differentMachine);

    /// <summary>The arguments for <c>train</c> that say what was typed.</summary>
    /// <exception cref="Core.ExperimentException">The minutes are no number above 0.</exception>
    public IReadOnlyList<string> ToArguments(ParseResult result) =>
    [
        .. Every(result) is { } minutes ? new[] { _every.Name, FormattableString.Invariant($"{minutes:R}") } : [],
        .. AllowDifferentMachine(result) ? new[] { _differentMachine.Name } : [],
    ];
}
