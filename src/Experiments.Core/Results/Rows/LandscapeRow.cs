namespace Experiments.Core.Results.Rows;

/// <summary>
/// One row of landscape.csv: the loss of one batch after a step of one size along its negative gradient, as in Santurkar et al. 2018 ("How does
/// batch normalization help optimization?", figure 4).
/// </summary>
public sealed record LandscapeRow : IStepRow
{
    /// <inheritdoc/>
    public static string FileName => "landscape.csv";

    /// <inheritdoc cref="PercentileRow.Step"/>
    public required long Step { get; init; }

    /// <inheritdoc cref="PercentileRow.Epoch"/>
    public required double Epoch { get; init; }

    /// <summary>How far along the negative gradient, as a learning rate; 0 is where the training stands.</summary>
    public required double StepSize { get; init; }

    /// <summary>The loss there (cross-entropy, nats).</summary>
    public required double Loss { get; init; }

    /// <summary>L2 distance between the gradient there and the gradient at step size 0; empty at 0.</summary>
    public double? GradientDistance { get; init; }

    /// <summary>That distance divided by the distance moved (effective beta-smoothness is its maximum); empty at 0.</summary>
    public double? Smoothness { get; init; }
}
