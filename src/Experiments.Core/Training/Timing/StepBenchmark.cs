using System.Diagnostics;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;

namespace Experiments.Core.Training.Timing;

/// <summary>Training steps that were timed.</summary>
/// <param name="Steps">How many.</param>
/// <param name="Images">The images they trained on.</param>
/// <param name="Seconds">How long they took.</param>
public sealed record StepTiming(int Steps, long Images, double Seconds)
{
    /// <summary>Training images per second.</summary>
    public double ImagesPerSecond => Images / Seconds;
}

/// <summary>
/// Times whole training steps (forward, loss, backward, update) on one batch of random images, always the same: no data set is read and
/// nothing is augmented, so what is timed is the engine. The training is a real one: initial weights, rate and batch are those of a run.
/// </summary>
public sealed class StepBenchmark
{
    // Later steps find all memory allocated and every kernel made and chosen; the first ones do not.
    private const int StepsBefore = 3;

    private readonly IEngine _engine;
    private readonly ImageBatch _batch;
    private readonly double _learningRate;
    private readonly float[] _scores;

    /// <summary>Gives the engine the network's initial weights.</summary>
    /// <param name="engine">The engine, made for the network and the settings.</param>
    /// <param name="network">The network.</param>
    /// <param name="settings">Batch size, workers, learning rate and seed.</param>
    public StepBenchmark(IEngine engine, Network network, RunSettings settings)
    {
        _engine = engine;
        _learningRate = settings.ScaledLearningRate;
        _batch = RandomBatch(network, settings.Batch * settings.Workers, engine.Layout, settings.Seed);
        _scores = new float[_batch.Count * network.Classes];
        engine.Write(Initialization.Create(network, settings.Seed));
    }

    /// <summary>Trains for so many seconds, and three steps at least, before anything is measured.</summary>
    public void WarmUp(double seconds, CancellationToken cancellation) => Train(seconds, StepsBefore, cancellation);

    /// <summary>Times training for so many seconds, at least one step; the step that is under way then is finished.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public StepTiming Measure(double seconds, CancellationToken cancellation) => Train(seconds, 1, cancellation);

    private StepTiming Train(double seconds, int least, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var steps = 0;
        double passed;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            _engine.Train(_batch, new StepSettings(_learningRate), _scores);
            steps++;
            passed = clock.Elapsed.TotalSeconds;
        }
        while (passed < seconds || steps < least);
        return new StepTiming(steps, (long)steps * _batch.Count, passed);
    }

    /// <summary>A batch of standard normal pixels, which resemble those of standardized images, and uniform labels.</summary>
    private static ImageBatch RandomBatch(Network network, int count, ImageLayout layout, long seed)
    {
        var batch = new ImageBatch(network.Input, count, layout);
        batch.Resize(count);
        var random = new RandomStream((ulong)seed, RandomPurpose.Benchmark);
        foreach (ref var value in batch.Values)
            value = (float)random.NextNormal();
        foreach (ref var label in batch.Labels)
            label = random.NextInt32(network.Classes);
        return batch;
    }
}
