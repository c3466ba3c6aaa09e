using Experiments.Core.Data;

namespace Experiments.Core.Training.Measuring;

/// <summary>A step of a training that is measured.</summary>
/// <param name="Step">The step.</param>
/// <param name="Epoch">Epochs passed before it, with their fraction.</param>
public readonly record struct MeasuredStep(TrainingStep Step, double Epoch);

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
    void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation);

    /// <summary>Called when it has been made.</summary>
    /// <param name="at">The step.</param>
    /// <param name="batch">The images that it was made on.</param>
    /// <param name="cancellation">Ends a measurement that takes long.</param>
    void AfterStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation);
}
