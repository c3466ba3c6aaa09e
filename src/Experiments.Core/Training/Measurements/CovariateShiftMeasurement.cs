using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Training.Measurements;

/// <summary>
/// Internal covariate shift as Santurkar et al. 2018 define it (definition 2.1): for the kernel W_i of every convolution, and the batch
/// that step t is made on,
/// <code>
///   G_i  = the gradient by W_i at W_1(t), ..., W_k(t)
///   G_i' = the gradient by W_i at W_1(t+1), ..., W_(i-1)(t+1), W_i(t), ..., W_k(t)
/// </code>
/// The layers before a convolution are those before it in the order of the network's parameters, norms included; the update is the training's own,
/// with momentum and decay.
/// </summary>
/// <param name="engine">The engine that trains.</param>
/// <param name="network">The network that it computes.</param>
public sealed class CovariateShiftMeasurement(IEngine engine, Network network) : Measurement<CovariateShiftRow>
{
    private EngineState? _before;
    private IReadOnlyList<NamedArray> _gradients = [];

    /// <inheritdoc/>
    public override void BeforeStep(MeasurementPoint at, ImageBatch batch, CancellationToken cancellation)
    {
        _before = engine.Read();
        _gradients = engine.LossAndGradients(batch, at.Step).Gradients;
    }

    /// <inheritdoc/>
    public override void AfterStep(MeasurementPoint at, ImageBatch batch)
    {
        if (_before is not { } before)
            throw new InvalidOperationException("There was no look before the step.");
        var after = engine.Read();
        var rows = new List<CovariateShiftRow>();
        try
        {
            foreach (var convolution in network.Convolutions)
            {
                var (first, kernel) = Places(convolution);
                engine.Write(before with { Parameters = [.. after.Parameters.Take(first), .. before.Parameters.Skip(first)] });
                IReadOnlyList<NamedArray> gradient = [_gradients[kernel]];
                IReadOnlyList<NamedArray> moved = [engine.LossAndGradients(batch, at.Step).Gradients[kernel]];
                var distance = Vectors.Distance(gradient, moved);
                rows.Add(new CovariateShiftRow
                {
                    Step = at.Step.Number,
                    Epoch = at.Epoch,
                    Layer = convolution.Name,
                    Distance = distance,
                    RelativeDistance = distance / Vectors.Norm(gradient), // not finite if the gradient is zero
                    Cosine = Vectors.Cosine(gradient, moved),
                });
            }
        }
        finally
        {
            engine.Write(after);
        }

        Add(rows);
        (_before, _gradients) = (null, []);
    }

    /// <summary>The index of a convolution's first parameter, and the index of its kernel.</summary>
    private (int First, int Kernel) Places(Convolution convolution)
    {
        var parameters = network.Parameters.Index().Where(pair => pair.Item.Layer == convolution).ToList();
        return (parameters[0].Index, parameters.Single(pair => pair.Item.Kind == ParameterKind.ConvolutionWeight).Index);
    }
}
