using System.CommandLine;

namespace Experiments;

/// <summary>The option that lets TensorBoard follow runs. It is no part of what a run is.</summary>
internal sealed class TensorBoardOption : Option<bool>
{
    public TensorBoardOption()
        : base("--tensorboard") => Description = "write each epoch's errors, losses and speed for TensorBoard too, as an events file in the run's folder";

    /// <summary>The arguments for <c>train</c> that say what was typed.</summary>
    public IEnumerable<string> ToArguments(ParseResult result) => result.GetValue(this) ? [Name] : [];
}
