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
    internal static IReadOnlyList<DataShift> Shifts { get; } = [.. Enum.GetValues<ShiftKind>().SelectMany(DataShift.AllOf)];

    /// <summary>How many scores there are for a network.</summary>
    public static int Count(Network network) => Shifts.Count * Statistics(network).Length;

    /// <summary>Scores a network, one shift after the other for each kind of statistics that its norm has.</summary>
    /// <param name="loop">The training, at its end.</param>
    /// <param name="network">The network.</param>
    /// <param name="epoch">The last epoch.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    public static IEnumerable<ShiftedScore> Measure(TrainingLoop loop, Network network, int epoch, CancellationToken cancellation) =>
        Statistics(network).SelectMany(statistics => loop.Evaluate(statistics, epoch, Shifts, cancellation)
            .Zip(Shifts, (score, shift) => new ShiftedScore(shift, statistics, score)));

    private static NormStatistics[] Statistics(Network network) =>
        network.Norm.HasRunningStatistics ? Enum.GetValues<NormStatistics>() : [NormStatistics.MovingAverage];
}
