using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Training.Measurements;

/// <summary>
/// An engine whose loss is w^T A w / 2 with a symmetric A; w is all parameters one after the other, and images do not matter. What it
/// observes of an image is the image's first values.
/// </summary>
internal sealed class QuadraticEngine(Network network, double[,] curvature) : IEngine
{
    private float[] _weights = new float[network.ParameterCount];
    private float[] _velocity = new float[network.ParameterCount];

    public const double Momentum = 0.5;

    public List<(int Images, string Slot, SlotSide Side)> Observations { get; } = [];

    public string Library => "quadratic 1.0";

    public ImageLayout Layout => ImageLayout.ChannelsFirst;

    public void Train(ImageBatch batch, StepSettings step, Span<float> scores)
    {
        var gradient = Gradient();
        for (var i = 0; i < gradient.Length; i++)
        {
            _velocity[i] = (float)((Momentum * _velocity[i]) + gradient[i]);
            _weights[i] -= (float)(step.LearningRate * _velocity[i]);
        }
    }

    public (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, StepSettings step)
    {
        var gradient = Gradient();
        return (gradient.Zip(_weights, (g, w) => g * (double)w).Sum() / 2, Arrays(gradient));
    }

    public void Observe(ImageBatch batch, StepSettings step, string slot, SlotSide side, Span<float> values)
    {
        Observations.Add((batch.Count, slot, side));
        var size = values.Length / batch.Count;
        for (var image = 0; image < batch.Count; image++)
            batch.Image(image)[..size].CopyTo(values.Slice(image * size, size));
    }

    public EngineState Read() => new(Arrays(_weights), [], Arrays(_velocity));

    public void Write(EngineState state)
    {
        _weights = [.. state.Parameters.SelectMany(array => array.Values)];
        _velocity = state.Momentum.Count == 0 ? new float[_weights.Length] : [.. state.Momentum.SelectMany(array => array.Values)];
    }

    /// <summary>Sets weights and velocity.</summary>
    public void Set(float[] weights, float[] velocity) => Write(new EngineState(Arrays(weights), [], Arrays(velocity)));

    public void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores) => throw new NotSupportedException();

    public void ForgetPopulation() => throw new NotSupportedException();

    public void CollectPopulation(ImageBatch batch) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private float[] Gradient() =>
        [.. Enumerable.Range(0, _weights.Length).Select(i => (float)Enumerable.Range(0, _weights.Length).Sum(j => curvature[i, j] * _weights[j]))];

    private List<NamedArray> Arrays(float[] values)
    {
        var place = 0;
        var arrays = new List<NamedArray>();
        foreach (var parameter in network.Parameters)
        {
            arrays.Add(new NamedArray(parameter.Name, parameter.Shape, values[place..(place + parameter.Size)]));
            place += parameter.Size;
        }

        return arrays;
    }
}
