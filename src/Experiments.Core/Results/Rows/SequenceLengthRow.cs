namespace Experiments.Core.Results.Rows;

/// <summary>One row of sequence-length.csv: the error of a trained recurrent network on the middle rows of the test images.</summary>
public sealed record SequenceLengthRow : IRunFile
{
    /// <inheritdoc/>
    public static string FileName => "sequence-length.csv";

    /// <summary>Rows of each test image that were read, those in its middle.</summary>
    public required int Rows { get; init; }

    /// <summary>
    /// Steps that norms keep statistics for, those of the longest sequence in training: beyond them, the last one's are used. Empty where no norm
    /// has statistics for each step.
    /// </summary>
    public int? StatisticsSteps { get; init; }

    /// <summary>
    /// Where norms over samples take their statistics from: <c>moving_average</c>, <c>population</c> or <c>batch</c>; <c>moving_average</c>
    /// alone where the network has none of these norms.
    /// </summary>
    public required string Statistics { get; init; }

    /// <summary>Test error in percent; empty where some scores of the network are NaN or infinite.</summary>
    public required double? Error { get; init; }

    /// <summary>Test loss (cross-entropy, nats); empty where the error is.</summary>
    public required double? Loss { get; init; }
}
