using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>The networks there are, by name.</summary>
public static class ModelCatalog
{
    /// <summary>Names to show; every <c>resnet</c> of depth 6n+2 is known.</summary>
    public static IReadOnlyList<string> Names { get; } = ["small-cnn", "resnet8", "resnet14", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110"];

    /// <summary>The width a network has when none is given.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static int DefaultWidth(string model) => DepthOf(model) is null ? SmallCnn.DefaultWidth : ResNet.DefaultWidth;

    /// <summary>Builds the network of a name.</summary>
    /// <param name="model">The name.</param>
    /// <param name="width">Channels of its first stage; null: its default.</param>
    /// <param name="projection">Residual networks: projection shortcuts instead of padded identities.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static Network Build(string model, int? width, bool projection, ImageShape input, int classes, Norm norm)
    {
        var channels = width ?? DefaultWidth(model);
        return DepthOf(model) is { } depth
            ? ResNet.Build(depth, channels, projection, input, classes, norm)
            : SmallCnn.Build(channels, input, classes, norm);
    }

    /// <summary>A residual network's depth; null for the small CNN.</summary>
    /// <exception cref="ExperimentException">There is no network of that name.</exception>
    public static int? DepthOf(string model)
    {
        if (model == "small-cnn")
            return null;
        if (model.StartsWith("resnet", StringComparison.Ordinal)
            && int.TryParse(model.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var depth))
        {
            return depth >= 8 && depth % 6 == 2 ? depth
                : throw new ExperimentException($"There is no CIFAR resnet of depth {depth}: the depth is 6n+2, as in resnet8, resnet14, resnet20 (He et al. 2016, section 4.2).");
        }

        throw new ExperimentException(Suggestion.Unknown("model", model, Names));
    }
}
