using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;
using Experiments.Core.Sweeps;

namespace Experiments.Reports;

/// <summary>Shows what a results folder holds: its tables, where its files are, and its figures.</summary>
internal static class SweepReport
{
    /// <summary>Prints the tables and draws the figures from the folder's CSVs.</summary>
    /// <param name="references">Published numbers to show beside ours.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="Core.ExperimentException">A figure could not be drawn; the message says why. The tables are printed.</exception>
    public static void Show(IReadOnlyList<Reference> references, ResultsFolder folder)
    {
        var rows = ResultsFolder.ReadRuns(folder.Root);
        Console.WriteLine();
        foreach (var table in ResultTable.Of(rows, references: references))
            Console.WriteLine(table.Write(TableFormat.Text));
        Console.WriteLine("Results:");
        foreach (var file in new[] { "runs.csv", "epochs.csv", "summary.csv", "differences.csv" })
            Console.WriteLine($"  {Path.Combine(folder.Root, file)}");
        DrawFigures(rows, folder);
    }

    // If all runs have diverged, that is a result and no mistake, so a line says it. What they measured before can still be drawn.
    private static void DrawFigures(IReadOnlyList<RunRow> rows, ResultsFolder folder)
    {
        var kinds = FigureReport.KindsOf(new SweepFolder(folder).Read());
        var without = rows.Any(row => row.Error is not null) ? [] : kinds.Where(kind => FigureKinds.Describe(kind).IsOfErrors).ToList();
        if (rows.Count > 0 && without.Count > 0)
        {
            var counts = new[] { RunStatus.Diverged, RunStatus.Failed }.Select(status => (status, Count: rows.Count(row => row.Status == status))).Where(part => part.Count > 0)
                .Select(part => $"{part.Count} {part.status.ToString().ToLowerInvariant()}");
            Console.WriteLine($"Not drawn: {string.Join(", ", without.Select(kind => kind.Name()))}, since no run has an error to show ({string.Join(", ", counts)}).");
        }

        var drawn = kinds.Except(without).ToList();
        if (drawn.Count > 0 && rows.Any(row => row.Status != RunStatus.Failed))
            FigureReport.Draw([folder.Root], new FigureRequest { Kinds = drawn });
    }
}
