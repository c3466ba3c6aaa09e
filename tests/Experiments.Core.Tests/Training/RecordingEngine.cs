using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Training;

/// <summary>An engine that records its calls. It gives the label's class a high score, except for every fourth image.</summary>
internal sealed class RecordingEngine(Network network) : IEngine
{
    public List<(int Images, double LearningRate, float Pixel)> Steps { get; } = [];

    public List<(NormStatistics Statistics, int Images)> Evaluations { get; } = [];

    /// <summary>The second value of each batch that was evaluated.</summary>
    public List<float> SecondPixels { get; } = [];

    public List<(int Images, string Slot, SlotSide Side)> Observations { get; } = [];

    public int Population { get; private set; }

    public int Populations { get; private set; }

    public int? NotANumberAtStep { get; init; }

    /// <summary>With these statistics, and after so many steps, test scores are NaN.</summary>
    public (NormStatistics Statistics, int Steps)? NotANumberAtEvaluation { get; init; }

    /// <summary>After so many evaluated batches, test scores are NaN.</summary>
    public int? NotANumberFromEvaluation { get; init; }

    public Action? AtEachStep { get; init; }

    public Action<NormStatistics, int>? AtEachEvaluation { get; init; }

    public Action<int>? AtEachCollection { get; init; }

    public Action<int>? AtEachObservation { get; init; }

    public EngineState State { get; private set; } = new([], [], []);

    public string Library { get; init; } = "recording 1.0";

    public ImageLayout Layout => ImageLayout.ChannelsFirst;

    public void Train(ImageBatch batch, StepSettings step, Span<float> scores)
    {
        Steps.Add((batch.Count, step.LearningRate, batch.Values[0]));
        AtEachStep?.Invoke();
        Score(batch, scores);
        if (Steps.Count == NotANumberAtStep)
            scores[0] = float.NaN;
    }

    public void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores)
    {
        Evaluations.Add((statistics, batch.Count));
        SecondPixels.Add(batch.Values[1]);
        AtEachEvaluation?.Invoke(statistics, batch.Count);
        Score(batch, scores);
        if (NotANumberAtEvaluation is { } at && at.Statistics == statistics && Steps.Count >= at.Steps)
            scores[^1] = float.NaN;
        if (Evaluations.Count >= NotANumberFromEvaluation)
            scores[^1] = float.NaN;
    }

    public void ForgetPopulation() => (Population, Populations) = (0, Populations + 1);

    public void CollectPopulation(ImageBatch batch)
    {
        Population += batch.Count;
        AtEachCollection?.Invoke(batch.Count);
    }

    public (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, StepSettings step) => throw new NotSupportedException();

    public void Observe(ImageBatch batch, StepSettings step, string slot, SlotSide side, Span<float> values)
    {
        Observations.Add((batch.Count, slot, side));
        AtEachObservation?.Invoke(batch.Count);
    }

    public EngineState Read() => State;

    public void Write(EngineState state) => State = state;

    public void Dispose()
    {
    }

    private void Score(ImageBatch batch, Span<float> scores)
    {
        scores.Clear();
        for (var i = 0; i < batch.Count; i++)
            scores[(i * network.Classes) + (batch.Labels[i] + (i % 4 == 3 ? 1 : 0)) % network.Classes] = 5;
    }
}

/// <summary>Makes recording engines.</summary>
internal sealed class RecordingProvider(Func<EngineSettings, RecordingEngine>? create = null) : IEngineProvider
{
    public string Name => "torch";

    public string? Library => "recording 1.0";

    public IReadOnlyList<string> Devices => ["cpu"];

    public string? Unavailable(string device, Precision precision) => device == "cpu" ? null : $"There is no {device} here.";

    public IEngine Create(EngineSettings settings) => create?.Invoke(settings) ?? new RecordingEngine(settings.Network);
}
