using Microsoft.Win32.SafeHandles;

namespace Experiments.OneDnn.Interop;

/// <summary>dnnl_engine_t.</summary>
internal sealed class DnnlEngine() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => NativeMethods.dnnl_engine_destroy(handle) == Status.Success;
}

/// <summary>dnnl_stream_t.</summary>
internal sealed class DnnlStream() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => NativeMethods.dnnl_stream_destroy(handle) == Status.Success;
}

/// <summary>dnnl_primitive_attr_t.</summary>
internal sealed class PrimitiveAttributes() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => NativeMethods.dnnl_primitive_attr_destroy(handle) == Status.Success;
}

/// <summary>dnnl_primitive_desc_t.</summary>
internal sealed class PrimitiveDescription() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    /// <summary>One of its memory descriptions, which lives as long as this does.</summary>
    internal nint Memory(Query what) => NativeMethods.dnnl_primitive_desc_query_md(this, what, 0);

    protected override bool ReleaseHandle() => NativeMethods.dnnl_primitive_desc_destroy(handle) == Status.Success;
}

/// <summary>dnnl_primitive_t.</summary>
internal sealed class Primitive() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => NativeMethods.dnnl_primitive_destroy(handle) == Status.Success;
}

/// <summary>dnnl_memory_t: a description joined to data of ours.</summary>
internal sealed class DnnlMemory() : SafeHandleZeroOrMinusOneIsInvalid(true)
{
    protected override bool ReleaseHandle() => NativeMethods.dnnl_memory_destroy(handle) == Status.Success;
}

/// <summary>A memory description that is ours: a block of bytes in version 2, an object of the library's in version 3.</summary>
internal sealed class MemoryDescription : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly Action<nint> _release;

    /// <summary>Takes ownership of a description.</summary>
    internal MemoryDescription(nint description, Action<nint> release) : base(true)
    {
        _release = release;
        SetHandle(description);
    }

    /// <summary>The description, for calls made while this is alive.</summary>
    internal nint Pointer => handle;

    protected override bool ReleaseHandle()
    {
        _release(handle);
        return true;
    }
}

/// <summary>A call to oneDNN that failed.</summary>
/// <param name="operation">What was to be done.</param>
/// <param name="status">What the library answered.</param>
internal sealed class OneDnnException(string operation, Status status) : Exception($"oneDNN could not {operation}: {Text(status)}.")
{
    /// <summary>Throws where a call failed.</summary>
    internal static void ThrowIfFailed(Status status, string operation)
    {
        if (status != Status.Success)
            throw new OneDnnException(operation, status);
    }

    private static string Text(Status status) => status switch
    {
        Status.OutOfMemory => "out of memory",
        Status.InvalidArguments => "invalid arguments",
        Status.Unimplemented => "it has no implementation of this for this processor",
        _ => $"status {(int)status}",
    };
}
