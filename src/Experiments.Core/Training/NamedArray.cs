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
public sealed record EngineState(IReadOnlyList<NamedArray> Parameters, IReadOnlyList<NamedArray> Buffers, IReadOnlyList<NamedArray> Momentum);
