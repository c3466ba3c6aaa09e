using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;

namespace Experiments.Core.Training.Measuring;

/// <summary>How a step of the layers before a convolution changes its gradient.</summary>
/// <param name="Step">Steps before it.</param>
/// <param name="Epoch">Epochs passed.</param>
/// <param name="Layer">The convolution's name.</param>
/// <param name="Distance">The L2 distance of the gradients before and after.</param>
/// <param name="RelativeDistance">The same by the norm of the gradient before; not finite where that is zero.</param>
/// <param name="Cosine">The cosine of the angle between the two; not a number where one of them is zero.</param>
public sealed record LayerShift(long Step, double Epoch, string Layer, double Distance, double RelativeDistance, double Cosine) : IStepResult;

/// <summary>
/// Internal covariate shift as Santurkar et al. 2018 define it (definition 2.1): for the kernel W_i of every convolution, and the batch
/// that step t is made on,
/// <code>
///   G_i  = the gradient by W_i at W_1(t), ..., W_k(t)
///   G_i' = the gradient by W_i at W_1(t+1), ..., W_(i-1)(t+1), W_i(t), ..., W_k(t)
/// </code>
/// The layers before one are those before it in the order of the network's parameters, norms included; the update is the training's own,
/// with momentum and decay.
/// </summary>
/// <param name="engine">The engine that trains.</param>
/// <param name="network">The network that it computes.</param>
public sealed class CovariateShiftMeasurement(IEngine engine, Network network) : Measurement<LayerShift>
{
    private EngineState? _before;
    private IReadOnlyList<NamedArray> _gradients = [];

    /// <inheritdoc/>
    public override void BeforeStep(MeasuredStep at, ImageBatch batch, CancellationToken cancellation)
    {
        _before = engine.Read();
        _gradients = engine.LossAndGradients(batch, at.Step).Gradients;
    }

    /// <inheritdoc/>
    public override void AfterStep(MeasuredStep at, ImageBatch batch)
    {
        if (_before is not { } before)
            throw new InvalidOperationException("There was no look before the step.");
        var after = engine.Read();
        var shifts = new List<LayerShift>();
        try
        {
            foreach (var convolution in network.Convolutions)
            {
                var (first, kernel) = Places(convolution);
                engine.Write(before with { Parameters = [.. after.Parameters.Take(first), .. before.Parameters.Skip(first)] });
                IReadOnlyList<NamedArray> gradient = [_gradients[kernel]];
                IReadOnlyList<NamedArray> shifted = [engine.LossAndGradients(batch, at.Step).Gradients[kernel]];
                var distance = Vectors.Distance(gradient, shifted);
                shifts.Add(new LayerShift(
                    at.Step.Number, at.Epoch, convolution.Name, distance, distance / Vectors.Norm(gradient), Vectors.Cosine(gradient, shifted)));
            }
        }
        finally
        {
            engine.Write(after);
        }

        Add(shifts);
        (_before, _gradients) = (null, []);
    }

    /// <summary>Where a convolution's parameters begin, and where its kernel stands.</summary>
    private (int First, int Kernel) Places(Convolution convolution)
    {
        var parameters = network.Parameters.Index().Where(pair => pair.Item.Layer == convolution).ToList();
        return (parameters[0].Index, parameters.Single(pair => pair.Item.Kind == ParameterKind.ConvolutionWeight).Index);
    }
}
