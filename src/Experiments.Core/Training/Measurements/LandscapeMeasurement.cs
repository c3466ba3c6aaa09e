using Experiments.Core.Data.Batches;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>
/// Loss and gradient at points down the gradient (Santurkar et al. 2018, figure 4: loss landscape, gradient predictiveness and effective
/// beta-smoothness), on the step's own batch and over all parameters, before the step is made. Momentum and decay, which the step itself
/// has, are left out. At far points, loss and gradient may be infinite or not a number.
/// </summary>
/// <param name="engine">The engine that trains.</param>
public sealed class LandscapeMeasurement(IEngine engine) : Measurement<LandscapeRow>
{
    /// <summary>The step sizes, as multiples of the step's learning rate: evenly on a logarithmic scale from 1/4 to 4.</summary>
    public static IReadOnlyList<double> StepSizes { get; } = [.. Enumerable.Range(0, 8).Select(i => Math.Pow(2, -2 + (4 * i / 7.0)))];

    /// <inheritdoc/>
    public override void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation)
    {
        var here = engine.Read();
        var (loss, gradients) = engine.LossAndGradients(batch, at.Step);
        var points = new List<LandscapeRow> { Row(at, 0, loss) };
        var length = Vectors.Norm(gradients);
        try
        {
            foreach (var stepSize in StepSizes.Select(size => size * at.Step.LearningRate))
            {
                cancellation.ThrowIfCancellationRequested();
                engine.Write(here with { Parameters = Vectors.Add(here.Parameters, -stepSize, gradients) });
                var there = engine.LossAndGradients(batch, at.Step);
                var distance = Vectors.Distance(gradients, there.Gradients);
                points.Add(Row(at, stepSize, there.Loss) with { GradientDistance = distance, Smoothness = distance / (stepSize * length) });
            }
        }
        finally
        {
            engine.Write(here);
        }

        Add(points);
    }

    private static LandscapeRow Row(MeasurementPoint at, double stepSize, double loss) => new() { Step = at.Step.Number, Epoch = at.Epoch, StepSize = stepSize, Loss = loss };
}
