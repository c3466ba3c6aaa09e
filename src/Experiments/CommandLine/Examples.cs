using System.CommandLine;

namespace Experiments.CommandLine;

/// <summary>The examples that a command's help ends with.</summary>
internal static class Examples
{
    /// <summary>A command, with all of its options, whose help ends with examples.</summary>
    /// <param name="command">The command.</param>
    /// <param name="examples">What is typed after the program's name; or a whole line that has the program's name in it.</param>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        HelpText.AddTo(command, [.. examples.Select(example => example.Contains(HelpText.Program, StringComparison.Ordinal) ? example : $"{HelpText.Program} {example}")]);
        return command;
    }
}
