using System.Text.Json;
using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training.Measurements;

/// <summary>A step of a training that is measured.</summary>
/// <param name="Step">The step.</param>
/// <param name="Epoch">Epochs before it, with the fraction of the one under way.</param>
public readonly record struct MeasurementPoint(StepSettings Step, double Epoch);

/// <summary>
/// A measurement around single steps of a training, which does not change the training: the engine's state is the same bits
/// after each call as before it.
/// </summary>
public interface IMeasurement
{
    /// <summary>Called when a step is about to be made.</summary>
    /// <param name="at">The step.</param>
    /// <param name="batch">The images that it will be made on.</param>
    /// <param name="cancellation">Ends a measurement that takes long.</param>
    void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation);

    /// <summary>Called after the step. It cannot be cancelled: the step is not made a second time, so it could not be measured later.</summary>
    /// <param name="at">The step.</param>
    /// <param name="batch">The images that it was made on.</param>
    void AfterStep(MeasurementPoint at, ImageBatch batch);

    /// <summary>Gives the sink the rows of all that was measured so far.</summary>
    void WriteTo(IRowSink sink);

    /// <summary>The results so far, of the steps before the given one, which the training would go on from.</summary>
    JsonElement Save(long step);

    /// <summary>Replaces the results so far by saved ones.</summary>
    /// <exception cref="JsonException">The saved results are of another measurement.</exception>
    void Restore(JsonElement saved);
}
