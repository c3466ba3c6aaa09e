using System.Text.Json;
using Experiments.Core.Data.Batches;
using Experiments.Core.Files;

namespace Experiments.Core.Training.Measuring;

/// <summary>Something that was found at a step.</summary>
public interface IStepResult
{
    /// <summary>Steps before it.</summary>
    long Step { get; }
}

/// <summary>A measurement, which keeps its results in the order of the steps.</summary>
public abstract class Measurement<TResult> : IMeasurement
    where TResult : IStepResult
{
    private readonly List<TResult> _results = [];

    /// <summary>What was measured so far.</summary>
    public IReadOnlyList<TResult> Results => _results;

    /// <inheritdoc/>
    public abstract void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation);

    /// <inheritdoc/>
    public virtual void AfterStep(MeasuredStep at, ImageBatch batch)
    {
    }

    /// <inheritdoc/>
    public JsonElement Save(long step) => JsonSerializer.SerializeToElement(_results.Where(result => result.Step < step), ExactJson.Options);

    /// <inheritdoc/>
    public void Restore(JsonElement saved)
    {
        _results.Clear();
        _results.AddRange(saved.Deserialize<List<TResult>>(ExactJson.Options) ?? throw new JsonException("There are no results."));
    }

    /// <summary>Keeps results of a step.</summary>
    protected void Add(params IEnumerable<TResult> results) => _results.AddRange(results);
}
