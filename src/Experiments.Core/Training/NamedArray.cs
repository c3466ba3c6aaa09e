namespace Experiments.Core.Training;

/// <summary>An array of a network by name: a parameter, a running statistic, a momentum.</summary>
/// <param name="Name">Our name, for example <c>layer1.0.norm1.weight</c>.</param>
/// <param name="Shape">Its sizes, row-major as PyTorch's.</param>
/// <param name="Values">Its values.</param>
public sealed record NamedArray(string Name, IReadOnlyList<int> Shape, float[] Values);

/// <summary>Everything an engine holds that the rest of a training depends on.</summary>
/// <param name="Parameters">The parameters, in the network's order.</param>
/// <param name="Buffers">
/// For each slot of a norm with running statistics, <c>running_mean</c> and <c>running_var</c> [C]; otherwise empty.
/// </param>
/// <param name="Momentum">The velocity of each parameter, in the same order; empty where it is not known, which is the same as zero.</param>
public sealed record EngineState(IReadOnlyList<NamedArray> Parameters, IReadOnlyList<NamedArray> Buffers, IReadOnlyList<NamedArray> Momentum)
{
    /// <summary>Compares with what a network has.</summary>
    /// <param name="parameters">Name and shape of its parameters, and so of their momentum, in order.</param>
    /// <param name="buffers">Name and shape of its running statistics, in order.</param>
    /// <exception cref="ArgumentException">A name or shape is not the network's.</exception>
    public void Check(
        IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> parameters, IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> buffers)
    {
        Expect("parameters", Parameters, parameters);
        Expect("buffers", Buffers, buffers);
        if (Momentum.Count > 0)
            Expect("momentum", Momentum, parameters);
    }

    private static void Expect(string what, IReadOnlyList<NamedArray> arrays, IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> expected)
    {
        if (arrays.Count != expected.Count)
            throw new ArgumentException($"The network has {expected.Count} {what}, the state {arrays.Count}.");
        foreach (var (array, (name, shape)) in arrays.Zip(expected))
        {
            if (array.Name != name || !array.Shape.SequenceEqual(shape) || array.Values.Length != shape.Aggregate(1, (product, size) => product * size))
                throw new ArgumentException($"Among the {what}, the network has {name} [{string.Join(", ", shape)}] "
                    + $"where the state has {array.Name} [{string.Join(", ", array.Shape)}] with {array.Values.Length} values.");
        }
    }
}
