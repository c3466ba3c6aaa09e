using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Interop;

/// <summary>
/// One pass of one convolution: forward, by the source or by the weights. Feature maps are [N, H, W, C] in memory; the weights lie as the
/// library likes them best for this pass.
/// </summary>
internal sealed unsafe class ConvolutionPrimitive : IDisposable
{
    private const int MostArguments = 5;
    private const int WidestVector = 16;

    private readonly OneDnnContext _context;
    private readonly PrimitiveDescription _description;
    private readonly Primitive _primitive;
    private readonly DnnlMemory?[] _memories = new DnnlMemory?[MostArguments];
    private readonly ExecutionArgument* _arguments = (ExecutionArgument*)NativeMemory.AllocZeroed(MostArguments, (nuint)sizeof(ExecutionArgument));
    private readonly nint _weights;
    private readonly int _count;
    private readonly int _bias = -1;
    private readonly int _scratch = -1;

    /// <summary>Makes the pass.</summary>
    /// <param name="context">The device.</param>
    /// <param name="pass">Which pass.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="type">The number format of maps and weights; a gradient by the weights is in fp32 in any case.</param>
    /// <param name="forward">The forward pass; null if this is the forward pass.</param>
    /// <exception cref="OneDnnException">The library has no implementation of it here.</exception>
    internal ConvolutionPrimitive(OneDnnContext context, Propagation pass, ConvolutionShape shape, DataType type, ConvolutionPrimitive? forward)
    {
        _context = context;
        WeightsType = pass == Propagation.BackwardWeights ? DataType.Fp32 : type;
        using var source = DescribeMap(context, shape.Images, shape.In, shape.Height, shape.Width, type);
        using var weights = context.Calls.Describe(shape.WeightSizes, WeightsType, null);
        using var bias = shape.HasBias && pass != Propagation.BackwardData ? context.Calls.Describe([shape.Out], DataType.Fp32, [1]) : null;
        using var destination = DescribeMap(context, shape.Images, shape.Out, shape.OutHeight, shape.OutWidth, type);
        OneDnnException.ThrowIfFailed(
            context.Calls.Convolution(context.Engine, context.Attributes, pass, shape, source.Pointer, weights.Pointer, bias?.Pointer ?? 0, destination.Pointer,
                forward?._description, out _description),
            $"make a convolution of {shape} in {type}");
        OneDnnException.ThrowIfFailed(NativeMethods.dnnl_primitive_create(out _primitive, _description), "make a convolution");
        _weights = _description.Memory(pass == Propagation.BackwardWeights ? Query.WeightsGradient : Query.Weights);
        WeightSizes = shape.WeightSizes;
        ScratchBytes = (long)NativeMethods.dnnl_memory_desc_get_size(_description.Memory(Query.Scratchpad));
        // Version 2.6.3's gradient by the weights of a strided 1x1 convolution gathers whole vectors of input channels in its scratch memory
        // but asks for room for the channels there are, and writes past the end.
        if (pass == Propagation.BackwardWeights && shape is { Kernel: 1, Stride: > 1 })
            ScratchBytes = ScratchBytes * ((shape.In + WidestVector - 1) / WidestVector * WidestVector) / shape.In;
        nint name;
        OneDnnException.ThrowIfFailed(
            NativeMethods.dnnl_primitive_desc_query(_description, Query.Implementation, 0, &name), "tell an implementation's name");
        Implementation = Marshal.PtrToStringUTF8(name)!;

        var (isForward, byData) = (pass == Propagation.ForwardTraining, pass == Propagation.BackwardData);
        Prepare(0, byData ? Argument.SourceGradient : Argument.Source, _description.Memory(byData ? Query.SourceGradient : Query.Source));
        Prepare(1, isForward || byData ? Argument.Weights : Argument.WeightsGradient, _weights);
        Prepare(2, isForward ? Argument.Destination : Argument.DestinationGradient, _description.Memory(isForward ? Query.Destination : Query.DestinationGradient));
        _count = 3;
        if (bias is not null)
            Prepare(_bias = _count++, isForward ? Argument.Bias : Argument.BiasGradient, bias.Pointer);
        if (ScratchBytes > 0)
            Prepare(_scratch = _count++, Argument.Scratchpad, _description.Memory(Query.Scratchpad));
    }

    /// <summary>The number format of the weights, or of their gradient.</summary>
    internal DataType WeightsType { get; }

    /// <summary>Scratch memory that <see cref="Execute"/> needs.</summary>
    internal long ScratchBytes { get; }

    /// <summary>The library's name for how it computes this.</summary>
    internal string Implementation { get; }

    private long[] WeightSizes { get; }

