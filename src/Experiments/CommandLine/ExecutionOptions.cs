using System.CommandLine;
using Experiments.Core.Runs;

namespace Experiments.CommandLine;

/// <summary>The options that say how a run is trained and what it leaves beside its results. They are no part of what a run is.</summary>
internal sealed class ExecutionOptions
{
    private readonly Option<string> _checkpointEvery = new CommandOption<string>("--checkpoint-every")
    {
        Heading = "Running",
        Description = "minutes between checkpoints; each epoch's end and a stop leave one too (default: 5)",
        HelpName = "MINUTES",
    };

    private readonly Option<bool> _allowDifferentMachine = new CommandOption<bool>("--allow-different-machine")
    {
        Heading = "Running",
        Description = "go on with a half-done run although the engine's library or the processor's instruction set is another now; the numbers may differ",
    };

    private readonly Option<bool> _tensorBoard = new CommandOption<bool>("--tensorboard")
    {
        Heading = "Running",
        Description = "also write each epoch's errors, losses and speed for TensorBoard, into an events file in the run's folder",
    };

    /// <summary>Adds the options to a command.</summary>
    public ExecutionOptions(Command command)
    {
        foreach (var option in new Option[] { _checkpointEvery, _allowDifferentMachine, _tensorBoard })
            command.Options.Add(option);
    }

    /// <summary>The minutes that were typed.</summary>
    /// <exception cref="Core.ExperimentException">What was typed is no number above 0.</exception>
    public double? CheckpointEvery(ParseResult result) =>
        result.GetValue(_checkpointEvery) is { } minutes ? RunOptions.PositiveNumber(_checkpointEvery.Name[2..], minutes) : null;

    /// <summary>Whether a run goes on under other conditions.</summary>
    public bool AllowDifferentMachine(ParseResult result) => result.GetValue(_allowDifferentMachine);

    /// <summary>Whether a run writes events files.</summary>
    public bool TensorBoard(ParseResult result) => result.GetValue(_tensorBoard);

    /// <summary>The arguments for <c>train</c> that say what was typed.</summary>
    /// <exception cref="Core.ExperimentException">The minutes are no number above 0.</exception>
    public IReadOnlyList<string> ToArguments(ParseResult result) =>
    [
        .. CheckpointEvery(result) is { } minutes ? new[] { _checkpointEvery.Name, FormattableString.Invariant($"{minutes:R}") } : [],
        .. new[] { _allowDifferentMachine, _tensorBoard }.Where(option => result.GetValue(option)).Select(option => option.Name),
    ];
}
