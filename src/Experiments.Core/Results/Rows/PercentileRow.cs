namespace Experiments.Core.Results.Rows;

/// <summary>One row of percentiles.csv: what enters a layer's norm at a step, as percentiles over a batch (the paper's figure 6).</summary>
public sealed record PercentileRow : IStepRow
{
    /// <inheritdoc/>
    public static string FileName => "percentiles.csv";

    /// <summary>Steps trained before.</summary>
    public required long Step { get; init; }

    /// <summary>Epochs passed, with their fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>The layer, for example <c>norm1</c>.</summary>
    public required string Layer { get; init; }

    /// <summary>The value that 1% of all values lie under.</summary>
    public required double P1 { get; init; }

    /// <summary>The value that 20% of all values lie under.</summary>
    public required double P20 { get; init; }

    /// <summary>The value that 80% of all values lie under.</summary>
    public required double P80 { get; init; }

    /// <summary>The value that 99% of all values lie under.</summary>
    public required double P99 { get; init; }
}
