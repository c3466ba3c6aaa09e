using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Interop;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>A convolution: three primitives of oneDNN for each size of chunk.</summary>
internal sealed unsafe class ConvolutionOperation : Operation
{
    private readonly Map _input;
    private readonly LearnableArray _weights;
    private readonly LearnableArray? _bias;
    private readonly List<Primitives> _primitives = [];
    private readonly bool _emulated;
    private readonly Staging _forwardStaging;
    private Staging? _backwardStaging;
    private Buffer? _gradientOfChunk;
    private Buffer? _biasGradientOfChunk;
    private Buffer? _outputGradient;
    private Buffer? _inputGradient;

    internal ConvolutionOperation(Compilation compilation, Convolution layer, Map input) : base(compilation, layer.Name)
    {
        _input = input;
        _emulated = input.Precision == Precision.Bf16 && compilation.EmulateBf16;
        foreach (var count in new[] { compilation.Chunk, compilation.Images % compilation.Chunk }.Where(count => count > 0))
        {
            var shape = new ConvolutionShape(
                count, layer.In, input.Shape.Height, input.Shape.Width, layer.Out, layer.Kernel, layer.Stride, layer.Padding, layer.Groups, layer.HasBias);
            _primitives.Add(new Primitives(compilation, layer, shape, input, _emulated));
        }

        _weights = compilation.Parameters.Get(Network.WeightName(layer, compilation.Settings.Network.Norm));
        _bias = layer.HasBias ? compilation.Parameters.Get(Network.BiasName(layer)) : null;
        var time = compilation.Buffers.Tick();
        var first = _primitives[0].Shape;
        Output = compilation.NewMap(new(layer.Out, first.OutHeight, first.OutWidth), input.Precision, needsGradient: true, time);
        input.ReadAt(time);
        _forwardStaging = new Staging(compilation, time, _emulated, _primitives.Max(set => set.Forward.ScratchBytes), input, Output);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        _outputGradient = Output.OnlyGradient(Layer);
        _outputGradient.UsedAt(time);
        _input.Data.UsedAt(time);
        _inputGradient = PlanInputGradient(_input, time);
        if (Compilation.Images > Compilation.Chunk)
        {
            _gradientOfChunk = Compilation.Buffers.Scratch(_primitives.Max(set => set.GradientValues) * sizeof(float), time);
            _biasGradientOfChunk = _bias is null ? null : Compilation.Buffers.Scratch(_bias.Places * sizeof(float), time);
        }

        var scratch = _primitives.Max(set => Math.Max(set.ByWeights!.ScratchBytes, set.ByInput?.ScratchBytes ?? 0));
        _backwardStaging = new Staging(Compilation, time, _emulated, scratch, _input, Output);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward() => [new("convolution forward", Layer, Forwards)];

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward()
    {
        yield return new("convolution weight gradient", Layer, ByWeights);
        if (_inputGradient is not null)
            yield return new("convolution input gradient", Layer, ByInput);
        if (Compilation.Settings.Network.Norm.Weights != WeightTransform.None)
            yield return new("weight transform", Layer, (_, _) => _weights.CompleteGradient(), CallTime.GradientComplete);
        yield return new("update", Layer, (_, _) => Update(), CallTime.Update);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _primitives.ForEach(set => set.Dispose());
        base.Dispose();
    }

    private void Forwards(int first, int count)
    {
        var set = Of(count);
        set.ForwardWeights.Refresh();
        _forwardStaging.WidenSource(_input.Data, first, count);
        set.Forward.Execute(_forwardStaging.Source(_input.Data, first), set.ForwardWeights.Pointer,
            _forwardStaging.Destination(Output.Data, first), _forwardStaging.Scratch, _bias is null ? null : _bias.Values);
        _forwardStaging.RoundDestination(Output.Data, first, count);
    }

    /// <summary>Writes the first chunk's gradient by the weights where the sum is to be, and adds the other chunks' gradients to it.</summary>
    private void ByWeights(int first, int count)
    {
        var (set, staging) = (Of(count), _backwardStaging!);
        staging.WidenSource(_input.Data, first, count);
        staging.WidenDestination(_outputGradient!, first, count);
        var gradient = first == 0 ? _weights.Gradients : (float*)_gradientOfChunk!.At(first);
        var biasGradient = _bias is null ? null : first == 0 ? _bias.Gradients : (float*)_biasGradientOfChunk!.At(first);
        set.ByWeights!.Execute(staging.Source(_input.Data, first), gradient, staging.Destination(_outputGradient!, first), staging.Scratch, biasGradient);
        if (first == 0)
            return;
        _weights.AddGradient(gradient, set.GradientPlaces);
        _bias?.AddGradient(biasGradient, null);
    }

    private void Update()
    {
        _weights.Update(Compilation.Pass.Update);
        _bias?.Update(Compilation.Pass.Update);
    }

    private void ByInput(int first, int count)
    {
        var (set, staging) = (Of(count), _backwardStaging!);
        set.BackwardWeights!.Refresh();
        set.ByInput!.Execute(
            staging.Source(_inputGradient!, first), set.BackwardWeights.Pointer, staging.Destination(_outputGradient!, first), staging.Scratch);
        staging.RoundSource(_inputGradient!, first, count);
    }

    private Primitives Of(int count) => _primitives[0].Shape.Images == count ? _primitives[0] : _primitives[1];

    /// <summary>The passes for chunks of one size, and the weights in the order and format that these passes want.</summary>
    private sealed class Primitives : IDisposable
    {
        internal Primitives(Compilation compilation, Convolution layer, ConvolutionShape shape, Map input, bool emulated)
        {
            Shape = shape;
            var type = input.Precision == Precision.Bf16 && !emulated ? DataType.Bf16 : DataType.Fp32;
            var format = emulated ? WeightFormat.RoundedFp32 : type == DataType.Bf16 ? WeightFormat.Bf16 : WeightFormat.Fp32;
            Forward = new ConvolutionPrimitive(compilation.Context, Propagation.ForwardTraining, shape, type, null);
            if (compilation.Training)
                ByWeights = new ConvolutionPrimitive(compilation.Context, Propagation.BackwardWeights, shape, type, Forward);
            if (compilation.Training && input.NeedsGradient)
                ByInput = new ConvolutionPrimitive(compilation.Context, Propagation.BackwardData, shape, type, Forward);

            var order = ByWeights?.WeightOrder();
            var weights = compilation.Parameters.Get(Network.WeightName(layer, compilation.Settings.Network.Norm), () => order ?? Forward.WeightOrder());
            (GradientValues, GradientPlaces) = order is null ? (0, null) : (order.Length, weights.PlacesOf(order));
            ForwardWeights = weights.Copy(Forward.WeightOrder(), format, compilation.Training);
            BackwardWeights = ByInput is null ? null : weights.Copy(ByInput.WeightOrder(), format, inTraining: true);
        }

        internal ConvolutionShape Shape { get; }

        internal ConvolutionPrimitive Forward { get; }

        internal ConvolutionPrimitive? ByInput { get; }

        internal ConvolutionPrimitive? ByWeights { get; }

        internal WeightCopy ForwardWeights { get; }

        internal WeightCopy? BackwardWeights { get; }

        /// <summary>Values of a gradient by the weights, padding included.</summary>
        internal int GradientValues { get; }

        /// <summary>Where each of these values belongs in the weights' own gradient; null: both lie alike.</summary>
        internal int[]? GradientPlaces { get; }

        /// <inheritdoc/>
        public void Dispose()
        {
            Forward.Dispose();
            ByInput?.Dispose();
            ByWeights?.Dispose();
        }
    }

    /// <summary>
    /// The scratch memory of a pass and, if bfloat16 is emulated, fp32 copies of a chunk's maps, since the library has no bfloat16
    /// convolution on this processor. Without emulation the pass uses the maps where they lie.
    /// </summary>
    private sealed class Staging(Compilation compilation, int time, bool emulates, long scratchBytes, Map source, Map destination)
    {
        private readonly Buffer _scratch = compilation.Buffers.Scratch(scratchBytes, time);
        private readonly Buffer? _source = emulates ? Wide(compilation, source, time) : null;
        private readonly Buffer? _destination = emulates ? Wide(compilation, destination, time) : null;

        internal void* Scratch => _scratch.At(0);

        internal void* Source(Buffer map, int first) => (_source ?? map).At(first);

        internal void* Destination(Buffer map, int first) => (_destination ?? map).At(first);

        internal void WidenSource(Buffer map, int first, int count) => Widen(map, _source, first, (nint)count * source.Shape.Size);

        internal void WidenDestination(Buffer map, int first, int count) => Widen(map, _destination, first, (nint)count * destination.Shape.Size);

        internal void RoundSource(Buffer map, int first, int count) => Round(_source, map, first, (nint)count * source.Shape.Size);

        internal void RoundDestination(Buffer map, int first, int count) => Round(_destination, map, first, (nint)count * destination.Shape.Size);

        private static Buffer Wide(Compilation compilation, Map map, int time)
        {
            var buffer = compilation.Buffers.PerImage(Map.Bytes(map.Shape, Precision.Fp32));
            buffer.UsedAt(time);
            return buffer;
        }

        private static void Widen(Buffer map, Buffer? wide, int first, nint values)
        {
            if (wide is not null)
                ParameterKernels.Widen((Bf16*)map.At(first), (float*)wide.At(first), values);
        }

        private static void Round(Buffer? wide, Buffer map, int first, nint values)
        {
            if (wide is not null)
                ParameterKernels.Round((float*)wide.At(first), (Bf16*)map.At(first), values);
        }
    }
}
