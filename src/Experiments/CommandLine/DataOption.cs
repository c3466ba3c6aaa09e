using System.CommandLine;

namespace Experiments.CommandLine;

/// <summary>The option that says where the data sets lie.</summary>
internal static class DataOption
{
    /// <summary>The option.</summary>
    /// <param name="recursive">Whether subcommands have it too.</param>
    public static Option<string> Create(bool recursive = false) => new CommandOption<string>("--data")
    {
        Description = "folder of the data sets (default: data/ at the repository's root)",
        HelpName = "FOLDER",
        Recursive = recursive,
        Heading = "Files",
    };
}
