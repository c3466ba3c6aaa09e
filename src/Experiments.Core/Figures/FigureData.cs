using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>The rows that figures are drawn from. Of the files beside runs.csv, only the one that a figure asks for is read.</summary>
/// <param name="runs">The runs to draw; rows of other runs are ignored.</param>
/// <param name="folders">The results folders, or runs.csv files, that the runs are from.</param>
public sealed class FigureData(IReadOnlyList<RunRow> runs, params IReadOnlyList<string> folders)
{
    private readonly Dictionary<Type, object> _rows = [];

    /// <summary>The runs to draw.</summary>
    public IReadOnlyList<RunRow> Runs { get; } = runs;

    /// <summary>
    /// Reads the runs of results folders. Runs of several folders stay apart, even if two folders hold the same run: each is named by its folder.
    /// </summary>
    /// <exception cref="ExperimentException">There is no such folder, or its runs cannot be read.</exception>
    public static FigureData Read(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var names = ResultsFolder.Names(folders);
        return new FigureData([.. folders.Distinct().SelectMany(folder => ResultsFolder.ReadRuns(folder)
            .Select(run => names.Count == 1 ? run : run with { Run = NameIn(names[folder], run.Run), Source = names[folder] }))], folders);
    }

    /// <summary>The same data, with only the runs for which <paramref name="isDrawn"/> is true.</summary>
    public FigureData Where(Func<RunRow, bool> isDrawn) => new([.. Runs.Where(isDrawn)], folders);

    /// <summary>Takes these rows in place of those of their kind in the folders, and returns this object.</summary>
    public FigureData With<T>(IReadOnlyList<OfRun<T>> rows)
        where T : class, IRunFile
    {
        _rows[typeof(T)] = rows;
        return this;
    }

    /// <summary>All rows of one kind, by their run.</summary>
    internal ILookup<string, T> Rows<T>()
        where T : class, IRunFile
    {
        if (!_rows.TryGetValue(typeof(T), out var known))
        {
            var names = ResultsFolder.Names(folders);
            _rows[typeof(T)] = known = names.Count <= 1 ? ResultsFolder.ReadRows<T>(folders)
                : [.. folders.Distinct().SelectMany(folder => ResultsFolder.ReadRows<T>(folder).Select(row => row with { Key = row.Key with { Run = NameIn(names[folder], row.Key.Run) } }))];
        }

        return ((IReadOnlyList<OfRun<T>>)known).ToLookup(row => row.Key.Run, row => row.Row);
    }

    private static string NameIn(string folder, string run) => $"{folder}: {run}";
}
