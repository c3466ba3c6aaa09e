using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>Takes the rows of measurements, whatever their kind.</summary>
public interface IRowSink
{
    /// <summary>Takes all rows of one kind that there are so far.</summary>
    void Write<TRow>(IEnumerable<TRow> rows)
        where TRow : class, IRunFile;
}
