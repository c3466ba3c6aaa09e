using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Training.Timing;

/// <summary>The seconds that a training takes, by what it spends them on.</summary>
/// <param name="Once">
/// What is done once in every process: all before the first step and after the last epoch, and the additional time of first steps and batches.
/// </param>
/// <param name="Steps">Training steps.</param>
/// <param name="Evaluations">Scoring the test images, collecting population statistics included.</param>
/// <param name="Measurements">What <c>--measure</c> asks for.</param>
/// <param name="Files">Writing rows, weights and checkpoints at the epochs' ends.</param>
public readonly record struct TrainingTime(double Once, double Steps, double Evaluations, double Measurements, double Files)
{
    /// <summary>The sum of all of them.</summary>
    public TimeSpan Total => TimeSpan.FromSeconds(Once + Steps + Evaluations + Measurements + Files);
}

/// <summary>How long a training takes: how many pieces of each kind it is made of, and the seconds that one of them was measured to take.</summary>
public sealed record TrainingEstimate
{
    /// <summary>Passes over the training set.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps in an epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Training images.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Images that an evaluation scores.</summary>
    public required int TestImages { get; init; }

    /// <summary>Training images that population statistics are collected over; 0 if the norm has no running statistics and so needs no population.</summary>
    public required int PopulationImages { get; init; }

    /// <summary>At how many steps something is measured; 0 if nothing is.</summary>
    public required int MeasurePoints { get; init; }

    /// <summary>How many alterations of the test images are scored after the last epoch; 0 if none is.</summary>
    public required int Alterations { get; init; }

    /// <summary>Seconds before the first step and after the last epoch, and the additional seconds of first steps and batches.</summary>
    public required double OnceSeconds { get; init; }

    /// <summary>Seconds to write the files at an epoch's end.</summary>
    public required double EpochEndSeconds { get; init; }

    /// <summary>Seconds of a training step, including to prepare its images and to sum its loss.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Seconds to score a test image by moving averages or population statistics.</summary>
    public required double TestImageSeconds { get; init; }

    /// <summary>Seconds to score a test image by the statistics of its batch, which has as many images as in training.</summary>
    public required double BatchTestImageSeconds { get; init; }

    /// <summary>Seconds to collect population statistics of an image.</summary>
    public required double PopulationImageSeconds { get; init; }

    /// <summary>Seconds of all that is measured at a step.</summary>
    public required double MeasurePointSeconds { get; init; }

    /// <summary>Seconds to alter a test image, the mean over all alterations.</summary>
    public required double AlterationSeconds { get; init; }

    /// <summary>Training steps that were timed.</summary>
    public required int TimedSteps { get; init; }

    /// <summary>Private memory in MiB after everything above was timed; null where the system does not report it.</summary>
    public required double? MemoryMib { get; init; }

    /// <summary>The library that computed.</summary>
    public required string Library { get; init; }

    /// <summary>The time that the rest of the training takes in a new process.</summary>
    /// <param name="from">Where the training goes on from; null: it has not begun.</param>
    public TrainingTime Left(TrainingPosition? from)
    {
        var total = (long)Epochs * StepsPerEpoch;
        var steps = from?.Steps(StepsPerEpoch) ?? 0;
        var evaluations = Epochs - (from?.Epochs.Count ?? 0);
        var reported = Math.Min(ReportedError.Epochs(Epochs), evaluations);
        return new TrainingTime(
            OnceSeconds,
            (total - steps) * StepSeconds,
            (evaluations * MovingAverage(1, 0)) + (reported * OtherStatistics(1, 0)),
            (MeasurementPlan.Spread(total, MeasurePoints).Count(step => step >= steps) * MeasurePointSeconds)
            + (Alterations > 0 ? MovingAverage(Alterations, AlterationSeconds) + OtherStatistics(Alterations, AlterationSeconds) : 0),
            evaluations * EpochEndSeconds);
    }

    private double MovingAverage(int times, double more) => times * TestImages * (TestImageSeconds + more);

    // A population is collected once, however often the test images are then scored by it.
    private double OtherStatistics(int times, double more) => PopulationImages == 0 ? 0
        : (PopulationImages * PopulationImageSeconds) + (times * TestImages * (TestImageSeconds + more + BatchTestImageSeconds + more));
}
