using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>What a parameter is to its layer; initialisation and weight decay depend on it.</summary>
public enum ParameterKind
{
    /// <summary>A convolution's kernel [Out, In / groups, K, K], before the norm's weight transform.</summary>
    ConvolutionWeight,

    /// <summary>A convolution's bias [Out].</summary>
    ConvolutionBias,

    /// <summary>Weight normalization's g [Out, 1, 1, 1].</summary>
    Gain,

    /// <summary>A matrix [Out, In]: a linear layer's, a recurrent layer's or an attention's.</summary>
    LinearWeight,

    /// <summary>The bias [Out] of such a layer.</summary>
    LinearBias,

    /// <summary>gamma [C], of a norm or a layer scale.</summary>
    Scale,

    /// <summary>beta [C].</summary>
    Shift,

    /// <summary>What is added at each place [H * W, C].</summary>
    Position,
}

/// <summary>A learnable array of a network.</summary>
/// <param name="Name">Layer and array, for example <c>layer1.0.norm1.weight</c>.</param>
/// <param name="Kind">What it is to its layer.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Layer">The layer it belongs to.</param>
public sealed record Parameter(string Name, ParameterKind Kind, IReadOnlyList<int> Shape, Layer Layer)
{
    /// <summary>Values in the array.</summary>
    public int Size => Shape.Aggregate(1, (product, size) => product * size);
}

/// <summary>A network: layers from image to class scores, one normalization for all its slots.</summary>
/// <param name="Model">The name by which it was asked for.</param>
/// <param name="Input">The size of an input image.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Norm">The normalization in every slot.</param>
/// <param name="Layers">The layers, first to last.</param>
public sealed record Network(string Model, ImageShape Input, int Classes, Norm Norm, IReadOnlyList<Layer> Layers)
{
    /// <summary>
    /// The learnable arrays, in the order of PyTorch's <c>state_dict</c>: layer by layer, a residual branch before its shortcut,
    /// weight before bias.
    /// </summary>
    public IReadOnlyList<Parameter> Parameters => [.. AllLayers.SelectMany(layer => ParametersOf(layer, Norm))];

    /// <summary>The layers in the same order: those of residual branches and shortcuts, not the residuals themselves.</summary>
    public IEnumerable<Layer> AllLayers => Flatten(Layers);

    /// <summary>The slots for a norm, in the same order.</summary>
    public IReadOnlyList<NormSlot> NormSlots => [.. AllLayers.OfType<NormSlot>()];

    /// <summary>Whether it reads an image row by row, and so also takes images of fewer rows.</summary>
    public bool IsRecurrent => Layers is [Recurrent, ..];

    /// <summary>
    /// The number of steps for which a recurrent network's norms keep statistics: that of the longest sequence in training. Later steps use the
    /// statistics of the last one (Cooijmans et al. 2017). Null if the norms keep no statistics for each step.
    /// </summary>
    public int? StatisticsSteps => Norm is { HasRunningStatistics: true, Pooling.Places: PlaceSpan.One } && Layers is [Recurrent r, ..] ? r.Steps : null;

    /// <summary>Whether it takes an image of this size.</summary>
    public bool Takes(ImageShape shape) => shape == Input || (IsRecurrent && shape.Height > 0 && shape == Input with { Height = Math.Min(shape.Height, Input.Height) });

    /// <summary>The convolutions, in the same order.</summary>
    public IReadOnlyList<Convolution> Convolutions => [.. AllLayers.OfType<Convolution>()];

    /// <summary>The layer that gives the class scores.</summary>
    public Linear LastLayer => AllLayers.OfType<Linear>().Last();

    /// <summary>The number of learnable values.</summary>
    public int ParameterCount => Parameters.Sum(parameter => parameter.Size);

