using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// A norm, the sum with a residual and the ReLU that follow it, in one operation: the passes over its maps. The operation also stands
/// for a slot without normalization, for a layer scale, and for a sum and a ReLU that follow no norm, which normalize and learn nothing.
/// </summary>
internal sealed unsafe class NormOperation : Operation
{
    private const int Alignment = 64;

    private readonly Map _input;
    private readonly Map? _residual;
    private readonly bool _relu;
    private readonly ReluMask _mask;
    private readonly BlockStatistics _statistics;
    private readonly NormKernels _kernels;

    // Whether no block of samples reaches from one chunk into another. Such a norm takes a chunk through all its passes at once.
    private readonly bool _isLocal;

    // Each runs on one thread's share of the images (or blocks of samples): [first, first + count).
    private readonly Action<int, int> _moments;
    private readonly Action<int, int> _normalize;
    private readonly Action<int, int> _normalizeBlocks;
    private readonly Action<int, int> _sums;
    private readonly Action<int, int> _inputGradients;
    private readonly Action<int, int> _gradientBlocks;

    private Buffer? _dy;
    private Buffer? _dy2;
    private Buffer? _g;
    private Buffer? _dx;

    /// <summary>Makes the operation.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="layer">The norm's slot, or a layer scale; null: neither, only the sum and the ReLU.</param>
    /// <param name="input">x.</param>
    /// <param name="residual">What is added; null: nothing.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    internal NormOperation(Compilation compilation, Layer? layer, Map input, Map? residual, bool relu)
        : base(compilation, layer?.Name ?? "")
    {
        (_input, _residual, _relu) = (input, residual, relu);
        _statistics = new BlockStatistics(compilation, layer, input.Shape.Channels, input.Area);
        _kernels = NormKernels.For(input.Precision, input.Shape.Channels);
        _isLocal = compilation.Images == compilation.Chunk || compilation.Chunk % _statistics.Blocks.Samples == 0;

        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        if (!_isLocal)
        {
            compilation.Buffers.Barrier();
            time = compilation.Buffers.Tick();
            input.Data.UsedAt(time);
        }

        residual?.ReadAt(time);
        Output = compilation.NewMap(input.Shape, input.Precision, input.NeedsGradient || _statistics.HasAffine, time);
        _mask = !relu ? ReluMask.None : residual is null ? ReluMask.FromInput : ReluMask.FromOutput;
        Output.KeptByMaker = _mask == ReluMask.FromOutput;

        (_moments, _normalize, _normalizeBlocks) = (Moments, Normalize, NormalizeBlocks);
        (_sums, _inputGradients, _gradientBlocks) = (Sums, InputGradients, GradientBlocks);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    // The images of one block of samples.
    private int BlockSize => _statistics.Blocks.Samples;

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        (_dy, _dy2) = Output.OneOrTwoGradients(Layer);
        _dy.UsedAt(time);
        _dy2?.UsedAt(time);
        _input.Data.UsedAt(time);
        if (_mask == ReluMask.FromOutput)
            Output.Data.UsedAt(time);

        // If g is not simply dy, it is written into a gradient that nobody else needs.
        _g = _dy;
        if (_dy2 is not null || _mask == ReluMask.FromOutput)
        {
            _g = Output.Gradients.FirstOrDefault(gradient => !gradient.Shared).Buffer ?? NewGradient();
            _g.UsedAt(time);
        }

        if (!_isLocal)
        {
            Compilation.Buffers.Barrier();
            time = Compilation.Buffers.Tick();
            _g.UsedAt(time);
            _input.Data.UsedAt(time);
        }

        if (_residual is { NeedsGradient: true })
            _residual.AddGradient(_g, shared: true);
        if (_input.NeedsGradient)
        {
            // dx takes the memory of x if nobody else needs x any more.
            _dx = _input is { Readers: 1, KeptByMaker: false } ? _input.Data : NewGradient();
            _dx.UsedAt(time);
            _input.AddGradient(_dx);
        }

        Buffer NewGradient() => Compilation.Buffers.PerImage(Map.Bytes(_input.Shape, _input.Precision));
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Forward()
    {
        const string kernel = "norm forward";
        return _isLocal
            ? [new(kernel, Layer, ForwardsLocally)]
            :
            [
                new(kernel, Layer, MomentsOfChunk),
                new(kernel, Layer, (_, _) => PoolAll(), CallTime.AllImages),
                new(kernel, Layer, (first, count) => Compilation.Team.Split(_normalize, first, count)),
            ];
    }

    /// <inheritdoc/>
    internal override IEnumerable<KernelCall> Backward()
    {
        const string kernel = "norm backward";
        var calls = new List<KernelCall>();
        if (_isLocal)
        {
            calls.Add(new(kernel, Layer, BackwardsLocally));
        }
        else
        {
            calls.Add(new(kernel, Layer, (first, count) => Compilation.Team.Split(_sums, first, count)));
            calls.Add(new(kernel, Layer, (_, _) => PoolAllGradients(), CallTime.AllImages));
            if (_dx is not null)
                calls.Add(new(kernel, Layer, (first, count) => Compilation.Team.Split(_inputGradients, first, count)));
        }

        if (_statistics.HasAffine)
            calls.Add(new("update", Layer, (_, _) => _statistics.Update(), CallTime.Update));
        return calls;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _statistics.Dispose();
        base.Dispose();
    }

    private void ForwardsLocally(int first, int count)
    {
        if (first == 0)
            _statistics.Begin();
        if (count == BlockSize)
        {
            // There is one block: the threads share out its images, not the blocks.
            if (_statistics.FromBatch)
            {
                Compilation.Team.Split(_moments, first, count);
                _statistics.Pool(first / count);
            }

            Compilation.Team.Split(_normalize, first, count);
        }
        else
        {
            Compilation.Team.Split(_normalizeBlocks, first / BlockSize, count / BlockSize);
        }

        if (first + count == Compilation.Images)
            _statistics.Remember();
    }

    private void BackwardsLocally(int first, int count)
    {
        if (count == BlockSize)
        {
            Compilation.Team.Split(_sums, first, count);
            _statistics.PoolGradients(first / count);
            if (_dx is not null)
                Compilation.Team.Split(_inputGradients, first, count);
        }
        else
        {
            Compilation.Team.Split(_gradientBlocks, first / BlockSize, count / BlockSize);
        }

        if (first + count == Compilation.Images)
            _statistics.AffineGradients();
    }

    private void MomentsOfChunk(int first, int count)
    {
        if (first == 0)
            _statistics.Begin();
        if (_statistics.FromBatch)
            Compilation.Team.Split(_moments, first, count);
    }

    private void PoolAll()
    {
        if (_statistics.FromBatch)
        {
            for (var block = 0; block < _statistics.Blocks.SampleBlocks; block++)
                _statistics.Pool(block);
        }

        _statistics.Remember();
    }

    private void PoolAllGradients()
    {
        for (var block = 0; block < _statistics.Blocks.SampleBlocks; block++)
            _statistics.PoolGradients(block);
        _statistics.AffineGradients();
    }

    /// <summary>Normalizes block by block, so that a block that is one image is still in the cache when it is read again.</summary>
    private void NormalizeBlocks(int first, int count)
    {
        for (var block = first; block < first + count; block++)
        {
            if (_statistics.FromBatch)
            {
                Moments(block * BlockSize, BlockSize);
                _statistics.Pool(block);
            }

            Normalize(block * BlockSize, BlockSize);
        }
    }

    private void GradientBlocks(int first, int count)
    {
        for (var block = first; block < first + count; block++)
        {
            Sums(block * BlockSize, BlockSize);
            _statistics.PoolGradients(block);
            if (_dx is not null)
                InputGradients(block * BlockSize, BlockSize);
        }
    }

    private void Moments(int first, int count) => _kernels.Moments(_input.Data.At(first), count, _input.Area, _statistics.From(first));

    private void Normalize(int first, int count)
    {
        var residual = _residual is null ? null : _residual.Data.At(first);
        _kernels.Normalize(_input.Data.At(first), residual, Output.Data.At(first), _relu, count, _input.Area, _statistics.From(first));
        if (Compilation.Pass.ObservedSlot is { } slot && slot == Layer)
            Observe(first, count);
    }

    /// <summary>Copies out what entered the norm, or what leaves it before a residual is added and before a ReLU.</summary>
    private void Observe(int first, int count)
    {
        if (Compilation.Pass.ObservedSide == SlotSide.Input)
        {
            Compilation.Pass.Observe(_input, _input.Data.At(first), first, count);
            return;
        }

        var output = NativeMemory.AlignedAlloc((nuint)((nint)count * _input.Shape.Size * sizeof(float)), Alignment);
        _kernels.Normalize(_input.Data.At(first), null, output, relu: false, count, _input.Area, _statistics.From(first));
        Compilation.Pass.Observe(_input, output, first, count);
        NativeMemory.AlignedFree(output);
    }

    private void Sums(int first, int count)
    {
        var dy2 = _dy2 is null ? null : _dy2.At(first);
        _kernels.GradientSums(
            _dy!.At(first), dy2, _input.Data.At(first), Output.Data.At(first), _g!.At(first), _mask, count, _input.Area, _statistics.From(first));
    }

    private void InputGradients(int first, int count) => _kernels.InputGradient(
        _g!.At(first), _input.Data.At(first), _dx!.At(first), _mask == ReluMask.FromInput, count, _input.Area, _statistics.From(first));
}
