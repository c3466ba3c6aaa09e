using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn.Interop;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>A convolution: three primitives of oneDNN, the last of which is followed at once by the update of the weights it is for.</summary>
internal sealed unsafe class ConvolutionOperation : Operation
{
    private readonly Map _input;
    private readonly ConvolutionPrimitive _forward;
    private readonly ConvolutionPrimitive? _byInput;
    private readonly ConvolutionPrimitive? _byWeights;
    private readonly ParameterArray _weights;
    private readonly WeightCopy _forwardWeights;
    private readonly WeightCopy? _backwardWeights;
    private readonly Staging _forwardStaging;
    private Staging? _backwardStaging;
    private Buffer? _outputGradient;
    private Buffer? _inputGradient;

    internal ConvolutionOperation(Compilation compilation, Convolution layer, Map input) : base(compilation, layer.Name)
    {
        _input = input;
        var time = compilation.Buffers.Tick();
        var shape = new ConvolutionShape(
            compilation.Images, layer.In, input.Shape.Height, input.Shape.Width, layer.Out, layer.Kernel, layer.Stride, layer.Padding);
        Output = compilation.NewMap(new(layer.Out, shape.OutHeight, shape.OutWidth), input.Precision, needsGradient: true, time);
        input.ReadAt(time);

        var emulated = input.Precision == Precision.Bf16 && compilation.EmulateBf16;
        var type = input.Precision == Precision.Bf16 && !emulated ? DataType.Bf16 : DataType.Fp32;
        var format = emulated ? WeightFormat.RoundedFp32 : type == DataType.Bf16 ? WeightFormat.Bf16 : WeightFormat.Fp32;
        ConvolutionPrimitive Make(Propagation pass) => new(compilation.Context, pass, shape, type, pass == Propagation.ForwardTraining ? null : _forward);

        _forward = Make(Propagation.ForwardTraining);
        if (compilation.Training)
        {
            _byWeights = Make(Propagation.BackwardWeights);
            if (input.NeedsGradient)
                _byInput = Make(Propagation.BackwardData);
        }

        _weights = compilation.Parameters.Get($"{layer.Name}.weight", () => _byWeights?.WeightOrder() ?? _forward.WeightOrder());
        _forwardWeights = _weights.Copy(_forward.WeightOrder(), format, compilation.Training);
        _backwardWeights = _byInput is null ? null : _weights.Copy(_byInput.WeightOrder(), format, inTraining: true);
        _forwardStaging = new Staging(compilation, time, emulated, _forward.ScratchBytes, input, Output);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        _outputGradient = Output.Gradients.Single().Buffer;
        _outputGradient.UsedAt(time);
        _input.Data.UsedAt(time);
        if (_byInput is not null)
        {
            _inputGradient = Compilation.Buffers.Reserve(Map.Bytes(Compilation.Images, _input.Shape, _input.Precision));
            _inputGradient.UsedAt(time);
            _input.AddGradient(_inputGradient);
        }

        _backwardStaging = new Staging(
            Compilation, time, _forwardStaging.Emulates, Math.Max(_byWeights!.ScratchBytes, _byInput?.ScratchBytes ?? 0), _input, Output);
    }

    /// <inheritdoc/>
    internal override void Bind()
    {
        _forward.Bind(_forwardStaging.Source(_input.Data), _forwardWeights.Pointer, _forwardStaging.Destination(Output.Data), _forwardStaging.Scratch);
        if (_backwardStaging is null)
            return;
        var destination = _backwardStaging.Destination(_outputGradient!);
        _byWeights!.Bind(_backwardStaging.Source(_input.Data), _weights.Gradients, destination, _backwardStaging.Scratch);
        _byInput?.Bind(_backwardStaging.Source(_inputGradient!), _backwardWeights!.Pointer, destination, _backwardStaging.Scratch);
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() =>
    [
        new("convolution forward", Layer, () =>
        {
            _forwardWeights.Refresh();
            _forwardStaging.WidenSource(_input.Data);
            _forward.Execute();
            _forwardStaging.RoundDestination(Output.Data);
        }),
    ];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward()
    {
        yield return new("convolution weight gradient", Layer, () =>
        {
            _backwardStaging!.WidenSource(_input.Data);
            _backwardStaging.WidenDestination(_outputGradient!);
            _byWeights!.Execute();
        });
        if (_byInput is not null)
        {
            yield return new("convolution input gradient", Layer, () =>
            {
                _backwardWeights!.Refresh();
                _byInput.Execute();
                _backwardStaging!.RoundSource(_inputGradient!);
            });
        }

        yield return new("update", Layer, () => _weights.Update(Compilation.Pass.Rate), Updates: true);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _forward.Dispose();
        _byInput?.Dispose();
        _byWeights?.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Scratch memory of a pass, and where bfloat16 is emulated the maps in fp32, since the library has no convolution for them on this
    /// processor. Without emulation maps are used where they lie.
    /// </summary>
    private sealed class Staging(Compilation compilation, int time, bool emulates, long scratchBytes, Map source, Map destination)
    {
        private readonly Buffer _scratch = compilation.Scratch(scratchBytes, time);
        private readonly Buffer? _source = emulates ? compilation.Scratch(Map.Bytes(compilation.Images, source.Shape, Precision.Fp32), time) : null;

        private readonly Buffer? _destination =
            emulates ? compilation.Scratch(Map.Bytes(compilation.Images, destination.Shape, Precision.Fp32), time) : null;

        private readonly nint _sourceValues = (nint)compilation.Images * source.Shape.Size;
        private readonly nint _destinationValues = (nint)compilation.Images * destination.Shape.Size;

        internal bool Emulates { get; } = emulates;

        internal void* Scratch => _scratch.Pointer;

        internal void* Source(Buffer map) => (_source ?? map).Pointer;

        internal void* Destination(Buffer map) => (_destination ?? map).Pointer;

        internal void WidenSource(Buffer map) => Widen(map, _source, _sourceValues);

        internal void WidenDestination(Buffer map) => Widen(map, _destination, _destinationValues);

        internal void RoundSource(Buffer map) => Round(_source, map, _sourceValues);

        internal void RoundDestination(Buffer map) => Round(_destination, map, _destinationValues);

        private static void Widen(Buffer map, Buffer? wide, nint count)
        {
            if (wide is not null)
                ParameterKernels.Widen((Bf16*)map.Pointer, (float*)wide.Pointer, count);
        }

        private static void Round(Buffer? wide, Buffer map, nint count)
        {
            if (wide is not null)
                ParameterKernels.Round((float*)wide.Pointer, (Bf16*)map.Pointer, count);
        }
    }
}
