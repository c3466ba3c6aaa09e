using System.Runtime.InteropServices;

namespace LibTorch.Interop;

/// <summary>
/// The functions of Native/torch_shim.h, under their own names. Those that can fail return a status for <see cref="Check"/>.
/// </summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "torch_shim";

    /// <summary>The interface that this file was written against: <c>LT_INTERFACE</c>.</summary>
    internal const int Interface = 2;

    [LibraryImport(Library)]
    internal static partial int lt_interface();

    [LibraryImport(Library)]
    internal static partial byte* lt_libtorch_version();

    [LibraryImport(Library)]
    private static partial byte* lt_last_error();

    [LibraryImport(Library)]
    internal static partial long lt_live_tensors();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lt_operator_find(string name, string overload, out nint found);

    [LibraryImport(Library)]
    internal static partial int lt_call(nint callee, NativeValue* arguments, int count, nint* results, int capacity);

    [LibraryImport(Library)]
    internal static partial void lt_tensor_free(nint tensor);

    [LibraryImport(Library)]
    internal static partial int lt_tensor_share(TensorHandle tensor, out TensorHandle shared);

    [LibraryImport(Library)]
    internal static partial int lt_tensor_describe(TensorHandle tensor, out TensorInfo info);

    [LibraryImport(Library)]
    internal static partial int lt_tensor_set_requires_grad(TensorHandle tensor, int requires_grad);

    [LibraryImport(Library)]
    internal static partial int lt_tensor_grad(TensorHandle tensor, out TensorHandle grad);

    /// <param name="tensor">The tensor.</param>
    /// <param name="grad">Its gradient; an empty handle for none.</param>
    [LibraryImport(Library)]
    internal static partial int lt_tensor_set_grad(TensorHandle tensor, TensorHandle grad);

    /// <param name="tensor">The tensor.</param>
    /// <param name="gradient">The gradient that it starts from; an empty handle for 1.</param>
    /// <param name="retain_graph">Whether the graph is kept for another pass.</param>
    /// <param name="create_graph">Whether the pass itself is recorded.</param>
    [LibraryImport(Library)]
    internal static partial int lt_tensor_backward(TensorHandle tensor, TensorHandle gradient, int retain_graph, int create_graph);

    /// <param name="result">What a function computed.</param>
    /// <param name="inputs">What it computed it from.</param>
    /// <param name="count">How many inputs there are.</param>
    /// <param name="backward">Computes the inputs' gradients from the result's.</param>
    /// <param name="release">Gives <paramref name="state"/> up.</param>
    /// <param name="state">What both are called with.</param>
    /// <param name="recorded">The result as part of the graph.</param>
    [LibraryImport(Library)]
    internal static partial int lt_function_record(
        TensorHandle result,
        nint* inputs,
        int count,
        delegate* unmanaged<nint, nint, nint*, int, byte*, int, int> backward,
        delegate* unmanaged<nint, void> release,
        nint state,
        out TensorHandle recorded);

    [LibraryImport(Library)]
    internal static partial int lt_grad_mode();

    [LibraryImport(Library)]
    internal static partial void lt_set_grad_mode(int enabled);

    [LibraryImport(Library)]
    internal static partial int lt_threads();

    [LibraryImport(Library)]
    internal static partial int lt_set_threads(int threads);

    [LibraryImport(Library)]
    internal static partial int lt_interop_threads();

    [LibraryImport(Library)]
    internal static partial int lt_set_interop_threads(int threads);

    [LibraryImport(Library)]
    internal static partial int lt_manual_seed(long seed);

    [LibraryImport(Library)]
    internal static partial int lt_cuda_devices(out int devices);

    /// <summary>Turns a status into <see cref="TorchException"/>.</summary>
    internal static void Check(int status, string operation)
    {
        if (status != 0)
            throw new TorchException(operation, Marshal.PtrToStringUTF8((nint)lt_last_error()) ?? "no reason given");
    }
}
