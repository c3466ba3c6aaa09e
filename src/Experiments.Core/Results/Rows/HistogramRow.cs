namespace Experiments.Core.Results.Rows;

/// <summary>One row of histograms.csv: a bin of the distribution of a layer's activations after its norm, at a step.</summary>
public sealed record HistogramRow : IStepRow
{
    /// <inheritdoc/>
    public static string FileName => "histograms.csv";

    /// <inheritdoc cref="PercentileRow.Step"/>
    public required long Step { get; init; }

    /// <inheritdoc cref="PercentileRow.Epoch"/>
    public required double Epoch { get; init; }

    /// <inheritdoc cref="PercentileRow.Layer"/>
    public required string Layer { get; init; }

    /// <summary>Where the bin begins.</summary>
    public required double BinLow { get; init; }

    /// <summary>Where the bin ends.</summary>
    public required double BinHigh { get; init; }

    /// <summary>The share of all values that lie in the bin, from 0 to 1.</summary>
    public required double Fraction { get; init; }
}
