using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;

namespace Experiments;

/// <summary>Draws results folders and says what was written.</summary>
internal static class FigureReport
{
    /// <summary>Draws the figures of one or several folders, each that can be drawn.</summary>
    /// <param name="folders">Results folders, or runs.csv files.</param>
    /// <param name="kinds">The figures; null: those that the first folder's sweep asks for, or error against batch size.</param>
    /// <param name="title">Their title; null: the sweep's.</param>
    /// <param name="dataset">Draw the runs of this data set only.</param>
    /// <param name="output">Where they go; null: into the first folder.</param>
    /// <param name="formats">In which formats; null: all.</param>
    /// <exception cref="ExperimentException">Why some could not be drawn, a sentence each; the others are there.</exception>
    public static void Draw(
        IReadOnlyList<string> folders, IReadOnlyList<FigureKind>? kinds = null, string? title = null, string? dataset = null, string? output = null, IReadOnlyList<FigureFormat>? formats = null)
    {
        var runs = ResultsFolder.ReadRuns(folders).Where(run => dataset is null || run.Dataset == dataset).ToList();
        if (runs.Count == 0)
            throw new ExperimentException($"There are no runs{(dataset is null ? "" : $" on {dataset}")} in {string.Join(", ", folders)}.");
        var data = new FigureData(runs, folders);
        var folder = ResultsFolder.At(folders[0]);
        var sweep = new SweepFolder(folder).Read();
        var mistakes = new List<ExperimentException>();
        foreach (var kind in kinds ?? sweep?.Figures ?? [FigureKind.ErrorAgainstBatch])
        {
            var spec = new FigureSpec { Kind = kind, Title = title ?? sweep?.Title ?? folder.Name, References = sweep?.References ?? [] };
            try
            {
                foreach (var file in FigureWriter.Write(spec, data, output ?? folder.Root, formats))
                    Console.WriteLine($"  {file}");
            }
            catch (ExperimentException e)
            {
                mistakes.Add(e);
            }
        }

        if (mistakes.Count > 0)
            throw new ExperimentException(string.Join(Environment.NewLine, mistakes.Select(mistake => mistake.Message)), mistakes.Max(mistake => mistake.ExitCode), mistakes[0]);
    }
}
