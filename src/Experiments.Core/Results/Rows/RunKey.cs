using Experiments.Core.Files;

namespace Experiments.Core.Results.Rows;

/// <summary>
/// The first columns of rows of which a run has many (for each epoch, or for each measurement at a step): the run, which runs.csv describes in
/// full, and what most often tells runs apart.
/// </summary>
public sealed record RunKey
{
    /// <summary>The folder of the run under <c>runs/</c>.</summary>
    public required string Run { get; init; }

    /// <summary>The normalization.</summary>
    public required string Norm { get; init; }

    /// <summary>GN's number of groups.</summary>
    public int? Groups { get; init; }

    /// <summary>GN's channels per group.</summary>
    public int? ChannelsPerGroup { get; init; }

    /// <summary>Images per worker in a step.</summary>
    public required int Batch { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }
}

/// <summary>One of the many rows that a run has of one kind, with the run that it belongs to.</summary>
/// <typeparam name="TRow">The kind of row. It does not name the run; the key does.</typeparam>
public sealed record OfRun<TRow>
    where TRow : class, IRunFile
{
    /// <summary>The run.</summary>
    [ColumnsOf]
    public required RunKey Key { get; init; }

    /// <summary>The row.</summary>
    [ColumnsOf]
    public required TRow Row { get; init; }
}

/// <summary>
/// A kind of row that has a file of its own: one in the run's folder, with the run's rows, and one in the results folder, with the rows of all
/// runs.
/// </summary>
public interface IRunFile
{
    /// <summary>The file's name, for example <c>epochs.csv</c>.</summary>
    static abstract string FileName { get; }
}
