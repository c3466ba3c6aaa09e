using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Interop;

/// <summary>A convolution's sizes.</summary>
/// <param name="Images">N.</param>
/// <param name="In">Input channels.</param>
/// <param name="Height">Of the input.</param>
/// <param name="Width">Of the input.</param>
/// <param name="Out">Output channels.</param>
/// <param name="Kernel">Height and width of the kernel.</param>
/// <param name="Stride">The stride.</param>
/// <param name="Padding">Zeros on every side.</param>
/// <param name="Groups">The groups that input and output channels fall into.</param>
/// <param name="HasBias">Whether a bias is added to each output channel.</param>
internal sealed record ConvolutionShape(
    int Images, int In, int Height, int Width, int Out, int Kernel, int Stride, int Padding, int Groups = 1, bool HasBias = false)
{
    /// <summary>The weights' sizes as the library counts them: [Out, In, K, K], or [G, Out / G, In / G, K, K].</summary>
    public long[] WeightSizes => Groups == 1 ? [Out, In, Kernel, Kernel] : [Groups, Out / Groups, In / Groups, Kernel, Kernel];

    /// <summary>Height of the output.</summary>
    public int OutHeight => ((Height + (2 * Padding) - Kernel) / Stride) + 1;

    /// <summary>Width of the output.</summary>
    public int OutWidth => ((Width + (2 * Padding) - Kernel) / Stride) + 1;
}

/// <summary>
/// Everything that versions 2 and 3 of oneDNN do differently: version 2 fills structures that the caller holds, and describes an
/// operation before the primitive; version 3 hands out opaque descriptions, and creates a primitive's description in one call.
/// </summary>
internal abstract unsafe partial class VersionedCalls
{
    /// <summary>The calls of a version; null where this binding does not know it.</summary>
    internal static VersionedCalls? For(int major) => major switch
    {
        2 => new Version2(),
        3 => new Version3(),
        _ => null,
    };

    /// <summary>Describes an array.</summary>
    /// <param name="sizes">Its logical sizes.</param>
    /// <param name="type">Its number format.</param>
    /// <param name="strides">The distance between neighbours along each, in elements; null: whatever the primitive likes best.</param>
    internal abstract MemoryDescription Describe(ReadOnlySpan<long> sizes, DataType type, long[]? strides);

    /// <summary>Describes one pass of a convolution.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="pass">Which pass.</param>
    /// <param name="shape">Its strides and paddings.</param>
    /// <param name="source">The source's description, or its gradient's.</param>
    /// <param name="weights">The weights', or their gradient's.</param>
    /// <param name="bias">The bias', or its gradient's; 0: there is none.</param>
    /// <param name="destination">The destination's, or its gradient's.</param>
    /// <param name="forward">The forward pass that a backward pass belongs to.</param>
    /// <param name="description">The description.</param>
    internal abstract Status Convolution(
        DnnlEngine engine,
        PrimitiveAttributes attributes,
        Propagation pass,
        ConvolutionShape shape,
        nint source,
        nint weights,
        nint bias,
        nint destination,
        PrimitiveDescription? forward,
        out PrimitiveDescription description);

    /// <summary>dnnl_dims_t: room for the most dimensions there may be.</summary>
    private static void Fill(long* dimensions, ReadOnlySpan<long> values) =>
        values.CopyTo(new Span<long>(dimensions, NativeMethods.MaximumDimensions));

    private sealed partial class Version2 : VersionedCalls
    {
        // dnnl_memory_desc_t has 696 bytes and dnnl_convolution_desc_t 5,976 in 2.6.3; nothing of them is read here.
        private const int MemoryDescriptionRoom = 4096;
        private const int ConvolutionDescriptionRoom = 64 * 1024;

        internal override MemoryDescription Describe(ReadOnlySpan<long> sizes, DataType type, long[]? strides)
        {
            var description = new MemoryDescription((nint)NativeMemory.AllocZeroed(MemoryDescriptionRoom), block => NativeMemory.Free((void*)block));
            var dimensions = stackalloc long[NativeMethods.MaximumDimensions];
            Fill(dimensions, sizes);
            if (strides is null)
            {
                OneDnnException.ThrowIfFailed(
                    dnnl_memory_desc_init_by_tag(description.Pointer, sizes.Length, dimensions, type, NativeMethods.AnyLayout), "describe an array");
                return description;
            }

            var distances = stackalloc long[NativeMethods.MaximumDimensions];
            Fill(distances, strides);
            OneDnnException.ThrowIfFailed(
                dnnl_memory_desc_init_by_strides(description.Pointer, sizes.Length, dimensions, type, distances), "describe an array");
            return description;
        }

