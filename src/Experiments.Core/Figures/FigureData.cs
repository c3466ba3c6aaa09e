using Experiments.Core.Results;

namespace Experiments.Core.Figures;

/// <summary>The rows that figures are drawn from. Of the files beside runs.csv, a figure reads its own alone, when it asks for it.</summary>
/// <param name="runs">The runs to draw; rows of other runs are passed over.</param>
/// <param name="folders">The results folders, or runs.csv files, that the runs are from.</param>
public sealed class FigureData(IReadOnlyList<RunRow> runs, params IReadOnlyList<string> folders)
{
    private readonly Dictionary<Type, object> _rows = [];

    /// <summary>The runs to draw.</summary>
    public IReadOnlyList<RunRow> Runs { get; } = runs;

    /// <summary>The same with these rows, in place of those in the folders.</summary>
    public FigureData With<T>(IReadOnlyList<T> rows)
        where T : RunDetail, IRunFile
    {
        _rows[typeof(T)] = rows;
        return this;
    }

    /// <summary>All rows of one kind, by their run.</summary>
    internal ILookup<string, T> Rows<T>()
        where T : RunDetail, IRunFile
    {
        if (!_rows.TryGetValue(typeof(T), out var known))
            _rows[typeof(T)] = known = ResultsFolder.ReadDetails<T>(folders);
        return ((IReadOnlyList<T>)known).ToLookup(row => row.Run);
    }
}
