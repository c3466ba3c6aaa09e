using Experiments.Core.Files;

namespace Experiments.Core.Results.Rows;

/// <summary>
/// What the rows of which a run has many (an epoch, a measurement at a step) begin with: the run, which runs.csv says everything about, and what
/// most often tells runs apart.
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

/// <summary>A row of which a run has many, with the run that it is of.</summary>
/// <typeparam name="TRow">The kind of row. It says nothing of the run: whoever writes it to a file adds the key.</typeparam>
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

/// <summary>Rows of one kind lie in a file of one name, in the run's folder and, for all runs, in the folder above.</summary>
public interface IRunFile
{
    /// <summary>The file's name, for example <c>epochs.csv</c>.</summary>
    static abstract string FileName { get; }
}
