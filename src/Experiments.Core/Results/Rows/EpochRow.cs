namespace Experiments.Core.Results.Rows;

/// <summary>One row of epochs.csv: a run after one epoch. Errors are in percent, losses in nats.</summary>
public sealed record EpochRow : IRunFile
{
    /// <inheritdoc/>
    public static string FileName => "epochs.csv";

    /// <summary>The epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The learning rate of the epoch's first step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Mean training loss over the epoch's batches, each before its update.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>Training error over the same batches.</summary>
    public required double TrainError { get; init; }

    /// <summary>Test loss; BN by its moving averages.</summary>
    public double? TestLoss { get; init; }

    /// <summary>Test error; BN by its moving averages.</summary>
    public double? TestError { get; init; }

    /// <summary>Test error with population statistics, in the epochs that the reported error is taken from.</summary>
    public double? TestErrorPopulation { get; init; }

    /// <summary>Test error with each test batch's own statistics, in the same epochs.</summary>
    public double? TestErrorBatch { get; init; }

    /// <summary>Seconds since the run began.</summary>
    public required double Seconds { get; init; }

    /// <summary>Training images per second in this epoch.</summary>
    public required double ImagesPerSecond { get; init; }
}
