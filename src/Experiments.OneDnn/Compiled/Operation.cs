using Experiments.Core.Training;
using Experiments.OneDnn.Interop;

namespace Experiments.OneDnn.Compiled;

/// <summary>What the operations of one compiled network share.</summary>
/// <param name="settings">What the engine is built for.</param>
/// <param name="context">oneDNN.</param>
/// <param name="parameters">What is learnt and remembered.</param>
/// <param name="team">The threads.</param>
/// <param name="images">N, the images of a pass.</param>
/// <param name="workers">The workers that these fall into.</param>
/// <param name="training">Whether there is a backward pass.</param>
/// <param name="emulateBf16">Whether convolutions in bfloat16 are computed in fp32 on rounded values.</param>
internal sealed class Compilation(
    EngineSettings settings, OneDnnContext context, ParameterStore parameters, OpenMP team, int images, int workers, bool training, bool emulateBf16)
    : IDisposable
{
    // What a kernel reads and writes of a chunk should stay in a core's second-level cache, or near it.
    private const long ChunkBytes = 512 * 1024;

    internal EngineSettings Settings { get; } = settings;

    internal OneDnnContext Context { get; } = context;

    internal ParameterStore Parameters { get; } = parameters;

    internal OpenMP Team { get; } = team;

    internal int Images { get; } = images;

    internal int Workers { get; } = workers;

    internal bool Training { get; } = training;

    internal bool EmulateBf16 { get; } = emulateBf16;

    /// <summary>The largest number of images that a chunk has.</summary>
    internal int Chunk => Buffers.Chunk;

    internal BufferPlan Buffers { get; } = new(images, Math.Min(images, ChunkFor(settings)));

    internal Pass Pass { get; } = new();

    /// <summary>A map that an operation makes at this moment.</summary>
    internal Map NewMap(Core.Data.Images.ImageShape shape, Precision precision, bool needsGradient, int time)
    {
        var buffer = Buffers.PerImage(Map.Bytes(shape, precision));
        buffer.UsedAt(time);
        return new Map(shape, precision, buffer, needsGradient);
    }

    /// <inheritdoc/>
    public void Dispose() => Buffers.Dispose();

    /// <summary>The images of a chunk: for each thread, as many as have their largest maps within <see cref="ChunkBytes"/>, or one.</summary>
    internal static int ChunkFor(EngineSettings settings)
    {
        var largest = settings.Network.Maps().Select(map => Map.Bytes(map.Shape, settings.Precision)).DefaultIfEmpty(1).Max();
        return (int)Math.Max(1, ChunkBytes / largest) * settings.Threads;
    }
}

/// <summary>
/// A layer, or several that are computed in one pass, compiled: made in the order of the forward pass, planned for the backward pass in
/// the reverse order, and from then on a list of kernels.
/// </summary>
/// <param name="compilation">What all operations share.</param>
/// <param name="layer">The layer's name.</param>
internal abstract class Operation(Compilation compilation, string layer) : IDisposable
{
    /// <summary>What all operations share.</summary>
    protected Compilation Compilation { get; } = compilation;

    /// <summary>The layer's name.</summary>
    protected string Layer { get; } = layer;

    /// <summary>The map that it makes.</summary>
    internal abstract Map Output { get; }

    /// <summary>Plans what the backward pass needs; the gradients of the output are known by then.</summary>
    internal abstract void PlanBackward();

    /// <summary>The kernels of the forward pass.</summary>
    internal abstract IEnumerable<KernelCall> Forward();

    /// <summary>The kernels of the backward pass.</summary>
    internal abstract IEnumerable<KernelCall> Backward();

    /// <summary>The gradient by an input that this writes at a moment of the backward pass; null if nothing before the input learns.</summary>
    protected Buffer? PlanInputGradient(Map input, int time)
    {
        if (!input.NeedsGradient)
            return null;
        var gradient = Compilation.Buffers.PerImage(Map.Bytes(input.Shape, input.Precision));
        gradient.UsedAt(time);
        input.AddGradient(gradient);
        return gradient;
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
