using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Interop;

/// <summary>Functions of oneDNN's C API that are alike in its versions 2 and 3. What differs is in <see cref="VersionedCalls"/>.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>The library's name in imports; <see cref="OneDnnLibrary"/> finds the file.</summary>
    internal const string Library = "dnnl";

    /// <summary>The C library's name for a description that the primitive may choose.</summary>
    internal const int AnyLayout = 1;

    /// <summary>DNNL_MAX_NDIMS.</summary>
    internal const int MaximumDimensions = 12;

    [LibraryImport(Library)]
    internal static partial Status dnnl_engine_create(out DnnlEngine engine, EngineKind kind, nuint index);

    [LibraryImport(Library)]
    internal static partial Status dnnl_engine_destroy(nint engine);

    [LibraryImport(Library)]
    internal static partial Status dnnl_stream_create(out DnnlStream stream, DnnlEngine engine, uint flags);

    [LibraryImport(Library)]
    internal static partial Status dnnl_stream_destroy(nint stream);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_attr_create(out PrimitiveAttributes attributes);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_attr_set_scratchpad_mode(PrimitiveAttributes attributes, ScratchpadMode mode);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_attr_destroy(nint attributes);

    [LibraryImport(Library)]
    internal static partial nuint dnnl_memory_desc_get_size(nint description);

    [LibraryImport(Library)]
    internal static partial Status dnnl_memory_create(out DnnlMemory memory, nint description, DnnlEngine engine, void* data);

    // In the hot path, like dnnl_primitive_execute.
    [LibraryImport(Library)]
    internal static partial Status dnnl_memory_set_data_handle(nint memory, void* data);

    [LibraryImport(Library)]
    internal static partial Status dnnl_memory_destroy(nint memory);

    [LibraryImport(Library)]
    internal static partial Status dnnl_reorder_primitive_desc_create(
        out PrimitiveDescription description, nint source, DnnlEngine sourceEngine, nint destination, DnnlEngine destinationEngine, nint attributes);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_desc_query(PrimitiveDescription description, Query what, int index, void* result);

    [LibraryImport(Library)]
    internal static partial nint dnnl_primitive_desc_query_md(PrimitiveDescription description, Query what, int index);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_desc_destroy(nint description);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_create(out Primitive primitive, PrimitiveDescription description);

    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_destroy(nint primitive);

    // In the hot path: raw handles, which the caller keeps alive.
    [LibraryImport(Library)]
    internal static partial Status dnnl_primitive_execute(nint primitive, nint stream, int count, ExecutionArgument* arguments);

    [LibraryImport(Library)]
    internal static partial Status dnnl_stream_wait(DnnlStream stream);
}

/// <summary>dnnl_version_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeVersion
{
    public int Major;
    public int Minor;
    public int Patch;
    public nint Hash;
    public CpuRuntime CpuRuntime;
    public uint GpuRuntime;
}

/// <summary>dnnl_exec_arg_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ExecutionArgument
{
    public Argument Argument;
    public nint Memory;
}

/// <summary>What the library's threads are.</summary>
internal enum CpuRuntime : uint
{
    None = 0,
    Sequential = 1,
    OpenMP = 2,
    Tbb = 4,
    ThreadPool = 8,
}

/// <summary>dnnl_status_t.</summary>
internal enum Status
{
    Success = 0,
    OutOfMemory = 1,
    InvalidArguments = 2,
    Unimplemented = 3,
}

/// <summary>dnnl_engine_kind_t.</summary>
internal enum EngineKind
{
    Cpu = 1,
}

/// <summary>dnnl_data_type_t.</summary>
internal enum DataType
{
    Bf16 = 2,
    Fp32 = 3,
}

/// <summary>dnnl_prop_kind_t.</summary>
internal enum Propagation
{
    ForwardTraining = 64,
    BackwardData = 160,
    BackwardWeights = 192,
}

/// <summary>dnnl_alg_kind_t.</summary>
internal enum Algorithm
{
    ConvolutionDirect = 1,
}

/// <summary>dnnl_scratchpad_mode_t.</summary>
internal enum ScratchpadMode
{
    User = 1,
}

/// <summary>dnnl_query_t.</summary>
internal enum Query
{
    Implementation = 8,
    Source = 129,
    SourceGradient = 130,
    Weights = 131,
    WeightsGradient = 132,
    Destination = 133,
    DestinationGradient = 134,
    Scratchpad = 136,
}

/// <summary>DNNL_ARG_*.</summary>
internal enum Argument
{
    Source = 1,
    Destination = 17,
    Weights = 33,
    Bias = 41,
    Scratchpad = 80,
    SourceGradient = 129,
    DestinationGradient = 145,
    WeightsGradient = 161,
    BiasGradient = 169,
}