    /// <summary>The parameters of one layer, weight before bias.</summary>
    public static IEnumerable<Parameter> ParametersOf(Layer layer, Norm norm) => layer switch
    {
        Convolution c => new Parameter?[]
        {
            norm.Weights == WeightTransform.Normalization ? new(GainName(c), ParameterKind.Gain, [c.Out, 1, 1, 1], c) : null,
            new(WeightName(c, norm), ParameterKind.ConvolutionWeight, [c.Out, c.In / c.Groups, c.Kernel, c.Kernel], c),
            c.HasBias ? new(BiasName(c), ParameterKind.ConvolutionBias, [c.Out], c) : null,
        }.OfType<Parameter>(),
        LayerScale s => [new($"{s.Name}.weight", ParameterKind.Scale, [s.Channels], s)],
        Linear l =>
        [
            new($"{l.Name}.weight", ParameterKind.LinearWeight, [l.Out, l.In], l),
            new($"{l.Name}.bias", ParameterKind.LinearBias, [l.Out], l),
        ],
        Recurrent r =>
        [
            new(r.InputWeight, ParameterKind.LinearWeight, [r.Gates * r.Hidden, r.In], r),
            new(r.HiddenWeight, ParameterKind.LinearWeight, [r.Gates * r.Hidden, r.Hidden], r),
            new(r.InputBias, ParameterKind.LinearBias, [r.Gates * r.Hidden], r),
            new(r.HiddenBias, ParameterKind.LinearBias, [r.Gates * r.Hidden], r),
        ],
        Positions p => [new($"{p.Name}.weight", ParameterKind.Position, [p.Places, p.Channels], p)],
        SelfAttention a =>
        [
            new(a.InputWeight, ParameterKind.LinearWeight, [3 * a.Channels, a.Channels], a),
            new(a.InputBias, ParameterKind.LinearBias, [3 * a.Channels], a),
            new(a.OutputWeight, ParameterKind.LinearWeight, [a.Channels, a.Channels], a),
            new(a.OutputBias, ParameterKind.LinearBias, [a.Channels], a),
        ],
        NormSlot n => new Parameter?[]
        {
            n.Of(norm).Affine.HasFlag(Affine.Scale) ? new($"{n.Name}.weight", ParameterKind.Scale, [n.Channels], n) : null,
            n.Of(norm).Affine.HasFlag(Affine.Shift) ? new($"{n.Name}.bias", ParameterKind.Shift, [n.Channels], n) : null,
        }.OfType<Parameter>(),
        Residual or Activation or MaxPool or PaddedIdentity or GlobalAveragePool => [],
        _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "unknown layer"),
    };

    /// <summary>The name of a convolution's kernel, which is v where the weights are normalized (PyTorch's names).</summary>
    public static string WeightName(Convolution convolution, Norm norm) =>
        $"{convolution.Name}.{(norm.Weights == WeightTransform.Normalization ? "weight_v" : "weight")}";

    /// <summary>The name of a convolution's bias.</summary>
    public static string BiasName(Convolution convolution) => $"{convolution.Name}.bias";

    /// <summary>The name of weight normalization's g.</summary>
    public static string GainName(Convolution convolution) => $"{convolution.Name}.weight_g";

    /// <summary>
    /// Finds, before any work is done, what cannot be trained: groups that do not divide a layer's channels, and statistics over a single value.
    /// </summary>
    /// <param name="batch">Images per worker.</param>
    /// <param name="workers">Workers that share a step.</param>
    /// <exception cref="ExperimentException">The network cannot be trained. The message says what is wrong, and what would work.</exception>
    public void Check(int batch, int workers)
    {
        if (Norm.Weights != WeightTransform.None && AllLayers.Any(layer => layer is Recurrent or SelfAttention))
            throw new ExperimentException($"{Model} is not made of convolutions, and only their weights are {(Norm.Weights == WeightTransform.Normalization ? $"normalized by --norm {Norm.Name}" : "standardized by --weight-standardization")}: take another norm.");
        if (Norm.Pooling is not { } pooling)
            return;
        if (IsRecurrent && pooling is { OverSamples: false, Places: PlaceSpan.All })
        {
            throw new ExperimentException($"--norm {Norm.Name} takes its statistics over all steps of a sequence, but {Model} computes one step at a time: take "
                + (NormCatalog.Find(Norm.Name).Optional.Contains("places") ? "--places one." : "--norm ln-channels, which is over the channels of one step."));
        }

        if (Norm.FirstHalf is not null && !NormSlots.Any(slot => slot.MayDivide))
        {
            throw new ExperimentException($"--norm {Norm.Name} halves the channels of the norms in a network's first stages, and is made for resnet, vgg and small-cnn, not for {Model}: take one of these, or another norm.");
        }

        var (option, number) = pooling.Channels switch
        {
            ChannelSpan.GroupOf(var groups) => ("groups", groups),
            ChannelSpan.GroupWith(var size) => ("channels-per-group", size),
            _ => ("", 1),
        };
        if (NormSlots.FirstOrDefault(slot => slot.Channels % number != 0) is { } misfit)
        {
            var fitting = Enumerable.Range(1, NormSlots.Max(slot => slot.Channels)).Where(n => NormSlots.All(slot => slot.Channels % n == 0));
            throw new ExperimentException($"--{option} {number} does not divide the {misfit.Channels} channels of layer {misfit.Name} in {Model}; "
                + $"what divides the channels of every normalized layer: {string.Join(", ", fitting)}.");
        }

        if (pooling.Samples is SampleSpan.Several(var together) && batch % together != 0)
            throw new ExperimentException($"--virtual-batch {together} does not divide --batch {batch}; take one of "
                + $"{string.Join(", ", Enumerable.Range(1, batch).Where(n => batch % n == 0))}.");

        if (SingleValued(batch * workers, workers) is var (slot, shape, single))
        {
            throw new ExperimentException($"Layer {slot.Name} of {Model} would take its statistics over a single value: "
                + $"--norm {Norm.Name} with --batch {batch} on maps of {shape.Height}x{shape.Width}; "
                + (single.Places == PlaceSpan.One && single.Channels is not (ChannelSpan.One or ChannelSpan.All) ? "take fewer groups, or --places all." : single.Samples is SampleSpan.Several ? "take a larger --virtual-batch." : single.OverSamples ? "take a larger batch." : "take another norm, or larger images."));
        }
    }

    /// <summary>
    /// The first norm slot that would take a statistic over a single value, with the size of its map and which statistic it is; null if there is none.
    /// Such a statistic says nothing about the image: the normalized value is always 0.
    /// </summary>
    /// <param name="samples">N, the images of a step or of an evaluation.</param>
    /// <param name="workers">The workers that share them.</param>
    public (NormSlot Slot, ImageShape Shape, Pooling Pooling)? SingleValued(int samples, int workers)
    {
        if (Norm.Pooling is null)
            return null;
        foreach (var (slot, shape) in Shapes())
        {
            if (slot.Of(Norm).Parts(slot.Channels).FirstOrDefault(part => part.Over(samples, workers, shape.Height * shape.Width).Values == 1) is { } part)
                return (slot, shape, part.Pooling);
        }

        return null;
    }

    /// <summary>Running mean and variance of each norm that keeps them, in the order of the network: their names and sizes.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> RunningStatistics => !Norm.HasRunningStatistics ? [] :
    [
        .. from at in Shapes()
           where at.Slot.Of(Norm).HasRunningStatistics
           from name in new[] { RunningMeanName(at.Slot), RunningVarianceName(at.Slot) }
           select (name, at.Slot.RunningShape(Norm, at.Shape.Height * at.Shape.Width)),
    ];

    /// <summary>The name of a norm's running mean.</summary>
    public static string RunningMeanName(NormSlot slot) => $"{slot.Name}.running_mean";

    /// <summary>The name of a norm's running variance.</summary>
    public static string RunningVarianceName(NormSlot slot) => $"{slot.Name}.running_var";

    /// <summary>The size [C, H, W] of the map that enters one norm slot.</summary>
    /// <exception cref="ArgumentException">There is no such slot.</exception>
    public ImageShape ShapeAt(string slot) => Shapes().Where(at => at.Slot.Name == slot).Select(at => at.Shape).FirstOrDefault()
        ?? throw new ArgumentException($"{Model} has no norm {slot}; it has {string.Join(", ", NormSlots.Select(other => other.Name))}.", nameof(slot));

    /// <summary>
    /// Checks that <paramref name="values"/> is the number of values that enter, or leave, a norm slot for <paramref name="images"/> images.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such slot, or the number is another one.</exception>
    public void CheckMap(string slot, int images, int values)
    {
        var shape = ShapeAt(slot);
        if (values != images * shape.Size)
            throw new ArgumentException($"{images} maps of {shape} at {slot} are {images * shape.Size} values, not {values}.", nameof(values));
    }

    /// <summary>The size [C, H, W] of the map that enters each norm slot.</summary>
    public IReadOnlyList<(NormSlot Slot, ImageShape Shape)> Shapes() => [.. Maps().Where(map => map.Layer is NormSlot).Select(map => ((NormSlot)map.Layer, map.Shape))];

    /// <summary>The size [C, H, W] of the map that leaves each layer, residual sums included.</summary>
    public IReadOnlyList<(Layer Layer, ImageShape Shape)> Maps()
    {
        var maps = new List<(Layer, ImageShape)>();
        Follow(Layers, Input);
        return maps;

        ImageShape Follow(IReadOnlyList<Layer> layers, ImageShape shape)
        {
            foreach (var layer in layers)
            {
                // The steps of a sequence are the places of its map.
                if (layer is Recurrent recurrent)
                    maps.AddRange(recurrent.Slots.Select(inner => ((Layer)inner, new ImageShape(inner.Channels, shape.Height, 1))));
                shape = layer switch
                {
                    Convolution c => new ImageShape(c.Out, Strided(shape.Height, c), Strided(shape.Width, c)),
                    Residual r => FollowBoth(r, shape),
                    MaxPool => new ImageShape(shape.Channels, shape.Height / 2, shape.Width / 2),
                    GlobalAveragePool => new ImageShape(shape.Channels, 1, 1),
                    Linear l => new ImageShape(l.Out, 1, 1),
                    Recurrent r => new ImageShape(r.Hidden, 1, 1),
                    PaddedIdentity p => new ImageShape(p.Out, (shape.Height + p.Stride - 1) / p.Stride, (shape.Width + p.Stride - 1) / p.Stride),
                    _ => shape,
                };
                maps.Add((layer, shape));
            }

            return shape;
        }

        ImageShape FollowBoth(Residual residual, ImageShape shape)
        {
            var branch = Follow(residual.Branch, shape);
            var shortcut = Follow(residual.Shortcut, shape);
            return branch == shortcut ? branch
                : throw new InvalidOperationException($"{residual.Name}: the branch gives {branch}, the shortcut {shortcut}.");
        }

        static int Strided(int size, Convolution c) => (size + (2 * c.Padding) - c.Kernel) / c.Stride + 1;
    }

    private static IEnumerable<Layer> Flatten(IEnumerable<Layer> layers) =>
        layers.SelectMany(layer => layer switch
        {
            Residual r => Flatten(r.Branch).Concat(Flatten(r.Shortcut)),
            Recurrent r => r.Slots.Prepend<Layer>(r),
            _ => [layer],
        });
}
