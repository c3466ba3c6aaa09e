using System.Text.Json;
using Experiments.Core.Data.Batches;
using Experiments.Core.Files;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>A measurement that keeps its rows in the order of the steps.</summary>
public abstract class Measurement<TRow> : IMeasurement
    where TRow : class, IStepRow
{
    private readonly List<TRow> _rows = [];

    /// <summary>What was measured so far.</summary>
    public IReadOnlyList<TRow> Rows => _rows;

    /// <inheritdoc/>
    public abstract void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation);

    /// <inheritdoc/>
    public virtual void AfterStep(MeasurementPoint at, ImageBatch batch)
    {
    }

    /// <inheritdoc/>
    public void WriteTo(IRowSink sink) => sink.Write(_rows);

    /// <inheritdoc/>
    public JsonElement Save(long step) => JsonSerializer.SerializeToElement(_rows.Where(row => row.Step < step), ExactJson.Options);

    /// <inheritdoc/>
    public virtual void Restore(JsonElement saved)
    {
        _rows.Clear();
        _rows.AddRange(saved.Deserialize<List<TRow>>(ExactJson.Options) ?? throw new JsonException("There are no rows."));
    }

    /// <summary>Keeps rows of a step.</summary>
    protected void Add(params IEnumerable<TRow> rows) => _rows.AddRange(rows);
}
