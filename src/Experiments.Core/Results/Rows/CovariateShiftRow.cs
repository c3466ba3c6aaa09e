namespace Experiments.Core.Results.Rows;

/// <summary>
/// One row of covariate-shift.csv: how the update of the layers below changes a layer's gradient, which is internal covariate shift as
/// Santurkar et al. 2018 (definition 2.1) measure it.
/// </summary>
public sealed record CovariateShiftRow : IStepRow
{
    /// <inheritdoc/>
    public static string FileName => "covariate-shift.csv";

    /// <inheritdoc cref="PercentileRow.Step"/>
    public required long Step { get; init; }

    /// <inheritdoc cref="PercentileRow.Epoch"/>
    public required double Epoch { get; init; }

    /// <summary>The layer whose gradient it is.</summary>
    public required string Layer { get; init; }

    /// <summary>L2 distance between the layer's gradient before and after the layers below it are updated.</summary>
    public required double Distance { get; init; }

    /// <summary>The distance divided by the L2 norm of the gradient before.</summary>
    public required double RelativeDistance { get; init; }

    /// <summary>Cosine of the angle between the two gradients: 1 where the update below does not turn it.</summary>
    public required double Cosine { get; init; }
}
