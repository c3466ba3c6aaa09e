using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Training.Measurements;

/// <summary>
/// Observes one side of a layer's norm while always the same training images go through the network. The norms work as in training:
/// statistics are the batch's own, and a noisy norm makes its noise.
/// </summary>
/// <param name="engine">The engine that trains.</param>
/// <param name="shape">The size [C, H, W] of the layer's map.</param>
/// <param name="layer">The name of the norm's slot.</param>
/// <param name="side">The side of the norm that is observed.</param>
/// <param name="images">The images, from <see cref="Images"/>.</param>
public sealed class Observation(IEngine engine, ImageShape shape, string layer, SlotSide side, IReadOnlyList<ImageBatch> images)
{
    /// <summary>How many images are observed, rounded down to whole batches; at least one batch.</summary>
    public const int Count = 256;

    /// <summary>The name of the norm's slot.</summary>
    public string Layer { get; } = layer;

    /// <summary>
    /// Training images as they are, cut into whole batches of one size, since the statistics of a norm over samples depend on that size. At least
    /// one batch.
    /// </summary>
    /// <param name="data">The batches of the run.</param>
    /// <param name="batchSize">Images that share a statistic in training.</param>
    public static IReadOnlyList<ImageBatch> Images(BatchSource data, int batchSize)
    {
        var sample = data.Sample(RandomPurpose.Measurement, Math.Max(Count, batchSize));
        return [.. Enumerable.Range(0, sample.Count / batchSize).Select(index => Part(sample, index * batchSize, batchSize))];
    }

    /// <summary>The values at that side of the norm with the present weights; null if one is not finite.</summary>
    /// <param name="step">The step that is to be made.</param>
    /// <param name="cancellation">Ends the observation between two batches.</param>
    public Distribution? At(StepSettings step, CancellationToken cancellation)
    {
        var values = new float[images.Sum(batch => batch.Count) * shape.Size];
        var rest = values.AsSpan();
        foreach (var batch in images)
        {
            cancellation.ThrowIfCancellationRequested();
            engine.Observe(batch, step, Layer, side, rest[..(batch.Count * shape.Size)]);
            rest = rest[(batch.Count * shape.Size)..];
        }

        return values.All(float.IsFinite) ? new Distribution(values) : null;
    }

    private static ImageBatch Part(ImageBatch whole, int first, int count)
    {
        var part = new ImageBatch(whole.Shape, count, whole.Layout);
        part.Resize(count);
        whole.Values.Slice(first * whole.Shape.Size, count * whole.Shape.Size).CopyTo(part.Values);
        whole.Labels.Slice(first, count).CopyTo(part.Labels);
        return part;
    }
}
