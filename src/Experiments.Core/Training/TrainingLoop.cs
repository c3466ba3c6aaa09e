using System.Diagnostics;
using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;

namespace Experiments.Core.Training;

/// <summary>The results of a training after one epoch.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="LearningRate">The rate of its first step.</param>
/// <param name="Train">The score over the epoch's augmented batches, each before its update.</param>
/// <param name="Test">The score over the test images, with moving averages in norms over samples; null if the run diverged.</param>
/// <param name="TestPopulation">The test score with population statistics; null in epochs that the reported error is not taken from.</param>
/// <param name="TestBatch">The test score with each test batch's own statistics; null in the same epochs.</param>
/// <param name="Seconds">Seconds since the training began.</param>
/// <param name="TrainSeconds">Seconds of this epoch's training steps alone.</param>
public sealed record EpochResult(
    int Epoch, double LearningRate, Score Train, Score? Test, Score? TestPopulation, Score? TestBatch, double Seconds, double TrainSeconds)
{
    /// <summary>Whether the loss stopped being finite in this epoch, in training or on the test images.</summary>
    public bool Diverged => Test is null;

    /// <summary>Training images per second.</summary>
    public double ImagesPerSecond => Train.Images / TrainSeconds;
}

/// <summary>How far a training is.</summary>
/// <param name="Epoch">The epoch under way, from 1.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Fraction">The part of all training steps that is done.</param>
/// <param name="Train">The score over the epoch so far.</param>
/// <param name="TestError">Test error in percent after the last epoch that has ended; null if none has.</param>
/// <param name="ImagesPerSecond">Training images per second of this epoch.</param>
/// <param name="Left">About how long it still takes.</param>
public sealed record TrainingProgress(int Epoch, int Epochs, double Fraction, Score Train, double? TestError, double ImagesPerSecond, TimeSpan Left);

/// <summary>Trains a network: the same loop for every engine.</summary>
/// <param name="settings">What is asked for.</param>
/// <param name="data">The batches.</param>
/// <param name="engine">The arithmetic.</param>
/// <param name="network">The network the engine computes.</param>
public sealed class TrainingLoop(RunSettings settings, BatchSource data, IEngine engine, Network network)
{
    /// <summary>Training images that population statistics are collected over.</summary>
    public const int PopulationImages = 10_000;

    /// <summary>Training images that a weight normalization is initialised on.</summary>
    private const int InitializationImages = 100;

    private const int EvaluationBatch = 250;

    private readonly float[] _scores = new float[Math.Max(EvaluationBatch, settings.Batch * settings.Workers) * network.Classes];

    private readonly int _pooledImages = network.Norm.ImagesTogether(settings.Batch, settings.Workers);
    private readonly List<EpochResult> _epochs = [];
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _reporting = new();
    private int _step;
    private Score _train;
    private double _trainSeconds;
    private double _secondsBefore;

    /// <summary>Observes the steps; may be null. The training is the same with it and without.</summary>
    public IStepObserver? Observer { get; init; }

    /// <summary>Steps in an epoch: the incomplete last batch is dropped.</summary>
    public int StepsPerEpoch { get; } = data.StepsPerEpoch(settings.Batch * settings.Workers);

    /// <summary>How far the training is: after its last whole step.</summary>
    public TrainingPosition Position => new([.. _epochs], _step, _train, _trainSeconds, Seconds);

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>
    /// Sets the position that this training, which has not begun, goes on from. It is called instead of <see cref="Initialize"/>. The caller must
    /// restore the state that the engine had at the position, and the measurements.
    /// </summary>
    public void GoOnFrom(TrainingPosition position)
    {
        _epochs.AddRange(position.Epochs);
        (_step, _train, _trainSeconds, _secondsBefore) = (position.Step, position.Train, position.TrainSeconds, position.Seconds);
    }

    /// <summary>Gives the engine the parameters that the training begins with.</summary>
    public void Initialize()
    {
        engine.Write(Initialization.Create(network, settings.Seed, settings.InitScale));
        Initialization.FitToData(engine, network, data.Sample(RandomPurpose.DataDependentInitialization, InitializationImages));
    }

