using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Core.Data.Batches;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>
/// The distribution of what leaves a layer's norm, scale, shift and noise included (Santurkar et al. 2018, figure 2). A step at which a
/// value is not finite has no rows.
/// </summary>
/// <param name="observation">Gives the values at the layer's norm.</param>
public sealed class HistogramMeasurement(Observation observation) : Measurement<HistogramRow>
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 40;

    // In percent, at each end: a few values far out would otherwise leave all others in one bin.
    private const double Outside = 0.1;

    /// <inheritdoc/>
    public override void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation)
    {
        if (observation.At(at.Step, cancellation) is { } values)
        {
            Add(values.Histogram(Bins, Outside, 100 - Outside).Select(bin => new HistogramRow
            {
                Step = at.Step.Number,
                Epoch = at.Epoch,
                Layer = observation.Layer,
                BinLow = bin.Low,
                BinHigh = bin.High,
                Fraction = bin.Fraction,
            }));
        }
    }

    /// <inheritdoc/>
    public override void Restore(JsonElement saved)
    {
        // Earlier versions saved a bin's values one level deeper, as its Low, High and Fraction.
        var rows = JsonArray.Create(saved) ?? [];
        foreach (var row in rows.OfType<JsonObject>())
        {
            if (row["Bin"] is JsonObject bin)
                (row["BinLow"], row["BinHigh"], row["Fraction"]) = (bin["Low"]?.DeepClone(), bin["High"]?.DeepClone(), bin["Fraction"]?.DeepClone());
        }

        base.Restore(JsonSerializer.SerializeToElement(rows));
    }
}
