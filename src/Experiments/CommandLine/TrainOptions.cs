using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Runs;

namespace Experiments.CommandLine;

/// <summary>The options that the program itself gives to <c>train</c>, some of which other commands have too.</summary>
internal static class TrainOptions
{
    /// <summary>The option by which a sweep's run does not outlive the sweep.</summary>
    public const string EndWithParent = "--end-with-parent";

    /// <summary>The option by which a run begins anew.</summary>
    public const string Again = "--again";

    /// <summary>The option by which a sweep asks how long a run takes.</summary>
    public const string DryRunAnswer = "--dry-run-answer";

    /// <summary>The option by which plain lines are shown.</summary>
    public const string Plain = "--plain";

    /// <summary>The option for plain lines.</summary>
    public static CommandOption<bool> PlainOption() =>
        new(Plain) { Heading = "Running", Description = "write plain lines, as into a file, in place of a live display" };

    /// <summary>The arguments, the command's name among them, that train one run wherever they are typed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="experiment">The experiment it belongs to.</param>
    /// <param name="folder">The results folder that it leaves its row in.</param>
    /// <param name="data">Where the data sets lie.</param>
    /// <param name="checksums">The checksum of each data set's images.</param>
    public static IReadOnlyList<string> Arguments(Run run, string experiment, ResultsFolder folder, DataFolder data, IReadOnlyDictionary<string, string> checksums) =>
    [
        "train", .. RunOptions.ToArguments(run.Settings), "--data", Path.GetFullPath(data.Path), "--out", Path.GetFullPath(folder.Root),
        "--experiment", experiment, "--images-checksum", checksums[run.Dataset.Name],
    ];
}
