using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>A norm whose statistics are over channels of one place of one image. A sum and a ReLU that follow are operations of their own.</summary>
internal sealed unsafe class PlaceNormOperation : Operation
{
    private const int Alignment = 64;

    private readonly Map _input;
    private readonly PlaceNormKernels _kernels;
    private readonly LearnableArray? _gamma;
    private readonly LearnableArray? _beta;
    private readonly Buffer _statistics;

    // [C]: what stands for gamma and beta where they are not learnt.
    private readonly float* _ones;
    private readonly float* _zeros;

    // The gradients of each image of a step, [N, C].
    private readonly float* _dgamma;
    private readonly float* _dbeta;
    private readonly Action<int, int> _forward;
    private readonly Action<int, int> _backward;
    private Buffer? _dy;
    private Buffer? _dy2;
    private Buffer? _dx;

    /// <summary>Makes the operation.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="slot">The norm's slot.</param>
    /// <param name="input">x.</param>
    /// <exception cref="InvalidOperationException">The statistics are over several images, which the engine's provider refuses.</exception>
    internal PlaceNormOperation(Compilation compilation, NormSlot slot, Map input) : base(compilation, slot.Name)
    {
        var norm = compilation.Settings.Network.Norm;
        if (norm.Pooling is not { OverSamples: false } pooling)
            throw new InvalidOperationException($"{norm} has statistics of one place over several images.");
        _input = input;
        var groups = Channels / pooling.Channels.ChannelsIn(Channels);
        _kernels = PlaceNormKernels.For(input.Precision, Channels, groups, norm.Use);
        _gamma = compilation.Parameters.Find($"{slot.Name}.weight");
        _beta = compilation.Parameters.Find($"{slot.Name}.bias");
        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        _statistics = compilation.Buffers.PerImage(2L * groups * input.Area * sizeof(float));
        _statistics.UsedAt(time);
        Output = compilation.NewMap(input.Shape, input.Precision, input.NeedsGradient || _gamma is not null || _beta is not null, time);
        var values = (nuint)(2 + (2 * compilation.Images)) * (nuint)Channels;
        _ones = (float*)NativeMemory.AlignedAlloc(values * sizeof(float), Alignment);
        NativeMemory.Clear(_ones, values * sizeof(float));
        new Span<float>(_ones, Channels).Fill(1);
        _zeros = _ones + Channels;
        _dgamma = _zeros + Channels;
        _dbeta = _dgamma + ((nint)compilation.Images * Channels);
        (_forward, _backward) = (Forwards, Backwards);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    private int Channels => _input.Shape.Channels;

    private float* Gamma => _gamma is null ? _ones : _gamma.Values;

    private float* Beta => _beta is null ? _zeros : _beta.Values;

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        (_dy, _dy2) = Output.OneOrTwoGradients(Layer);
        _dy.UsedAt(time);
        _dy2?.UsedAt(time);
        _input.Data.UsedAt(time);
        _statistics.UsedAt(time);
        _dx = PlanInputGradient(_input, time);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward() =>
        [new("norm forward", Layer, (first, count) => Compilation.Team.Split(_forward, first, count))];

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward()
    {
        yield return new("norm backward", Layer, (first, count) => Compilation.Team.Split(_backward, first, count));
        if (_gamma is null && _beta is null)
            yield break;
        yield return new("norm backward", Layer, (_, _) => SumGradients(), CallTime.GradientComplete);
        yield return new("update", Layer, (_, _) => Update(), CallTime.Update);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.AlignedFree(_ones);
        base.Dispose();
    }

    private void Forwards(int first, int count)
    {
        _kernels.Forward(_input.Data.At(first), Output.Data.At(first), Gamma, Beta, (float*)_statistics.At(first), (nint)count * _input.Area);
        if (Compilation.Pass.ObservedSlot is { } slot && slot == Layer)
            Compilation.Pass.Observe(Output, (Compilation.Pass.ObservedSide == SlotSide.Output ? Output : _input).Data.At(first), first, count);
    }

    private void Backwards(int first, int count)
    {
        for (var image = first; image < first + count; image++)
        {
            var row = (nint)image * Channels;
            _kernels.Backward(_dy!.At(image), _dy2 is null ? null : _dy2.At(image), _input.Data.At(image), _dx is null ? null : _dx.At(image),
                Gamma, (float*)_statistics.At(image), _dgamma + row, _dbeta + row, _input.Area);
        }
    }

    private void SumGradients()
    {
        Sum(_dgamma, _gamma);
        Sum(_dbeta, _beta);

        void Sum(float* ofImages, LearnableArray? parameter)
        {
            if (parameter is null)
                return;
            for (var c = 0; c < Channels; c++)
            {
                var sum = 0.0;
                for (nint n = 0; n < Compilation.Images; n++)
                    sum += ofImages[(n * Channels) + c];
                parameter.Gradients[c] = (float)sum;
            }
        }
    }

    private void Update()
    {
        _gamma?.Update(Compilation.Pass.Update);
        _beta?.Update(Compilation.Pass.Update);
    }
}
