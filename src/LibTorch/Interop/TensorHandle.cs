using System.Runtime.InteropServices;

namespace LibTorch.Interop;

/// <summary>Owns one native tensor handle.</summary>
internal sealed class TensorHandle : SafeHandle
{
    /// <summary>An empty handle, as the marshaller needs one to fill.</summary>
    public TensorHandle() : base(0, ownsHandle: true)
    {
    }

    internal TensorHandle(nint native) : this() => SetHandle(native);

    public override bool IsInvalid => handle == 0;

    /// <summary>Gives the native handle to the other side, which frees it from here on.</summary>
    internal nint Give()
    {
        var given = handle;
        SetHandleAsInvalid();
        return given;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.lt_tensor_free(handle);
        return true;
    }
}
