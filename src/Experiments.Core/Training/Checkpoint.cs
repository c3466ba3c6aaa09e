using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Networks;

namespace Experiments.Core.Training;

/// <summary>
/// A network's weights in a file that PyTorch loads strictly: safetensors under torchvision's names. Ours are turned into those here
/// and nowhere else.
/// </summary>
public static partial class Checkpoint
{
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

    /// <summary>The weights and running statistics of a file, for a network that must be the one it was written for.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="content">What was read from it.</param>
    /// <param name="network">The network.</param>
    /// <exception cref="ExperimentException">A tensor is missing, left over, or of another shape: the checkpoint is of another network.</exception>
    public static EngineState Fit(string path, Safetensors.Content content, Network network)
    {
        var initial = Initialization.Create(network, seed: 0);
        var left = content.Tensors.Keys.ToHashSet();
        var mistakes = new List<string>();
        NamedArray Take(NamedArray expected)
        {
            var name = ForeignName(expected.Name);
            if (!left.Remove(name))
                mistakes.Add($"{name} {Shape(expected.Shape)} is missing");
            else if (!content.Tensors[name].Shape.SequenceEqual(expected.Shape))
                mistakes.Add($"{name} has shape {Shape(content.Tensors[name].Shape)} instead of {Shape(expected.Shape)}");
            else if (content.Tensors[name].ToFloats() is not { } values)
                mistakes.Add($"{name} is of type {content.Tensors[name].Type} instead of a floating-point type");
            else
                return expected with { Values = values };
            return expected;
        }

        var state = new EngineState([.. initial.Parameters.Select(Take)], [.. initial.Buffers.Select(Take)], []);
        mistakes.AddRange(left.Where(name => !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)).Order()
            .Select(name => $"{name} {Shape(content.Tensors[name].Shape)} is not part of it"));
        if (mistakes.Count == 0)
            return state;
        var more = mistakes.Count > 3 ? $"; and {mistakes.Count - 3} more" : "";
        throw new ExperimentException($"{path} is the checkpoint of another network than {network.Model} with {network.Norm}: "
            + $"{string.Join("; ", mistakes.Take(3))}{more}. --model, --width, --shortcut, --norm and the options of a norm say which network it is.");
    }

    /// <summary>The channels of the images and the number of classes that weights are for, by the shapes of the first convolution and the linear layer; null where there is none.</summary>
    public static (int? Channels, int? Classes) ChannelsAndClasses(Safetensors.Content content)
    {
        int? Size(int axis, params string[] names) => names.Select(name => content.Tensors.GetValueOrDefault(name)).FirstOrDefault(tensor => tensor?.Shape.Count > axis)?.Shape[axis];
        return (Size(1, "conv1.weight", "conv1.weight_v"), Size(0, "fc.weight"));
    }

    /// <summary>
    /// Torchvision's name for one of ours: <c>norm1</c> is <c>bn1</c> there, a shortcut's parts are <c>downsample.0</c> and <c>.1</c>. VGG's
    /// names stay ours, since torchvision's ends in other layers.
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
            if (layer is NormSlot slot && network.Norm.HasRunningStatistics)
            {
                yield return $"{slot.Name}.running_mean";
                yield return $"{slot.Name}.running_var";
                yield return $"{slot.Name}.num_batches_tracked";
            }
        }
    }

    private static string Shape(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape.Select(size => size.ToString(CultureInfo.InvariantCulture)))}]";

    [GeneratedRegex(@"\bnorm(\d+)\.")]
    private static partial Regex NormName();
}
