using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>Small networks, batches and engines.</summary>
internal static class Engines
{
    /// <summary>Not square, so that a mixed-up axis shows.</summary>
    internal static readonly ImageShape Shape = new(3, 12, 10);

    internal const int Classes = 5;

    /// <summary>A norm of the catalogue, in 2 groups where it has groups, and over the fewest images that divide the batch where that is a choice.</summary>
    internal static Norm NormOf(string name, int batch = 4)
    {
        var defaults = NormCatalog.Find(name).Defaults;
        return NormCatalog.Create(new(
            name,
            Groups: defaults.Groups is null ? null : 2,
            VirtualBatch: defaults.VirtualBatch is null ? null : Enumerable.Range(2, batch - 1).First(size => batch % size == 0)));
    }

    /// <summary>
    /// A ResNet-8 of width 4, or 8 with projections: on a processor without AVX-512 oneDNN 2.6.3, which libtorch and PyTorch compute with
    /// too, writes past its memory in strided 1x1 convolutions of fewer than 8 channels, and takes the process with it.
    /// </summary>
    internal static Network ResNet(string norm, bool projection = false, int batch = 4) =>
        ModelCatalog.Build("resnet8", projection ? 8 : 4, projection ? Shortcut.Projection : Shortcut.IdentityCentered, Shape, Classes, NormOf(norm, batch));

    /// <summary>An engine by its name on the command line, with the initial state of a seed.</summary>
    internal static IEngine Create(string name, EngineSettings settings, long seed = 1)
    {
        IEngineProvider provider = name switch
        {
            "torch" => new TorchEngineProvider(),
            "onednn" => new OneDnnEngineProvider(),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown engine"),
        };
        var engine = provider.Create(settings);
        engine.Write(Started(settings.Network, seed));
        return engine;
    }

    /// <summary>An initial state in which no gamma and no beta is 0: with a gamma of 0, a residual branch would have no gradient.</summary>
    internal static EngineState Started(Network network, long seed = 1)
    {
        var state = Initialization.Create(network, seed);
        var random = new Random((int)seed);
        return state with
        {
            Parameters = [.. network.Parameters.Zip(state.Parameters, (parameter, array) => parameter.Kind switch
            {
                ParameterKind.Scale => array with { Values = Random(array.Values.Length, random, 0.5, 1.5) },
                ParameterKind.Shift or ParameterKind.LinearBias => array with { Values = Random(array.Values.Length, random, -0.5, 0.5) },
                ParameterKind.LinearWeight => array with { Values = Random(array.Values.Length, random, -1, 1) },
                _ => array,
            })],
        };
    }

    /// <summary>Images [N, C, H, W] with the label's mark on them, laid out as the engine wants them.</summary>
    internal static ImageBatch Batch(IEngine engine, int count, int seed, ImageShape? shape = null)
    {
        shape ??= Shape;
        var batch = new ImageBatch(shape, count, engine.Layout);
        batch.Resize(count);
        var random = new Random(seed);
        var values = new float[count * shape.Size];
        for (var image = 0; image < count; image++)
        {
            var label = batch.Labels[image] = random.Next(Classes);
            for (var i = 0; i < shape.Size; i++)
            {
                var (row, column) = (i / shape.Width % shape.Height, i % shape.Width);
                values[(image * shape.Size) + i] = (float)(Math.Sin((label + 1) * (row + (0.5 * column))) + random.NextDouble() - 0.5);
            }
        }

        Fill(batch, values);
        return batch;
    }

    /// <summary>Fills a batch from images [N, C, H, W].</summary>
    internal static void Fill(ImageBatch batch, IReadOnlyList<float> values)
    {
        var (c, h, w) = (batch.Shape.Channels, batch.Shape.Height, batch.Shape.Width);
        for (var i = 0; i < values.Count; i++)
        {
            var (image, channel, place) = (i / batch.Shape.Size, i / (h * w) % c, i % (h * w));
            batch.Values[batch.Layout == ImageLayout.ChannelsFirst ? i : (image * batch.Shape.Size) + (place * c) + channel] = values[i];
        }
    }

    /// <summary>The images of a batch as [N, C, H, W].</summary>
    internal static float[] ChannelsFirst(ImageBatch batch)
    {
        var (c, h, w) = (batch.Shape.Channels, batch.Shape.Height, batch.Shape.Width);
        var values = batch.Values;
        var result = new float[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var (image, channel, place) = (i / batch.Shape.Size, i / (h * w) % c, i % (h * w));
            result[i] = values[batch.Layout == ImageLayout.ChannelsFirst ? i : (image * batch.Shape.Size) + (place * c) + channel];
        }

        return result;
    }

    internal static float[] Train(IEngine engine, ImageBatch batch, double rate)
    {
        var scores = new float[batch.Count * Classes];
        engine.Train(batch, new(rate), scores);
        return scores;
    }

    internal static float[] Evaluate(IEngine engine, ImageBatch batch, NormStatistics statistics = NormStatistics.MovingAverage)
    {
        var scores = new float[batch.Count * Classes];
        engine.Evaluate(batch, statistics, scores);
        return scores;
    }

    /// <summary>All arrays one after the other.</summary>
    internal static float[] Values(IReadOnlyList<NamedArray> arrays) => [.. arrays.SelectMany(array => array.Values)];

    internal static void Same(EngineState expected, EngineState actual)
    {
        foreach (var (a, b) in new[] { (expected.Parameters, actual.Parameters), (expected.Buffers, actual.Buffers), (expected.Momentum, actual.Momentum), (expected.SecondMoment, actual.SecondMoment) })
        {
            Assert.Equal(a.Select(array => array.Name), b.Select(array => array.Name));
            Assert.All(a.Zip(b), pair => Assert.Equal(pair.First.Shape, pair.Second.Shape));
            Assert.Equal(Values(a), Values(b));
        }

        Assert.Equal(expected.Updates, actual.Updates);
    }

    private static float[] Random(int count, Random random, double from, double to) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(from + ((to - from) * random.NextDouble())))];
}
