using Experiments.Core.Results;
using Experiments.Core.Results.Tables;

namespace Experiments.Reports;

/// <summary>What a results folder comes to: its tables, where its files are, and its figures.</summary>
internal static class SweepReport
{
    /// <summary>Prints the tables and draws the figures from the folder's CSVs.</summary>
    /// <param name="references">Published numbers to show beside ours.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="Core.ExperimentException">Why a figure could not be drawn; the tables are printed.</exception>
    public static void Show(IReadOnlyList<Reference> references, ResultsFolder folder)
    {
        var rows = ResultsFolder.ReadRuns(folder.Root);
        Console.WriteLine();
        foreach (var table in ResultTable.Of(rows, references: references))
            Console.WriteLine(table.Write(TableFormat.Text));
        Console.WriteLine("Results:");
        foreach (var file in new[] { "runs.csv", "epochs.csv", "summary.csv", "differences.csv" })
            Console.WriteLine($"  {Path.Combine(folder.Root, file)}");
        if (rows.Any(row => row.Error is not null))
            FigureReport.Draw([folder.Root]);
    }
}