    /// <summary>
    /// Trains, and yields each epoch as it ends. An epoch whose loss is not finite, on its training images or on the test images by any of the
    /// statistics, is the last.
    /// </summary>
    /// <param name="progress">Receives a report after every step, and one at once if the training goes on from a position.</param>
    /// <param name="cancellation">Ends the training between two steps, or in an evaluation; it can go on from <see cref="Position"/>.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<EpochResult> Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        _clock.Start();
        if (_epochs.Count > 0 || _step > 0)
            Report(progress);
        for (var epoch = _epochs.Count; epoch < settings.Epochs; epoch++)
        {
            TrainEpoch(epoch, progress, cancellation);
            var result = new EpochResult(epoch + 1, LearningRate.At(settings, epoch, 0, StepsPerEpoch), _train, null, null, null, Seconds, _trainSeconds);
            if (_train.IsFinite)
                result = Evaluated(result, cancellation) with { Seconds = Seconds };
            if (result.Diverged)
            {
                yield return result;
                yield break;
            }

            _epochs.Add(result);
            (_step, _train, _trainSeconds) = (0, default, 0);
            yield return result;
        }
    }

    /// <summary>Scores the test images.</summary>
    /// <param name="statistics">
    /// Where norms over samples take their statistics from. The population's are first collected over training images with the
    /// present weights. For the batch's own, the test images come in a fixed shuffled order. Both use batches of as many images as in training.
    /// </param>
    /// <param name="epoch">The epoch after which the images are scored; it determines which images the population has.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    /// <param name="alteration">What is done to the test images, but not to the population's images. Null: nothing.</param>
    public Score Evaluate(NormStatistics statistics, int epoch, CancellationToken cancellation, Alteration? alteration = null) =>
        Evaluate(statistics, epoch, [alteration ?? Alteration.None], cancellation).Single();

    /// <summary>Scores the test images under each of several alterations, as the scores are asked for. A population is collected once for all.</summary>
    /// <param name="statistics">As for the method above.</param>
    /// <param name="epoch">As for the method above.</param>
    /// <param name="alterations">What is done to the test images, each time they are scored.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    public IEnumerable<Score> Evaluate(NormStatistics statistics, int epoch, IEnumerable<Alteration> alterations, CancellationToken cancellation)
    {
        PrepareStatistics(statistics, epoch, cancellation);
        foreach (var alteration in alterations)
            yield return ScoreTestImages(statistics, alteration, cancellation);
    }

    /// <summary>Scores a recurrent network on the middle rows of the test images, for each of several numbers of rows, as the scores are asked for.</summary>
    /// <param name="statistics">As for the method above.</param>
    /// <param name="epoch">As for the method above.</param>
    /// <param name="lengths">The numbers of rows.</param>
    /// <param name="cancellation">Ends the evaluation between two batches.</param>
    public IEnumerable<Score> EvaluateRows(NormStatistics statistics, int epoch, IEnumerable<int> lengths, CancellationToken cancellation)
    {
        PrepareStatistics(statistics, epoch, cancellation);
        foreach (var rows in lengths)
            yield return ScoreTestImages(statistics, Alteration.None, cancellation, rows);
    }

    /// <summary>Makes the steps of an epoch, and yields the score of each batch before its update.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="first">The step to begin with, from 0.</param>
    /// <param name="cancellation">Ends the training between two steps.</param>
    internal IEnumerable<Score> Steps(int epoch, int first, CancellationToken cancellation)
    {
        var step = first;
        foreach (var batch in data.TrainingEpoch(epoch, settings.Batch * settings.Workers, first))
        {
            cancellation.ThrowIfCancellationRequested();
            var at = settings.StepAt(epoch, step++, StepsPerEpoch);
            Observer?.BeforeStep(at, batch, cancellation);
            engine.Train(batch, at, Scores(batch));
            Observer?.AfterStep(at, batch);
            yield return Score.Of(Scores(batch), batch.Labels);
        }
    }

    /// <summary>Scores the test images, batch by batch.</summary>
    internal IEnumerable<Score> ScoreTestBatches(NormStatistics statistics, Alteration alteration, CancellationToken cancellation, int? rows = null)
    {
        foreach (var batch in TestBatches(statistics, alteration, rows))
        {
            cancellation.ThrowIfCancellationRequested();
            engine.Evaluate(batch, statistics, Scores(batch));
            yield return Score.Of(Scores(batch), batch.Labels);
        }
    }

    /// <summary>
    /// The test images in the batches that they are scored in. With a batch's own statistics, the last, incomplete batch is left out if a
    /// norm would get a single value from it, as BN does from one image on a map of 1x1: every image would have the same score, and training
    /// drops that batch too.
    /// </summary>
    internal IEnumerable<ImageBatch> TestBatches(NormStatistics statistics, Alteration alteration, int? rows = null) => statistics == NormStatistics.Batch
        ? data.ShuffledEvaluation(_pooledImages, alteration, rows).Where(batch => batch.Count == _pooledImages || network.SingleValued(batch.Count, workers: 1) is null)
        : data.Evaluation(EvaluationBatch, alteration, rows);

    /// <summary>Forgets the population statistics, collects new ones, and yields the number of images of each batch.</summary>
    internal IEnumerable<int> CollectPopulation(int epoch, CancellationToken cancellation)
    {
        engine.ForgetPopulation();
        foreach (var batch in data.Population(epoch, PopulationImages, _pooledImages))
        {
            cancellation.ThrowIfCancellationRequested();
            engine.CollectPopulation(batch);
            yield return batch.Count;
        }
    }

    private Span<float> Scores(ImageBatch batch) => _scores.AsSpan(0, batch.Count * network.Classes);

    private void PrepareStatistics(NormStatistics statistics, int epoch, CancellationToken cancellation)
    {
        if (statistics == NormStatistics.Population)
            _ = CollectPopulation(epoch, cancellation).Count();
    }

    private Score ScoreTestImages(NormStatistics statistics, Alteration alteration, CancellationToken cancellation, int? rows = null) =>
        ScoreTestBatches(statistics, alteration, cancellation, rows).Aggregate(default(Score), (total, score) => total + score);

    private void TrainEpoch(int epoch, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        TimeSpan Trained() => _clock.Elapsed - (Observer?.Elapsed ?? TimeSpan.Zero) - _reporting.Elapsed;
        var (start, before) = (Trained(), _trainSeconds);
        foreach (var score in Steps(epoch, _step, cancellation))
        {
            _train += score;
            _step++;
            _trainSeconds = before + (Trained() - start).TotalSeconds;
            if (!_train.IsFinite)
                break;
            Report(progress);
        }
    }

    // Right after an epoch the next one has no numbers yet, so the report still shows the one that ended.
    private void Report(IProgress<TrainingProgress>? progress)
    {
        if (progress is null)
            return;
        _reporting.Start();
        var (epoch, train, trainSeconds) = _step > 0 ? (_epochs.Count + 1, _train, _trainSeconds) : (_epochs.Count, _epochs[^1].Train, _epochs[^1].TrainSeconds);
        var fraction = (_epochs.Count + ((double)_step / StepsPerEpoch)) / settings.Epochs;
        var testError = _epochs.Count > 0 ? _epochs[^1].Test!.Value.ErrorPercent : (double?)null;
        progress.Report(new TrainingProgress(
            epoch, settings.Epochs, fraction, train, testError, train.Images / trainSeconds, TimeSpan.FromSeconds(Seconds * ((1 - fraction) / fraction))));
        _reporting.Stop();
    }

    // An epoch that diverged has no errors: scores that are not numbers would count as misclassified images.
    private EpochResult Evaluated(EpochResult result, CancellationToken cancellation)
    {
        var evaluated = result with { Test = Evaluate(NormStatistics.MovingAverage, result.Epoch, cancellation) };
        if (evaluated.Test is { IsFinite: true } && settings.Epochs - result.Epoch < ReportedError.Epochs(settings.Epochs))
            evaluated = WithOtherStatistics(evaluated, cancellation);
        return new[] { evaluated.Test, evaluated.TestPopulation, evaluated.TestBatch }.All(score => score is null or { IsFinite: true }) ? evaluated : result;
    }

    // Norms within an image can be evaluated in one way only, so all three numbers come from the same evaluation.
    private EpochResult WithOtherStatistics(EpochResult result, CancellationToken cancellation)
    {
        if (!network.Norm.HasRunningStatistics)
            return result with { TestPopulation = result.Test, TestBatch = result.Test };
        return result with
        {
            TestPopulation = Evaluate(NormStatistics.Population, result.Epoch, cancellation),
            TestBatch = Evaluate(NormStatistics.Batch, result.Epoch, cancellation),
        };
    }
}
