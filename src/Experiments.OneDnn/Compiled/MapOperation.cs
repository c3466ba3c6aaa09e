using Experiments.Core.Data.Images;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Compiled;

/// <summary>What the backward pass of an operation reads again.</summary>
[Flags]
internal enum BackwardReads
{
    /// <summary>The gradient of the output alone.</summary>
    GradientAlone = 0,

    /// <summary>The input too.</summary>
    Input = 1,

    /// <summary>The output too.</summary>
    Output = 2,
}

/// <summary>An operation that makes one map from one other and learns nothing: one kernel forward, one backward.</summary>
internal abstract unsafe class MapOperation : Operation
{
    private readonly string _kernel;
    private readonly BackwardReads _reads;
    private Buffer? _outputGradient;
    private Buffer? _inputGradient;

    /// <summary>Plans the forward pass.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="layer">The layer's name.</param>
    /// <param name="kernel">What the kernels do, for a profile.</param>
    /// <param name="input">The map that is read.</param>
    /// <param name="shape">The size of one image's output.</param>
    /// <param name="precision">The output's number format.</param>
    /// <param name="reads">What the backward pass reads again.</param>
    protected MapOperation(
        Compilation compilation, string layer, string kernel, Map input, ImageShape shape, Precision precision, BackwardReads reads)
        : base(compilation, layer)
    {
        (_kernel, _reads, Input) = (kernel, reads, input);
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        Output = compilation.NewMap(shape, precision, input.NeedsGradient, time);
        Output.KeptByMaker = reads.HasFlag(BackwardReads.Output);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <summary>The map that is read.</summary>
    protected Map Input { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        if (!Input.NeedsGradient)
            return;
        var time = Compilation.Buffers.Tick();
        _outputGradient = PlanOutputGradient(time);
        if (_reads.HasFlag(BackwardReads.Input))
            Input.Data.UsedAt(time);
        if (_reads.HasFlag(BackwardReads.Output))
            Output.Data.UsedAt(time);
        _inputGradient = PlanInputGradient(Input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward() =>
        [new(_kernel, Layer, (first, count) => Forward(Input.Data.At(first), Output.Data.At(first), count))];

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward() => _inputGradient is null
        ? []
        : [new(_kernel, Layer, (first, count) => Backward(_outputGradient!.At(first), _inputGradient.At(first), first, count))];

    /// <summary>Says which gradient of the output the backward pass reads: by default that of its one reader.</summary>
    protected virtual Buffer PlanOutputGradient(int time)
    {
        var gradient = Output.OnlyGradient(Layer);
        gradient.UsedAt(time);
        return gradient;
    }

    /// <summary>The kernel of the forward pass.</summary>
    /// <param name="x">The input of the first image.</param>
    /// <param name="y">The output of the first image.</param>
    /// <param name="count">How many images.</param>
    protected abstract void Forward(void* x, void* y, int count);

    /// <summary>The kernel of the backward pass.</summary>
    /// <param name="dy">The output's gradient of the first image.</param>
    /// <param name="dx">The input's gradient of the first image.</param>
    /// <param name="first">The first image.</param>
    /// <param name="count">How many images.</param>
    protected abstract void Backward(void* dy, void* dx, int first, int count);
}
