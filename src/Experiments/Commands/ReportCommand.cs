using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>report</c>: everything that results folders hold, on one page.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var command = new Command("report", "Write what results folders hold as one HTML page: what was asked, what came out, how sure it is, and how to repeat it.");
        var folders = new Argument<string[]>("folder") { Description = "results folders; several are set side by side", Arity = ArgumentArity.OneOrMore, HelpName = "FOLDER" };
        var output = new Option<string>("--out") { Description = $"the file (default: {ReportPage.FileName} in the folder; of several, in the folder that holds them all)", HelpName = "FILE" };
        command.Arguments.Add(folders);
        command.Options.Add(output);
        command.SetAction(result =>
        {
            var results = result.GetValue(folders)!.Select(ResultsFolder.At).DistinctBy(folder => Path.GetFullPath(folder.Root)).ToList();
            if (result.GetValue(output) is { } typed && Directory.Exists(typed))
                throw new ExperimentException($"{output.Name} takes a file, such as {Path.Combine(typed, ReportPage.FileName)}; {typed} is a folder.");
            var file = result.GetValue(output) ?? Default(results);
            ReportPage.Write(results, file);
            Console.WriteLine($"Report: {file}");
            return ExitCode.Done;
        });
        return command.WithExamples(
            "report results/figure-1",
            "report results/figure-1 results/table-1 --out both.html",
            "sweep figure-1 --quick --report");
    }

    private static string Default(List<ResultsFolder> results)
    {
        if (results is [var only])
            return Path.Combine(only.Root, ReportPage.FileName);
        var holder = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(results[0].Root)));
        while (holder is not null && !results.All(folder => IsWithin(folder.Root, holder)))
            holder = Path.GetDirectoryName(holder);
        return Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(holder ?? ".", ReportPage.FileName));
    }

    private static bool IsWithin(string folder, string holder) =>
        Path.GetRelativePath(holder, Path.GetFullPath(folder)) is var path && path != "." && path != ".." && !path.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(path);
}
