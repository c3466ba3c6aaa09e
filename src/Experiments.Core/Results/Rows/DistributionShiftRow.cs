namespace Experiments.Core.Results.Rows;

/// <summary>
/// One row of distribution-shift.csv, and of the CSV that <c>eval --shift</c> writes: the error of a trained network on test images that
/// were altered, at one strength.
/// </summary>
public sealed record DistributionShiftRow : IRunFile
{
    /// <summary>The shift of test images that were left as they are.</summary>
    public const string None = "none";

    /// <inheritdoc/>
    public static string FileName => "distribution-shift.csv";

    /// <summary>What was done to the images: <c>brightness</c>, <c>contrast</c>, <c>noise</c>, <c>blur</c>, or <c>none</c>.</summary>
    public required string Shift { get; init; }

    /// <summary>How much of it, from 1 to 5; 0 with <c>none</c>.</summary>
    public required int Strength { get; init; }

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
