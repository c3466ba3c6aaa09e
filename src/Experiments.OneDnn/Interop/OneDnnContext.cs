namespace Experiments.OneDnn.Interop;

/// <summary>What all primitives of an engine share: the device, the queue, and the attribute by which we provide the scratch memory.</summary>
internal sealed class OneDnnContext : IDisposable
{
    internal OneDnnContext()
    {
        Calls = OneDnnLibrary.Calls;
        OneDnnException.ThrowIfFailed(NativeMethods.dnnl_engine_create(out var engine, EngineKind.Cpu, 0), "use the processor");
        Engine = engine;
        const uint inOrder = 1;
        OneDnnException.ThrowIfFailed(NativeMethods.dnnl_stream_create(out var stream, engine, inOrder), "make a stream");
        Stream = stream;
        OneDnnException.ThrowIfFailed(NativeMethods.dnnl_primitive_attr_create(out var attributes), "make attributes");
        Attributes = attributes;
        OneDnnException.ThrowIfFailed(
            NativeMethods.dnnl_primitive_attr_set_scratchpad_mode(attributes, ScratchpadMode.User), "take scratch memory from its user");
    }

    internal VersionedCalls Calls { get; }

    internal DnnlEngine Engine { get; }

    internal DnnlStream Stream { get; }

    internal PrimitiveAttributes Attributes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Attributes.Dispose();
        Stream.Dispose();
        Engine.Dispose();
    }
}
