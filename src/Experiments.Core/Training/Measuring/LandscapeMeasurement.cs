using Experiments.Core.Data.Batches;

namespace Experiments.Core.Training.Measuring;

/// <summary>The loss of a step's batch somewhere along its gradient g.</summary>
/// <param name="Step">Steps before it.</param>
/// <param name="Epoch">Epochs passed.</param>
/// <param name="StepSize">eta in w - eta * g; 0 at the weights w themselves.</param>
/// <param name="Loss">The loss there.</param>
/// <param name="GradientDistance">The L2 distance of the gradient there from g; null at 0.</param>
/// <param name="Smoothness">That distance by the length of the way, eta * ||g||; null at 0.</param>
public sealed record LandscapePoint(long Step, double Epoch, double StepSize, double Loss, double? GradientDistance, double? Smoothness) : IStepResult;

/// <summary>
/// Loss and gradient some way down the gradient (Santurkar et al. 2018, figure 4: loss landscape, gradient predictiveness and effective
/// beta-smoothness), on the step's own batch and over all parameters, before the step is made. Momentum and decay, which the step itself
/// has, are left out. Far down, loss and gradient need not be finite.
/// </summary>
/// <param name="engine">The engine that trains.</param>
public sealed class LandscapeMeasurement(IEngine engine) : Measurement<LandscapePoint>
{
    /// <summary>The step sizes, in learning rates of the step: evenly on a logarithmic scale from 1/4 to 4.</summary>
    public static IReadOnlyList<double> StepSizes { get; } = [.. Enumerable.Range(0, 8).Select(i => Math.Pow(2, -2 + (4 * i / 7.0)))];

    /// <inheritdoc/>
    public override void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation)
    {
        var here = engine.Read();
        var (loss, gradients) = engine.LossAndGradients(batch, at.Step);
        var points = new List<LandscapePoint> { new(at.Step.Number, at.Epoch, 0, loss, null, null) };
        var length = Vectors.Norm(gradients);
        try
        {
            foreach (var stepSize in StepSizes.Select(size => size * at.Step.LearningRate))
            {
                cancellation.ThrowIfCancellationRequested();
                engine.Write(here with { Parameters = Vectors.Add(here.Parameters, -stepSize, gradients) });
                var there = engine.LossAndGradients(batch, at.Step);
                var distance = Vectors.Distance(gradients, there.Gradients);
                points.Add(new LandscapePoint(at.Step.Number, at.Epoch, stepSize, there.Loss, distance, distance / (stepSize * length)));
            }
        }
        finally
        {
            engine.Write(here);
        }

        Add(points);
    }
}
