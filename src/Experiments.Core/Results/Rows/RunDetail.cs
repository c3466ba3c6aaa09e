namespace Experiments.Core.Results.Rows;

/// <summary>
/// A row of which a run has many: an epoch, a measurement at a step. It begins with the run, which runs.csv says everything about, and
/// with what most often tells runs apart.
/// </summary>
public abstract record RunDetail
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

/// <summary>Rows of one kind lie in a file of one name, in the run's folder and, for all runs, in the folder above.</summary>
public interface IRunFile
{
    /// <summary>The file's name, for example <c>epochs.csv</c>.</summary>
    static abstract string FileName { get; }
}
