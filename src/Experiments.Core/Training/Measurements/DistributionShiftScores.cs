using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>The error of a trained network on test images altered as no training image was: by every kind at every strength, and unaltered.</summary>
public static class DistributionShiftScores
{
    private static readonly IReadOnlyList<Alteration> Corruptions =
        [.. new[] { AlterationKind.None, AlterationKind.Brightness, AlterationKind.Contrast, AlterationKind.Noise, AlterationKind.Blur }.SelectMany(Alteration.AllOf)];

    /// <summary>What is done to the test images, one after the other.</summary>
    /// <param name="domains">If images are shown in styles, the alterations are none and then each style alone.</param>
    internal static IReadOnlyList<Alteration> Alterations(Domains domains) => domains == Domains.None ? Corruptions : [Alteration.None, .. DomainStyles.All];

    /// <summary>How many scores there are for a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="domains">In which styles images are shown.</param>
    public static int Count(Network network, Domains domains) => Alterations(domains).Count * Statistics(network).Length;

    /// <summary>Scores a network, one alteration after the other for each kind of statistics that its norm has.</summary>
    /// <param name="loop">The training, at its end.</param>
    /// <param name="network">The network.</param>
    /// <param name="domains">In which styles images are shown.</param>
    /// <param name="epoch">The last epoch.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    public static IEnumerable<DistributionShiftRow> Measure(TrainingLoop loop, Network network, Domains domains, int epoch, CancellationToken cancellation) =>
        Statistics(network).SelectMany(statistics => Measure(loop, statistics, Alterations(domains), epoch, cancellation));

    /// <summary>Scores a network by one kind of statistics, one alteration after the other.</summary>
    /// <param name="loop">The training, at its end.</param>
    /// <param name="statistics">Where norms over samples take their statistics from.</param>
    /// <param name="alterations">What is done to the test images.</param>
    /// <param name="epoch">The last epoch.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    public static IEnumerable<DistributionShiftRow> Measure(
        TrainingLoop loop, NormStatistics statistics, IReadOnlyList<Alteration> alterations, int epoch, CancellationToken cancellation) =>
        loop.Evaluate(statistics, epoch, alterations, cancellation).Zip(alterations, (score, alteration) => new DistributionShiftRow
        {
            Shift = EnumText.Of(alteration.Kind),
            Strength = alteration.Strength,
            Statistics = EnumText.Of(statistics).Replace('-', '_'),
            Error = score.IsFinite ? score.ErrorPercent : null,
            Loss = score.IsFinite ? score.MeanLoss : null,
        });

    internal static NormStatistics[] Statistics(Network network) =>
        network.Norm.HasRunningStatistics ? Enum.GetValues<NormStatistics>() : [NormStatistics.MovingAverage];
}