        internal override Status Convolution(
            DnnlEngine engine,
            PrimitiveAttributes attributes,
            Propagation pass,
            ConvolutionShape shape,
            nint source,
            nint weights,
            nint bias,
            nint destination,
            PrimitiveDescription? forward,
            out PrimitiveDescription description)
        {
            var operation = (nint)NativeMemory.AllocZeroed(ConvolutionDescriptionRoom);
            try
            {
                var strides = stackalloc long[NativeMethods.MaximumDimensions];
                var padding = stackalloc long[NativeMethods.MaximumDimensions];
                Fill(strides, [shape.Stride, shape.Stride]);
                Fill(padding, [shape.Padding, shape.Padding]);
                var status = pass switch
                {
                    Propagation.BackwardData => dnnl_convolution_backward_data_desc_init(
                        operation, Algorithm.ConvolutionDirect, source, weights, destination, strides, padding, padding),
                    Propagation.BackwardWeights => dnnl_convolution_backward_weights_desc_init(
                        operation, Algorithm.ConvolutionDirect, source, weights, bias, destination, strides, padding, padding),
                    _ => dnnl_convolution_forward_desc_init(
                        operation, pass, Algorithm.ConvolutionDirect, source, weights, bias, destination, strides, padding, padding),
                };
                OneDnnException.ThrowIfFailed(status, "describe a convolution");
                return dnnl_primitive_desc_create(out description, operation, attributes, engine, forward?.DangerousGetHandle() ?? 0);
            }
            finally
            {
                NativeMemory.Free((void*)operation);
            }
        }

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_memory_desc_init_by_tag(nint description, int count, long* sizes, DataType type, int tag);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_memory_desc_init_by_strides(nint description, int count, long* sizes, DataType type, long* strides);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_forward_desc_init(
            nint operation, Propagation pass, Algorithm algorithm, nint source, nint weights, nint bias, nint destination,
            long* strides, long* paddingBefore, long* paddingAfter);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_backward_data_desc_init(
            nint operation, Algorithm algorithm, nint source, nint weights, nint destination, long* strides, long* paddingBefore, long* paddingAfter);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_backward_weights_desc_init(
            nint operation, Algorithm algorithm, nint source, nint weights, nint bias, nint destination,
            long* strides, long* paddingBefore, long* paddingAfter);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_primitive_desc_create(
            out PrimitiveDescription description, nint operation, PrimitiveAttributes attributes, DnnlEngine engine, nint forward);
    }

    private sealed partial class Version3 : VersionedCalls
    {
        internal override MemoryDescription Describe(ReadOnlySpan<long> sizes, DataType type, long[]? strides)
        {
            var dimensions = stackalloc long[NativeMethods.MaximumDimensions];
            Fill(dimensions, sizes);
            var distances = stackalloc long[NativeMethods.MaximumDimensions];
            Fill(distances, strides);
            var status = strides is null
                ? dnnl_memory_desc_create_with_tag(out var description, sizes.Length, dimensions, type, NativeMethods.AnyLayout)
                : dnnl_memory_desc_create_with_strides(out description, sizes.Length, dimensions, type, distances);
            OneDnnException.ThrowIfFailed(status, "describe an array");
            return new MemoryDescription(description, own => dnnl_memory_desc_destroy(own));
        }

        internal override Status Convolution(
            DnnlEngine engine,
            PrimitiveAttributes attributes,
            Propagation pass,
            ConvolutionShape shape,
            nint source,
            nint weights,
            nint bias,
            nint destination,
            PrimitiveDescription? forward,
            out PrimitiveDescription description)
        {
            var strides = stackalloc long[NativeMethods.MaximumDimensions];
            var dilation = stackalloc long[NativeMethods.MaximumDimensions];
            var padding = stackalloc long[NativeMethods.MaximumDimensions];
            Fill(strides, [shape.Stride, shape.Stride]);
            Fill(dilation, [0, 0]);
            Fill(padding, [shape.Padding, shape.Padding]);
            var hint = forward?.DangerousGetHandle() ?? 0;
            return pass switch
            {
                Propagation.BackwardData => dnnl_convolution_backward_data_primitive_desc_create(
                    out description, engine, Algorithm.ConvolutionDirect, source, weights, destination, strides, dilation, padding, padding, hint, attributes),
                Propagation.BackwardWeights => dnnl_convolution_backward_weights_primitive_desc_create(
                    out description, engine, Algorithm.ConvolutionDirect, source, weights, bias, destination, strides, dilation, padding, padding, hint, attributes),
                _ => dnnl_convolution_forward_primitive_desc_create(
                    out description, engine, pass, Algorithm.ConvolutionDirect, source, weights, bias, destination, strides, dilation, padding, padding, attributes),
            };
        }

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_memory_desc_create_with_tag(out nint description, int count, long* sizes, DataType type, int tag);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_memory_desc_create_with_strides(out nint description, int count, long* sizes, DataType type, long* strides);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_memory_desc_destroy(nint description);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_forward_primitive_desc_create(
            out PrimitiveDescription description, DnnlEngine engine, Propagation pass, Algorithm algorithm, nint source, nint weights, nint bias,
            nint destination, long* strides, long* dilation, long* paddingBefore, long* paddingAfter, PrimitiveAttributes attributes);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_backward_data_primitive_desc_create(
            out PrimitiveDescription description, DnnlEngine engine, Algorithm algorithm, nint source, nint weights, nint destination,
            long* strides, long* dilation, long* paddingBefore, long* paddingAfter, nint forward, PrimitiveAttributes attributes);

        [LibraryImport(NativeMethods.Library)]
        private static partial Status dnnl_convolution_backward_weights_primitive_desc_create(
            out PrimitiveDescription description, DnnlEngine engine, Algorithm algorithm, nint source, nint weights, nint bias, nint destination,
            long* strides, long* dilation, long* paddingBefore, long* paddingAfter, nint forward, PrimitiveAttributes attributes);
    }
}
