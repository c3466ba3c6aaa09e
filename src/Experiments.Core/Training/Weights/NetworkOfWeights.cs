using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Networks;
using Experiments.Core.Norms;

namespace Experiments.Core.Training.Weights;

/// <summary>What the names and shapes of weights tell about their network.</summary>
public sealed partial record NetworkOfWeights
{
    /// <summary>The network's name; null if it is not a known network.</summary>
    public string? Model { get; private init; }

    /// <summary>Channels of the network's first stage; null if there is no first convolution.</summary>
    public int? Width { get; private init; }

    /// <summary>Its shortcuts; null if they have no weights, so that they may be either kind of identity.</summary>
    public Shortcut? Shortcut { get; private init; }

    /// <summary>Its norm; null if several norms have such tensors.</summary>
    public string? Norm { get; private init; }

    /// <summary>All norms that have such tensors.</summary>
    public IReadOnlyList<string> Norms { get; private init; } = [];

    /// <summary>What its norms learn.</summary>
    public Affine Affine { get; private init; }

    /// <summary>Channels of its images; null where there is no first convolution.</summary>
    public int? Channels { get; private init; }

    /// <summary>Its classes; null where there is no last layer.</summary>
    public int? Classes { get; private init; }

    /// <summary>Determines the network from its weights.</summary>
    /// <param name="tensors">The tensors under the names of our checkpoints.</param>
    public static NetworkOfWeights Of(IReadOnlyDictionary<string, Safetensors.Tensor> tensors)
    {
        var first = Weight("conv1") ?? Weight("conv1_1") ?? Weight("stem.conv");
        // The first norm is called bn1 in a ResNet and in the small network, norm1_1 in a VGG network, and stem.norm in a ConvNeXt.
        var norm = new[] { "bn1", "norm1_1", "stem.norm" }.FirstOrDefault(name => tensors.Keys.Any(key => key.StartsWith($"{name}.", StringComparison.Ordinal)), "");
        var (gamma, beta) = (Has($"{norm}.weight"), Has($"{norm}.bias"));
        IReadOnlyList<string> norms = (Has($"{norm}.running_mean"), tensors.Keys.Any(name => name.EndsWith(".weight_v", StringComparison.Ordinal)), gamma, beta) switch
        {
            (true, true, _, _) => ["wn-mean-only-bn"],
            (true, false, _, _) when IsHalved(tensors) => ["in-bn"],
            (true, false, false, true) => ["bn", "mean-only-bn"],
            (true, false, _, _) => ["bn"],
            (false, true, _, _) => ["wn"],
            (false, false, true, _) => [.. WithinSamples],
            (false, false, false, _) => ["none"],
        };
        var model = ModelOf([.. tensors.Keys]);
        return new NetworkOfWeights
        {
            Model = model,
            Width = first?.Shape is [var width, _, _, _] ? width : null,
            Channels = first?.Shape is [_, var channels, _, _] ? channels : null,
            Classes = tensors.TryGetValue("fc.weight", out var last) && last.Shape is [var classes, _] ? classes : null,
            Shortcut = tensors.Keys.Any(name => name.Contains(".downsample.", StringComparison.Ordinal)) ? Networks.Shortcut.Projection : null,
            Norm = norms is [var only] ? only : null,
            Norms = norms,
            Affine = (gamma ? Affine.Scale : Affine.None) | (beta ? Affine.Shift : Affine.None),
        };

        bool Has(string name) => tensors.ContainsKey(name);

        Safetensors.Tensor? Weight(string layer) => tensors.GetValueOrDefault($"{layer}.weight") ?? tensors.GetValueOrDefault($"{layer}.weight_v");
    }

    // Whether a norm has running statistics for the second half of its channels alone, and those that it began with, 0 and 1, for the first.
    private static bool IsHalved(IReadOnlyDictionary<string, Safetensors.Tensor> tensors)
    {
        return tensors.Keys.Where(name => name.EndsWith(Mean, StringComparison.Ordinal)).Select(name => name[..^Mean.Length])
            .Any(slot => Moved(tensors[slot + Mean], 0) is { Length: > 1 } means && tensors.TryGetValue(slot + Variance, out var variance)
                && means.Zip(Moved(variance, 1), (mean, spread) => mean || spread).ToList() is var moved
                && moved.Take(moved.Count / 2).All(one => !one) && moved.Skip(moved.Count / 2).All(one => one));

        static bool[] Moved(Safetensors.Tensor tensor, float start) => [.. (tensor.ToFloats() ?? []).Select(value => value != start)];
    }

    private const string Mean = ".running_mean", Variance = ".running_var";

    // The weights do not tell these norms apart: norms with statistics of a single sample have no running statistics.
    private static IEnumerable<string> WithinSamples => NormCatalog.Entries
        .Where(entry => entry.Define(entry.Defaults) is { Weights: WeightTransform.None, Pooling.OverSamples: false }).Select(entry => entry.Name);

    // It recognizes a ResNet by its blocks, equally many in each of three stages; a ConvNeXt by its blocks in four stages, the layer scales in them
    // and the convolutions between the stages; the small network by its four convolutions; a VGG network by its number of convolutions. Null if it
    // recognizes none: weights do not tell all the steps on the way to ConvNeXt apart.
    private static string? ModelOf(IReadOnlyCollection<string> names)
    {
        var scales = names.Select(name => ScaleOf().Match(name)).Where(match => match.Success).CountBy(match => match.Groups[1].Value).ToDictionary();
        if (scales.Count > 0)
        {
            var n = scales.GetValueOrDefault("1");
            int[] depths = [.. Enumerable.Range(1, 4).Select(stage => scales.GetValueOrDefault(stage.ToString(CultureInfo.InvariantCulture)))];
            return depths.SequenceEqual([n, n, 3 * n, n]) && names.Any(name => name.StartsWith("stage2.conv.", StringComparison.Ordinal)) ? Text("convnext-", ConvNeXt.FewestBlocks * n) : null;
        }

        var convolutions = names.Select(name => ConvolutionOf().Match(name)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToHashSet();
        var blocks = convolutions.Select(name => BlockOf().Match(name)).Where(match => match.Success).Select(match => (Stage: match.Groups[1].Value, Block: match.Groups[2].Value))
            .Distinct().CountBy(block => block.Stage).ToDictionary();
        if (blocks.Count > 0)
            return blocks.Count == 3 && blocks.Values.Distinct().Count() == 1 && !convolutions.Contains("layer1.0.conv3") ? Text("resnet", (6 * blocks.Values.First()) + 2) : null;
        if (convolutions.SetEquals(["conv1", "conv2", "conv3", "conv4"]))
            return "small-cnn";
        return Vgg.Depths.Select(depth => Text("vgg", depth)).FirstOrDefault(model => convolutions.Contains("conv1_1") && model == Text("vgg", convolutions.Count + 3));
    }

    private static string Text(string family, int depth) => family + depth.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^((?:layer\d+\.\d+\.)?conv\d+(?:_\d+)?)\.weight(?:_v)?$")]
    private static partial Regex ConvolutionOf();

    [GeneratedRegex(@"^stage([1-4])\.\d+\.scale\.weight$")]
    private static partial Regex ScaleOf();

    [GeneratedRegex(@"^layer(\d+)\.(\d+)\.")]
    private static partial Regex BlockOf();
}
