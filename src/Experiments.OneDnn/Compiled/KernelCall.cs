namespace Experiments.OneDnn.Compiled;

/// <summary>A call of one kernel in a compiled network's list.</summary>
/// <param name="Kernel">What it does.</param>
/// <param name="Layer">The layer it belongs to.</param>
/// <param name="Run">Runs the kernel on neighbouring images; takes the first image and the number of images.</param>
/// <param name="Time">When it runs.</param>
internal sealed record KernelCall(string Kernel, string Layer, Action<int, int> Run, CallTime Time = CallTime.EachChunk);

/// <summary>When a kernel runs.</summary>
internal enum CallTime
{
    /// <summary>Once for each chunk of images. The chunk goes on to the kernels that follow before the next chunk begins.</summary>
    EachChunk,

    /// <summary>Once for all images, when all chunks have come this far: a barrier.</summary>
    AllImages,

    /// <summary>Once, when a gradient is complete, whether or not an update follows.</summary>
    GradientComplete,

    /// <summary>
    /// Once, when a gradient is complete: the call changes parameters. If there is only one chunk, it follows at once, while they are in the cache.
    /// </summary>
    Update,
}
