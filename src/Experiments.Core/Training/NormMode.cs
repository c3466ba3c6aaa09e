namespace Experiments.Core.Training;

/// <summary>What the norms of a network do in a forward pass.</summary>
public enum NormMode
{
    /// <summary>Normalize with the batch's own statistics and move the running averages towards them.</summary>
    Train,

    /// <summary>Do what is done in training, noise included, but keep nothing.</summary>
    TrainWithoutUpdate,

    /// <summary>Normalize with the batch's own statistics and keep nothing.</summary>
    Batch,

    /// <summary>Normalize with the batch's own statistics and pool them into the population's.</summary>
    Collect,

    /// <summary>Normalize with the moving averages, where the norm has them.</summary>
    MovingAverage,

    /// <summary>Normalize with the population's statistics, where the norm has them.</summary>
    Population,
}

/// <summary>Translates kinds of statistics into modes of norms.</summary>
public static class NormModes
{
    /// <summary>Whether the norms do what is done in training only: noise, and the correction of a batch's statistics.</summary>
    public static bool IsTraining(this NormMode mode) => mode is NormMode.Train or NormMode.TrainWithoutUpdate;

    /// <summary>The mode of the norms when a batch is evaluated by these statistics.</summary>
    public static NormMode InEvaluation(this NormStatistics statistics) => statistics switch
    {
        NormStatistics.MovingAverage => NormMode.MovingAverage,
        NormStatistics.Population => NormMode.Population,
        NormStatistics.Batch => NormMode.Batch,
        _ => throw new ArgumentOutOfRangeException(nameof(statistics), statistics, "unknown statistics"),
    };
}
