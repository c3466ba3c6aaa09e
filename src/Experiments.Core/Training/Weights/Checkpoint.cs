using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Networks;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// A network's weights in a file that PyTorch loads strictly: safetensors under torchvision's names. Our names are turned into
/// torchvision's here and nowhere else.
/// </summary>
public static partial class Checkpoint
{
    /// <summary>The name of the file in a run's folder.</summary>
    public const string FileName = "weights.safetensors";

    /// <summary>The bytes of a checkpoint.</summary>
    /// <param name="network">The network.</param>
    /// <param name="state">Its parameters and running statistics.</param>
    /// <param name="steps">Training steps made so far, which PyTorch counts in every norm with running statistics.</param>
    /// <param name="metadata">What else a reader needs: settings, input statistics.</param>
    public static byte[] Write(Network network, EngineState state, long steps, IReadOnlyDictionary<string, string> metadata)
    {
        var arrays = state.Parameters.Concat(state.Buffers).ToDictionary(array => array.Name);
        return Safetensors.Write(Names(network).Select(name =>
            (ForeignName(name), arrays.TryGetValue(name, out var array) ? Safetensors.Tensor.Of(array.Shape, array.Values) : Safetensors.Tensor.Of(steps))), metadata);
    }

    /// <summary>The weights and running statistics of a file, which must have been written for the given network.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="content">What was read from it.</param>
    /// <param name="network">The network.</param>
    /// <exception cref="ExperimentException">
    /// A tensor is missing, left over, or of another shape or type: the checkpoint is of another network. Or a value is not finite.
    /// </exception>
    public static EngineState Fit(string path, Safetensors.Content content, Network network)
    {
        var initial = Initialization.Create(network, seed: 0);
        var left = content.Tensors.Keys.ToHashSet();
        var missing = new List<NamedArray>();
        var mistakes = new List<string>();
        NamedArray Take(NamedArray expected)
        {
            var name = ForeignName(expected.Name);
            if (!left.Remove(name))
                missing.Add(expected with { Name = name });
            else if (!content.Tensors[name].Shape.SequenceEqual(expected.Shape))
                mistakes.Add($"{content.NameInFile(name)} has shape {Shape(content.Tensors[name].Shape)} instead of {Shape(expected.Shape)}");
            else if (content.Tensors[name].ToFloats() is not { } values)
                mistakes.Add($"{content.NameInFile(name)} is of type {content.Tensors[name].Type} instead of a floating-point type");
            else
                return expected with { Values = values };
            return expected;
        }

        var state = new EngineState([.. initial.Parameters.Select(Take)], [.. initial.Buffers.Select(Take)], []);
        left.RemoveWhere(name => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal));
        if (mistakes.Count + missing.Count + left.Count > 0)
            throw Misfit(path, content, network, mistakes, missing, left);
        foreach (var array in state.Parameters.Concat(state.Buffers))
        {
            if (array.Values.Count(value => !float.IsFinite(value)) is > 0 and var wrong)
                throw new ExperimentException($"{path}: {content.NameInFile(ForeignName(array.Name))} holds {wrong} {(wrong == 1 ? "value that is" : "values that are")} not finite (NaN or infinite) among {array.Values.Length}: "
                    + "a network with such weights, as after a training that diverged, has no error to measure.");
        }

        return state;
    }

    private static ExperimentException Misfit(
        string path, Safetensors.Content content, Network network, List<string> mistakes, List<NamedArray> missing, HashSet<string> left)
    {
        const int Most = 3;
        var open = missing.ToList();
        foreach (var name in left.Order(StringComparer.Ordinal).Take(Most))
        {
            var shape = content.Tensors[name].Shape;
            var wanted = Suggestion.Nearest(name, open.Where(array => array.Shape.SequenceEqual(shape)).Select(array => array.Name)) ?? Suggestion.Nearest(name, open.Select(array => array.Name));
            var nearest = wanted is null ? "" : $" (nearest wanted: {wanted} {Shape(open.First(array => array.Name == wanted).Shape)})";
            open.RemoveAll(array => array.Name == wanted);
            mistakes.Add($"{content.NameInFile(name)} {Shape(shape)} is not part of it{nearest}");
        }

        mistakes.AddRange(open.Select(array => $"{array.Name} {Shape(array.Shape)} is missing"));
        var more = mistakes.Count + Math.Max(0, left.Count - Most) - (2 * Most);
        return new ExperimentException($"{path} is the checkpoint of another network than {network.Model} with {network.Norm}: "
            + $"{string.Join("; ", mistakes.Take(2 * Most))}{(more > 0 ? $"; and {more} more" : "")}. --model, --width, --shortcut, --norm and the options of a norm say which network it is.");
    }

    /// <summary>
    /// Torchvision's name for one of ours: <c>norm1</c> is <c>bn1</c> there, a shortcut's parts are <c>downsample.0</c> and <c>.1</c>. VGG
    /// networks keep our names, since torchvision's VGG ends in other layers.
    /// </summary>
    public static string ForeignName(string name) =>
        NormName().Replace(name.Replace("shortcut.conv.", "downsample.0.", StringComparison.Ordinal)
            .Replace("shortcut.norm.", "downsample.1.", StringComparison.Ordinal), "bn$1.");

    // In state_dict's order: a norm's buffers stand after its parameters.
    private static IEnumerable<string> Names(Network network)
    {
        foreach (var layer in network.AllLayers)
        {
            foreach (var parameter in Network.ParametersOf(layer, network.Norm))
                yield return parameter.Name;
            if (layer is NormSlot slot && slot.Of(network.Norm).HasRunningStatistics)
            {
                yield return $"{slot.Name}.running_mean";
                yield return $"{slot.Name}.running_var";
                yield return $"{slot.Name}.num_batches_tracked";
            }
        }
    }

    private static string Shape(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape.Take(8).Select(size => size.ToString(CultureInfo.InvariantCulture)))}]";

    [GeneratedRegex(@"\bnorm(\d+)\.")]
    private static partial Regex NormName();
}
