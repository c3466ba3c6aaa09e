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
/// <param name="Momentum">
/// The velocity of each parameter under SGD, the average of its gradients under AdamW, in the same order; empty where it is not known, which is
/// the same as zero.
/// </param>
public sealed record EngineState(IReadOnlyList<NamedArray> Parameters, IReadOnlyList<NamedArray> Buffers, IReadOnlyList<NamedArray> Momentum)
{
    /// <summary>AdamW's average of each parameter's squared gradients, in the same order; empty under SGD and where the momentum is not known.</summary>
    public IReadOnlyList<NamedArray> SecondMoment { get; init; } = [];

    /// <summary>The number of steps that AdamW's averages are taken over; 0 under SGD, which does not use it.</summary>
    public long Updates { get; init; }

    /// <summary>Checks that the state has the names and shapes of a network.</summary>
    /// <param name="parameters">Name and shape of its parameters, and so of their momentum, in order.</param>
    /// <param name="buffers">Name and shape of its running statistics, in order.</param>
    /// <param name="optimizer">The optimizer that updates the parameters.</param>
    /// <exception cref="ArgumentException">A name or shape is not the network's, or another optimizer's memory is in the state.</exception>
    public void Check(
        IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> parameters, IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> buffers, OptimizerKind optimizer)
    {
        Expect("parameters", Parameters, parameters);
        Expect("buffers", Buffers, buffers);
        if (Momentum.Count > 0)
            Expect("momentum", Momentum, parameters);
        if (Momentum.Count > 0 || SecondMoment.Count > 0)
            Expect("second moments", SecondMoment, optimizer == OptimizerKind.Adamw ? parameters : []);
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
