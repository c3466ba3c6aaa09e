using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Training.Timing;

/// <summary>
/// Finds out how long a training takes by doing a little of it: real steps on real batches, a few batches of each kind of evaluation, and a
/// step with the measurements that are asked for. Afterwards the engine has other weights; nothing else remains.
/// </summary>
/// <param name="settings">What is asked for.</param>
/// <param name="data">The batches.</param>
/// <param name="engine">The arithmetic.</param>
/// <param name="network">The network the engine computes.</param>
/// <param name="time">The clock.</param>
public sealed class TrainingEstimator(RunSettings settings, BatchSource data, IEngine engine, Network network, TimeProvider time)
{
    // First calls allocate memory, choose kernels and run code that is not compiled yet.
    private static readonly Duration OfSteps = new(WarmUp: 0.5, Blocks: 10, Limit: 2);
    private static readonly Duration OfEvaluations = new(WarmUp: 0.1, Blocks: 3, Limit: 1);
    private static readonly Duration OfMeasurements = new(WarmUp: 0, Blocks: 3, Limit: 2);

    // A block is long enough that other programs on the machine slow all blocks alike, and short enough that a single interruption affects only one.
    private const double BlockSeconds = 0.1;

    // Writing an epoch takes little time compared with training it.
    private static readonly Duration OfFiles = new(WarmUp: 0, Blocks: 1, Limit: 0.5);

    private double _once;

    /// <summary>Writes to another place what a training writes at an epoch's end.</summary>
    public Action<EpochResult> EpochEnds { get; init; } = _ => { };

    /// <summary>Writes to another place what a training writes at its own end.</summary>
    public Action<EpochResult> Ends { get; init; } = _ => { };

    /// <summary>Returns the private memory in MiB; null if the system does not report it.</summary>
    public Func<double?> Memory { get; init; } = () => null;

    /// <summary>Trains and evaluates for a few seconds; if a single step takes longer, it trains for one step.</summary>
    /// <param name="before">The time that has passed since the process began.</param>
    /// <param name="cancellation">Ends the measurement between two steps.</param>
    public TrainingEstimate Measure(TimeSpan before, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var loop = new TrainingLoop(settings, data, engine, network);
        loop.Initialize();
        var plan = MeasurementPlan.Create(settings, data, engine, network);
        _once = before.TotalSeconds + time.GetElapsedTime(start).TotalSeconds;

        var (step, timed) = Time(Endless(epoch => loop.Steps(epoch, 0, cancellation).Select(_ => 1)), OfSteps);
        var (testImage, batchTestImage, populationImage) = TimeEvaluations(loop, cancellation);
        var point = TimePoint(plan, step, cancellation);
        var alterations = settings.Measure.HasFlag(MeasurementKinds.DistributionShift) ? DistributionShiftScores.Alterations(settings.Domains) : [];
        // An upper bound: a part of an image takes no longer than all of it.
        var lengths = settings.Measure.HasFlag(MeasurementKinds.SequenceLength) ? SequenceLengthScores.Lengths(network).Count : 0;
        var epochEnd = TimeFiles();
        return new TrainingEstimate
        {
            Epochs = settings.Epochs,
            StepsPerEpoch = loop.StepsPerEpoch,
            TrainImages = data.TrainImages,
            TestImages = data.TestImages,
            PopulationImages = network.Norm.HasRunningStatistics ? Math.Min(TrainingLoop.PopulationImages, data.TrainImages) : 0,
            MeasurePoints = plan.All.Count == 0 ? 0 : settings.MeasurePoints,
            Alterations = alterations.Count + lengths,
            StepSeconds = step,
            TestImageSeconds = testImage,
            BatchTestImageSeconds = batchTestImage,
            PopulationImageSeconds = populationImage,
            MeasurePointSeconds = point,
            AlterationSeconds = alterations.Count == 0 ? 0 : Math.Max(0, alterations.Average(alteration => Draw(loop, alteration)) - Draw(loop, Alteration.None)),
            EpochEndSeconds = epochEnd,
            OnceSeconds = _once,
            TimedSteps = timed,
            MemoryMib = Memory(),
            Library = engine.Library,
        };
    }

