using Experiments.Core.Networks;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>A trained recurrent network's error by the number of rows that it reads: the middle 4, 6, 8 and so on of each test image, up to all.</summary>
public static class SequenceLengthScores
{
    private const int Shortest = 4, Step = 2;

    /// <summary>The lengths, in rows.</summary>
    /// <param name="network">The network.</param>
    public static IReadOnlyList<int> Lengths(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var all = network.Input.Height;
        return [.. Enumerable.InfiniteSequence(Shortest, Step).TakeWhile(rows => rows < all), all];
    }

    /// <summary>How many scores there are for a network.</summary>
    public static int Count(Network network) => Lengths(network).Count * DistributionShiftScores.Statistics(network).Length;

    /// <summary>Scores a network, one length after the other for each kind of statistics that its norm has.</summary>
    /// <param name="loop">The training, at its end.</param>
    /// <param name="network">The network.</param>
    /// <param name="epoch">The last epoch.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    public static IEnumerable<SequenceLengthRow> Measure(TrainingLoop loop, Network network, int epoch, CancellationToken cancellation) =>
        from statistics in DistributionShiftScores.Statistics(network)
        from scored in loop.EvaluateRows(statistics, epoch, Lengths(network), cancellation).Zip(Lengths(network))
        select new SequenceLengthRow
        {
            Rows = scored.Second,
            StatisticsSteps = network.StatisticsSteps,
            Statistics = EnumText.Of(statistics).Replace('-', '_'),
            Error = scored.First.IsFinite ? scored.First.ErrorPercent : null,
            Loss = scored.First.IsFinite ? scored.First.MeanLoss : null,
        };
}
