using Experiments.Core.Files;

namespace Experiments.Core.Results.Rows;

/// <summary>How a run ended.</summary>
public enum RunStatus
{
    /// <summary>All epochs were trained.</summary>
    Finished,

    /// <summary>The loss became infinite or not a number: a finding, not a failure.</summary>
    Diverged,

    /// <summary>The run ended with an error of its own; it is run again when its sweep is run again.</summary>
    Failed,
}

/// <summary>
/// One row of runs.csv: what was asked of a run (its <see cref="Cell"/> and seed), what came out, how long it took, how much memory, on
/// which machine and version. Errors are in percent of images misclassified; empty where a run has no such value. <c>Runs/RunRecord.cs</c> fills it in.
/// </summary>
public sealed record RunRow : Cell
{
    /// <summary>The folder of the run under <c>runs/</c>: its norm, batch size, seed and the hash of its identity.</summary>
    [LeadingColumn]
    public required string Run { get; init; }

    /// <summary>The experiment it belongs to: a sweep's name, or <c>train</c>.</summary>
    public required string Experiment { get; init; }

    /// <summary>How it ended: <c>finished</c>, <c>diverged</c> or <c>failed</c>.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The seed all random numbers follow from.</summary>
    public required long Seed { get; init; }

    /// <summary>The weights it began with: a file and its checksum, or <c>run:</c> and the name of a run in the folder <c>pretrain</c>; empty: random ones.</summary>
    public string? From { get; init; }

    /// <summary>The beginning of the SHA-256 of these weights.</summary>
    public string? FromChecksum { get; init; }

    /// <summary>The engine's library and its version.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>Checksum of the data set's images and labels, its first 16 digits.</summary>
    public string? ImagesChecksum { get; init; }

    /// <summary>Threads the run computed with.</summary>
    public required int Threads { get; init; }

    /// <summary>The reported test error in percent, as <see cref="ErrorMeasure"/> says.</summary>
    public double? Error { get; init; }

    /// <summary><c>median-of-last-5</c> (the paper's; from 50 epochs on) or <c>last</c>.</summary>
    public string? ErrorMeasure { get; init; }

    /// <summary>The same measure with BN's moving averages (equals <see cref="Error"/>).</summary>
    public double? ErrorMovingAverage { get; init; }

    /// <summary>The same measure with population statistics, recomputed over training images at frozen weights.</summary>
    public double? ErrorPopulation { get; init; }

    /// <summary>The same measure with each test batch's own statistics, in batches of the training size.</summary>
    public double? ErrorBatch { get; init; }

    /// <summary>Test error after the last epoch.</summary>
    public double? ErrorLast { get; init; }

    /// <summary>The lowest test error of any epoch; it is chosen on the test set, so it is too low an estimate.</summary>
    public double? ErrorBest { get; init; }

    /// <summary>Training error of the last epoch, over its augmented batches as they were trained on.</summary>
    public double? TrainError { get; init; }

    /// <summary>Training loss (cross-entropy, nats) of the last epoch.</summary>
    public double? TrainLoss { get; init; }

    /// <summary>Test loss (cross-entropy, nats) after the last epoch.</summary>
    public double? TestLoss { get; init; }

    /// <summary>The epoch in which the loss stopped being finite, in training or on the test images, from 1.</summary>
    public int? DivergedEpoch { get; init; }

    /// <summary>Learnable parameters of the network.</summary>
    public required int Parameters { get; init; }

    /// <summary>Wall time in seconds, evaluation included.</summary>
    public double? Seconds { get; init; }

    /// <summary>Training images per second, evaluation excluded.</summary>
    public double? ImagesPerSecond { get; init; }

    /// <summary>Peak private memory of the process in MiB (mapped files not counted), looked at once a second.</summary>
    public double? PeakMemoryMib { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Host { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Cpu { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The commit the program was built from, where known.</summary>
    public string? Commit { get; init; }

    /// <summary>When the run began, UTC, ISO 8601.</summary>
    public required string Started { get; init; }
}
