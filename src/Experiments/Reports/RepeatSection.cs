using System.Xml.Linq;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Data.Sources;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;

namespace Experiments.Reports;

/// <summary>The commands that make the same results again.</summary>
internal static class RepeatSection
{
    public static IEnumerable<XElement> Of(ReportedSweep sweep)
    {
        var file = Path.Combine(sweep.Results.Root, SweepFolder.FileName);
        if (sweep.Sweep is null)
            return [new XElement("p", "These runs were started by hand, each by a command `train`; the options of each are in runs/, in its run.yaml, and as columns of runs.csv.")];
        var commits = sweep.Rows.Select(row => row.Commit).OfType<string>().Distinct().ToList();
        return
        [
            new XElement("p", "In the root of the program's repository:"),
            new XElement("pre", new XAttribute("tabindex", "0"), string.Join('\n', Commands(sweep, commits))),
            new XElement("p", (commits.Count > 1 ? $"The runs were computed by {commits.Count} commits; the one above is the last. " : "")
                + "With the same commit, engine, library and instruction set of the processor, each run ends with the same bits; elsewhere with other rounding, and so with other numbers of the same kind."),
            new XElement("details", new XElement("summary", "sweep.yaml, with every value that the sweep was made of"), new XElement("pre", new XAttribute("tabindex", "0"), TextOf(file))),
        ];
    }

    // An older commit need not have the folder, nor the command `report`: the sweep's file is taken along, and the way back is part of it.
    private static IEnumerable<string> Commands(ReportedSweep sweep, List<string> commits)
    {
        var again = $"{sweep.Results.Name}-again";
        var commit = commits.LastOrDefault(commit => commit != RunRecord.Commit);
        yield return InRepository(Path.Combine(sweep.Results.Root, SweepFolder.FileName)) is { } path ? $"cp {ShellWord.Quote(path)} {ShellWord.Quote($"{again}.yaml")}"
            : $"# save the sweep.yaml that stands below as {again}.yaml";
        if (commit is not null)
            yield return $"git checkout {commit}";
        foreach (var dataset in sweep.Runs.Select(run => run.Row.Dataset).Distinct())
        {
            if (DatasetCatalog.All.FirstOrDefault(one => one.Name == dataset) is { Source: not SyntheticSource })
                yield return $"{HelpText.Program} data get {dataset}";
        }

        yield return $"{HelpText.Program} sweep {ShellWord.Quote($"{again}.yaml")}";
        if (commit is not null)
            yield return "git checkout -";
        yield return $"{HelpText.Program} report {ShellWord.Quote($"results/{again}")}";
    }

    private static string? InRepository(string file)
    {
        var path = Path.GetRelativePath(RepositoryFolder.Root, Path.GetFullPath(file));
        return path.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(path) ? null : path;
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{file} cannot be read: {error.Message}";
        }
    }
}
