using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training;

/// <summary>Observes single steps of a training without changing it.</summary>
public interface IStepObserver
{
    /// <summary>The time that the observer has taken so far.</summary>
    TimeSpan Elapsed { get; }

    /// <summary>Called when a step is about to be made.</summary>
    /// <param name="step">The step.</param>
    /// <param name="batch">The images that it will be made on.</param>
    /// <param name="cancellation">Ends an observation that takes long.</param>
    void BeforeStep(StepSettings step, ImageBatch batch, CancellationToken cancellation);

    /// <summary>Called when a step has been made.</summary>
    /// <param name="step">The step.</param>
    /// <param name="batch">The images that it was made on.</param>
    void AfterStep(StepSettings step, ImageBatch batch);
}
