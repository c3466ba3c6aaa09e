using System.Text.Json;
using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training.Measurements;

/// <summary>A step of a training that is measured.</summary>
/// <param name="Step">The step.</param>
/// <param name="Epoch">Epochs passed before it, with their fraction.</param>
public readonly record struct MeasurementPoint(TrainingStep Step, double Epoch);

/// <summary>
/// Something that is looked at around single steps of a training, which goes on as if nobody had looked: an engine's state is the same bits
/// after each call as before it.
/// </summary>
public interface IMeasurement
{
    /// <summary>Called when a step is about to be made.</summary>
    /// <param name="at">The step.</param>
    /// <param name="batch">The images that it will be made on.</param>
    /// <param name="cancellation">Ends a measurement that takes long.</param>
    void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation);

    /// <summary>Called when it has been made. It cannot be cancelled: the step would not be made, and so not be measured, a second time.</summary>
    /// <param name="at">The step.</param>
    /// <param name="batch">The images that it was made on.</param>
    void AfterStep(MeasurementPoint at, ImageBatch batch);

    /// <summary>Hands on the rows of all that was measured so far.</summary>
    void WriteTo(IRowSink sink);

    /// <summary>What was measured so far, at steps before one that the training may go on from.</summary>
    JsonElement Save(long step);

    /// <summary>Takes back what was saved, in the place of what was measured so far.</summary>
    /// <exception cref="JsonException">It is of another measurement.</exception>
    void Restore(JsonElement saved);
}
