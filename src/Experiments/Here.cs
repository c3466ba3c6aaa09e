using System.CommandLine;
using Experiments.Core.Data;
using Experiments.Core.Sweeps;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments;

/// <summary>This machine, as the commands see it.</summary>
internal static class Here
{
    /// <summary>The option that says where the data sets lie.</summary>
    public static Option<string> DataOption(bool recursive = false) => new CommandOption<string>("--data")
    {
        Description = "folder of the data sets (default: data/ at the repository's root)",
        HelpName = "FOLDER",
        Recursive = recursive,
        Heading = "Files",
    };

    /// <summary>The engines, the preferred one first, and the data sets in a folder.</summary>
    /// <param name="data">The folder of the data sets; null: the default.</param>
    /// <param name="forOthers">Whether runs are computed on other machines.</param>
    public static Machine Machine(string? data, bool forOthers = false) =>
        new([new OneDnnEngineProvider(), new TorchEngineProvider()], new DataFolder(data), Console.Error.WriteLine) { ForOthers = forOthers };
}
