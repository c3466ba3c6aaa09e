using System.CommandLine;

namespace Experiments.CommandLine;

/// <summary>What a help text knows of an option beside what the parser does.</summary>
internal interface IHelpEntry
{
    /// <summary>The heading that it stands under.</summary>
    string Heading { get; }

    /// <summary>Whether <c>--help</c> shows it; <c>--help-all</c> shows all.</summary>
    bool IsCommon { get; }
}

/// <summary>An option with its place in the help text. One that is made as a plain <see cref="Option{T}"/> is always shown.</summary>
/// <param name="name">The name, with its dashes.</param>
internal sealed class CommandOption<T>(string name) : Option<T>(name), IHelpEntry
{
    /// <inheritdoc/>
    public required string Heading { get; init; }

    /// <inheritdoc/>
    public bool IsCommon { get; init; }
}
