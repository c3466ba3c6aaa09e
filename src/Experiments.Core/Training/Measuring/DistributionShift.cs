using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;

namespace Experiments.Core.Training.Measuring;

/// <summary>A trained network's score on shifted test images.</summary>
/// <param name="Shift">What was done to the images.</param>
/// <param name="Statistics">Where norms over samples took their statistics from.</param>
/// <param name="Score">The score.</param>
public sealed record ShiftedScore(DataShift Shift, NormStatistics Statistics, Score Score);

/// <summary>The error of a trained network on test images as no training image was: every kind of shift at every strength, and none.</summary>
public static class DistributionShift
{
    /// <summary>What is done to the test images, one after the other.</summary>
    /// <param name="domains">Where images are shown in several styles, these are what is tested alone, after the images as the set has them.</param>
    internal static IReadOnlyList<DataShift> Shifts(Domains domains) => domains == Domains.None ? Corruptions : [DataShift.None, .. DomainStyles.All];

    private static IReadOnlyList<DataShift> Corruptions { get; } =
        [.. new[] { ShiftKind.None, ShiftKind.Brightness, ShiftKind.Contrast, ShiftKind.Noise, ShiftKind.Blur }.SelectMany(DataShift.AllOf)];

    /// <summary>How many scores there are for a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="domains">As of <see cref="Shifts"/>.</param>
    public static int Count(Network network, Domains domains) => Shifts(domains).Count * Statistics(network).Length;

    /// <summary>Scores a network, one shift after the other for each kind of statistics that its norm has.</summary>
    /// <param name="loop">The training, at its end.</param>
    /// <param name="network">The network.</param>
    /// <param name="domains">As of <see cref="Shifts"/>.</param>
    /// <param name="epoch">The last epoch.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    public static IEnumerable<ShiftedScore> Measure(TrainingLoop loop, Network network, Domains domains, int epoch, CancellationToken cancellation) =>
        Statistics(network).SelectMany(statistics => loop.Evaluate(statistics, epoch, Shifts(domains), cancellation)
            .Zip(Shifts(domains), (score, shift) => new ShiftedScore(shift, statistics, score)));

    private static NormStatistics[] Statistics(Network network) =>
        network.Norm.HasRunningStatistics ? Enum.GetValues<NormStatistics>() : [NormStatistics.MovingAverage];
}