    // Seconds of an image: scored by moving averages, scored by its batch's statistics, and collected for population statistics.
    private (double Test, double BatchTest, double Population) TimeEvaluations(TrainingLoop loop, CancellationToken cancellation)
    {
        var test = Time(Endless(_ => TestBatches(loop, NormStatistics.MovingAverage, cancellation)), OfEvaluations).Each;
        if (!network.Norm.HasRunningStatistics)
            return (test, 0, 0);
        var population = Time(Endless(epoch => loop.CollectPopulation(epoch, cancellation)), OfEvaluations).Each;
        return (test, Time(Endless(_ => TestBatches(loop, NormStatistics.Batch, cancellation)), OfEvaluations).Each, population);
    }

    // The seconds that measuring adds to a step. The first step is always one of those that are measured.
    private double TimePoint(MeasurementPlan plan, double step, CancellationToken cancellation)
    {
        if (plan.All.Count == 0)
            return 0;
        var measured = new TrainingLoop(settings, data, engine, network) { Observer = plan };
        return Math.Max(0, Time(Endless(_ => measured.Steps(0, 0, cancellation).Take(1).Select(_ => 1)), OfMeasurements).Each - step);
    }

    // The seconds to write the files of an epoch's end; those of the training's end are counted once.
    private double TimeFiles()
    {
        var nothing = default(Score);
        var epochResult = new EpochResult(1, settings.ScaledLearningRate, nothing, nothing, nothing, nothing, 1, 1);
        var epochEnd = Time(Endless(_ => Once(() => EpochEnds(epochResult))), OfFiles).Each;
        var ending = time.GetTimestamp();
        Ends(epochResult);
        _once += time.GetElapsedTime(ending).TotalSeconds;
        return epochEnd;
    }

    private static IEnumerable<int> TestBatches(TrainingLoop loop, NormStatistics statistics, CancellationToken cancellation) =>
        loop.ScoreTestBatches(statistics, Alteration.None, cancellation).Select(score => score.Images);

    private static IEnumerable<int> Once(Action piece)
    {
        piece();
        yield return 1;
    }

    private static IEnumerable<int> Endless(Func<int, IEnumerable<int>> epoch) => Enumerable.InfiniteSequence(0, 1).SelectMany(epoch);

    /// <summary>The seconds that it takes to alter and prepare one image of a batch.</summary>
    private double Draw(TrainingLoop loop, Alteration alteration)
    {
        var start = time.GetTimestamp();
        var images = loop.TestBatches(NormStatistics.MovingAverage, alteration).First().Count;
        return time.GetElapsedTime(start).TotalSeconds / images;
    }

    /// <summary>Times pieces of work, each of which yields how many things it did, and takes the median over blocks of pieces.</summary>
    /// <param name="pieces">The pieces, without end.</param>
    /// <param name="duration">How long they are timed.</param>
    /// <returns>The seconds of one thing, and how many things were timed.</returns>
    private (double Each, int Timed) Time(IEnumerable<int> pieces, Duration duration)
    {
        using var work = pieces.GetEnumerator();
        var (first, count) = Block(work, duration.WarmUp);
        if (first >= duration.Limit)
            return (first / count, count);
        var (blocks, timed, passed) = (new List<double>(), 0, first);
        while (blocks.Count == 0 || (blocks.Count < duration.Blocks && passed < duration.Limit))
        {
            var (seconds, done) = Block(work, BlockSeconds);
            blocks.Add(seconds / done);
            (timed, passed) = (timed + done, passed + seconds);
        }

        var each = Statistics.Median(blocks);
        _once += Math.Max(0, first - (count * each));
        return (each, timed);
    }

    private (double Seconds, int Done) Block(IEnumerator<int> work, double seconds)
    {
        var (start, done) = (time.GetTimestamp(), 0);
        double passed;
        do
        {
            work.MoveNext();
            done += work.Current;
            passed = time.GetElapsedTime(start).TotalSeconds;
        }
        while (passed < seconds);
        return (passed, done);
    }

    /// <summary>How long a kind of piece is timed.</summary>
    /// <param name="WarmUp">Seconds of warm-up that do not count; at least one piece of work is done.</param>
    /// <param name="Blocks">The number of blocks after which no other begins.</param>
    /// <param name="Limit">Seconds after which no other block begins.</param>
    private sealed record Duration(double WarmUp, int Blocks, double Limit);
}
