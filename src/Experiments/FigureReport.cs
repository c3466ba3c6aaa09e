using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;

namespace Experiments;

/// <summary>Draws results folders and says what was written.</summary>
internal static class FigureReport
{
    /// <summary>Draws one figure of one or several folders.</summary>
    /// <param name="folders">Results folders, or runs.csv files.</param>
    /// <param name="kind">The figure; null: the one that the first folder's sweep asks for, or error against batch size.</param>
    /// <param name="title">Its title; null: the sweep's.</param>
    /// <param name="dataset">Draw the runs of this data set only.</param>
    /// <param name="output">Where it goes; null: into the first folder.</param>
    /// <param name="formats">In which formats; null: all.</param>
    public static void Draw(
        IReadOnlyList<string> folders, FigureKind? kind = null, string? title = null, string? dataset = null, string? output = null, IReadOnlyList<FigureFormat>? formats = null)
    {
        var runs = ResultsFolder.ReadRuns(folders).Where(run => dataset is null || run.Dataset == dataset).ToList();
        var epochs = ResultsFolder.ReadDetails<EpochRow>(folders);
        if (runs.Count == 0)
            throw new ExperimentException($"There are no runs{(dataset is null ? "" : $" on {dataset}")} in {string.Join(", ", folders)}.");
        var first = File.Exists(folders[0]) ? Path.GetDirectoryName(Path.GetFullPath(folders[0]))! : folders[0];
        var folder = new ResultsFolder(first);
        var sweep = new SweepFolder(folder).Read();
        var spec = new FigureSpec
        {
            Kind = kind ?? sweep?.Figure ?? FigureKind.ErrorAgainstBatch,
            Title = title ?? sweep?.Title ?? folder.Name,
            References = sweep?.References ?? [],
        };
        foreach (var file in FigureWriter.Write(spec, runs, epochs, output ?? first, formats))
            Console.WriteLine($"  {file}");
    }
}