    /// <summary>
    /// How the weights lie in memory: for each place the index into [Out, In / groups, K, K] of what lies there, or -1 where it is padding.
    /// To find this, the library lays out the indices themselves, digit by digit, since bfloat16 does not hold a whole index exactly.
    /// </summary>
    internal int[] WeightOrder()
    {
        const int radix = 128;
        var count = checked((int)WeightSizes.Aggregate(1L, (product, size) => product * size));
        var places = (int)NativeMethods.dnnl_memory_desc_get_size(_weights) / (WeightsType == DataType.Bf16 ? sizeof(ushort) : sizeof(float));
        var order = new int[places];
        long[] strides = [.. WeightSizes.Select((_, axis) => WeightSizes.Skip(axis + 1).Aggregate(1L, (product, size) => product * size))];
        using var plain = _context.Calls.Describe(WeightSizes, DataType.Fp32, strides);
        OneDnnException.ThrowIfFailed(
            NativeMethods.dnnl_reorder_primitive_desc_create(out var description, plain.Pointer, _context.Engine, _weights, _context.Engine, 0),
            "lay weights out");
        using var reorderDescription = description;
        OneDnnException.ThrowIfFailed(NativeMethods.dnnl_primitive_create(out var primitive, description), "lay weights out");
        using var reorder = primitive;
        var from = (float*)NativeMemory.Alloc((nuint)count, sizeof(float));
        var to = (byte*)NativeMemory.AlignedAlloc((nuint)(places * sizeof(float)), 64);
        try
        {
            OneDnnException.ThrowIfFailed(NativeMethods.dnnl_memory_create(out var source, plain.Pointer, _context.Engine, from), "lay weights out");
            using var sourceMemory = source;
            OneDnnException.ThrowIfFailed(NativeMethods.dnnl_memory_create(out var destination, _weights, _context.Engine, to), "lay weights out");
            using var destinationMemory = destination;
            var arguments = stackalloc ExecutionArgument[2];
            arguments[0] = new ExecutionArgument { Argument = Argument.Source, Memory = source.DangerousGetHandle() };
            arguments[1] = new ExecutionArgument { Argument = Argument.Destination, Memory = destination.DangerousGetHandle() };
            for (var unit = 1; unit <= count; unit *= radix)
            {
                // Digits from 1 on, so that padding, which is 0, stands out.
                for (var i = 0; i < count; i++)
                    from[i] = (i / unit % radix) + 1;
                NativeMemory.Clear(to, (nuint)(places * sizeof(float)));
                OneDnnException.ThrowIfFailed(
                    NativeMethods.dnnl_primitive_execute(reorder.DangerousGetHandle(), _context.Stream.DangerousGetHandle(), 2, arguments), "lay weights out");
                OneDnnException.ThrowIfFailed(NativeMethods.dnnl_stream_wait(_context.Stream), "lay weights out");
                for (var place = 0; place < places; place++)
                {
                    var digit = WeightsType == DataType.Bf16 ? ((Kernels.Bf16*)to)[place].ToSingle() : ((float*)to)[place];
                    order[place] = digit == 0 ? -1 : order[place] + (((int)digit - 1) * unit);
                }
            }
        }
        finally
        {
            NativeMemory.Free(from);
            NativeMemory.AlignedFree(to);
        }

        return order;
    }

    /// <summary>Computes the pass.</summary>
    /// <param name="source">The source, or its gradient, [N, H, W, In].</param>
    /// <param name="weights">The weights, or their gradient, in <see cref="WeightOrder"/>.</param>
    /// <param name="destination">The destination, or its gradient, [N, H, W, Out].</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>.</param>
    /// <param name="bias">The bias, or its gradient, [Out]; read or written where there is one.</param>
    internal void Execute(void* source, void* weights, void* destination, void* scratch, float* bias = null)
    {
        Point(0, source);
        Point(1, weights);
        Point(2, destination);
        if (_bias >= 0)
            Point(_bias, bias);
        if (_scratch >= 0)
            Point(_scratch, scratch);
        var status = NativeMethods.dnnl_primitive_execute(
            _primitive.DangerousGetHandle(), _context.Stream.DangerousGetHandle(), _count, _arguments);
        if (status != Status.Success)
            throw new OneDnnException("compute a convolution", status);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var memory in _memories)
            memory?.Dispose();
        _primitive.Dispose();
        _description.Dispose();
        NativeMemory.Free(_arguments);
    }

    private static MemoryDescription DescribeMap(OneDnnContext context, int images, int channels, int height, int width, DataType type) =>
        context.Calls.Describe([images, channels, height, width], type, [(long)height * width * channels, 1, (long)width * channels, channels]);

    private void Prepare(int index, Argument argument, nint description)
    {
        OneDnnException.ThrowIfFailed(
            NativeMethods.dnnl_memory_create(out var memory, description, _context.Engine, null), "describe a map");
        _memories[index] = memory;
        _arguments[index] = new ExecutionArgument { Argument = argument, Memory = memory.DangerousGetHandle() };
    }

    private void Point(int index, void* data)
    {
        var status = NativeMethods.dnnl_memory_set_data_handle(_arguments[index].Memory, data);
        if (status != Status.Success)
            throw new OneDnnException("point to a map", status);
    }
}
