using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// A norm, the sum with a residual and the ReLU that follow it, in one operation. A slot without normalization is one, and so are a sum
/// and a ReLU that follow no norm: they normalize nothing and learn nothing.
/// </summary>
internal sealed unsafe class NormOperation : Operation
{
    private const int Alignment = 64;

    private readonly Norm _norm;
    private readonly NormState? _state;
    private readonly ParameterArray? _gamma;
    private readonly ParameterArray? _beta;
    private readonly Map _input;
    private readonly Map? _residual;
    private readonly bool _relu;
    private readonly ReluMask _mask;
    private readonly int _channels;
    private readonly int _images;
    private readonly nint _imageBytes;
    private readonly PoolingBlocks _blocks;
    private readonly NormKernels _kernels;
    private readonly NormTables _tables;
    private readonly float* _tableMemory;

    // Of every block, [S, G]: mean, sum of squared deviations, and 1 / sqrt(var + epsilon).
    private readonly double* _mean;
    private readonly double* _deviations;
    private readonly double* _inverse;

    // A share of the images in each thread.
    private readonly Action<int, int> _moments;
    private readonly Action<int, int> _normalize;
    private readonly Action<int, int> _normalizeBlocks;
    private readonly Action<int, int> _sums;
    private readonly Action<int, int> _inputGradients;
    private readonly Action<int, int> _gradientBlocks;

    private bool _fromBatch;
    private Buffer? _dy;
    private Buffer? _dy2;
    private Buffer? _g;
    private Buffer? _dx;

    /// <summary>Makes the operation.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="slot">The norm's slot; null: there is none, only what follows.</param>
    /// <param name="input">x.</param>
    /// <param name="residual">What is added; null: nothing.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    internal NormOperation(Compilation compilation, NormSlot? slot, Map input, Map? residual, bool relu)
        : base(compilation, slot?.Name ?? "")
    {
        (_input, _residual, _relu) = (input, residual, relu);
        _norm = slot is null ? new Norm("", null, Affine.None) : compilation.Settings.Network.Norm;
        _state = slot is null ? null : compilation.Parameters.Norm(slot);
        _gamma = compilation.Parameters.Find($"{Layer}.weight");
        _beta = compilation.Parameters.Find($"{Layer}.bias");
        (_channels, _images) = (input.Shape.Channels, compilation.Images);
        _imageBytes = (nint)Map.Bytes(1, input.Shape, input.Precision);
        _blocks = _norm.Pooling?.Over(_images, compilation.Workers, _channels) ?? new PoolingBlocks(_images, 1, 1, _channels);
        _kernels = NormKernels.For(input.Precision, _channels);

        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        residual?.ReadAt(time);
        Output = compilation.NewMap(input.Shape, input.Precision, input.NeedsGradient || _gamma is not null || _beta is not null, time);
        _mask = !relu ? ReluMask.None : residual is null ? ReluMask.FromInput : ReluMask.FromOutput;
        Output.KeptByMaker = _mask == ReluMask.FromOutput;

        var cells = (nint)_images * _channels;
        var statistics = (nint)_blocks.SampleBlocks * _blocks.ChannelBlocks;
        var bytes = (nuint)((((7 * cells) + _channels) * sizeof(float)) + (3 * statistics * sizeof(double)));
        _mean = (double*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_mean, bytes);
        _deviations = _mean + statistics;
        _inverse = _deviations + statistics;
        _tableMemory = (float*)(_inverse + statistics);
        _tables = new NormTables
        {
            Mean = _tableMemory,
            Deviations = _tableMemory + cells,
            Scale = _tableMemory + (2 * cells),
            Sum = _tableMemory + (3 * cells),
            Product = _tableMemory + (4 * cells),
            Level = _tableMemory + (5 * cells),
            Slope = _tableMemory + (6 * cells),
            Shift = _beta is null ? _tableMemory + (7 * cells) : _beta.Values,
        };
        new Span<double>(_inverse, (int)statistics).Fill(1);

        (_moments, _normalize, _normalizeBlocks) = (Moments, Normalize, NormalizeBlocks);
        (_sums, _inputGradients, _gradientBlocks) = (Sums, InputGradients, GradientBlocks);
    }

    /// <inheritdoc/>
    internal override Map Output { get; }

    /// <inheritdoc/>
    internal override void PlanBackward()
    {
        var time = Compilation.Buffers.Tick();
        var gradients = Output.Gradients;
        if (gradients.Count is < 1 or > 2)
            throw new NotSupportedException($"The output of {Layer} is read {gradients.Count} times; this engine adds up to two gradients.");
        _dy = gradients[0].Buffer;
        _dy2 = gradients.Count > 1 ? gradients[1].Buffer : null;
        _dy.UsedAt(time);
        _dy2?.UsedAt(time);
        _input.Data.UsedAt(time);
        if (_mask == ReluMask.FromOutput)
            Output.Data.UsedAt(time);

        // g is written where it is not simply dy, into a gradient that nobody else needs.
        _g = _dy;
        if (_dy2 is not null || _mask == ReluMask.FromOutput)
        {
            _g = gradients.FirstOrDefault(gradient => !gradient.Shared).Buffer ?? Compilation.Buffers.Reserve(_images * _imageBytes);
            _g.UsedAt(time);
        }

        if (_residual is { NeedsGradient: true })
            _residual.AddGradient(_g, shared: true);
        if (_input.NeedsGradient)
        {
            // In place of x, which nobody needs any more.
            _dx = _input is { Readers: 1, KeptByMaker: false } ? _input.Data : Compilation.Buffers.Reserve(_images * _imageBytes);
            _dx.UsedAt(time);
            _input.AddGradient(_dx);
        }
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward() => [new("norm forward", Layer, Forwards)];

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward()
    {
        yield return new("norm backward", Layer, Backwards);
        if (_gamma is not null || _beta is not null)
        {
            yield return new("update", Layer, () =>
            {
                _gamma?.Update(Compilation.Pass.Rate);
                _beta?.Update(Compilation.Pass.Rate);
            }, Updates: true);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.AlignedFree(_mean);
        base.Dispose();
    }

    private void Forwards()
    {
        var mode = Compilation.Pass.Mode;
        _fromBatch = _norm.Pooling is not null && !(_norm.HasRunningStatistics && mode is NormMode.MovingAverage or NormMode.Population);
        if (!_fromBatch)
            UseStored(mode);

        if (_blocks.SampleBlocks > 1)
        {
            Compilation.Team.Split(_normalizeBlocks, 0, _blocks.SampleBlocks);
        }
        else
        {
            if (_fromBatch)
            {
                Compilation.Team.Split(_moments, 0, _images);
                Pool(0);
            }

            Compilation.Team.Split(_normalize, 0, _images);
        }

        if (_norm.HasRunningStatistics && mode is NormMode.Train or NormMode.Collect)
            Keep(mode);
    }

    private void Backwards()
    {
        if (_blocks.SampleBlocks > 1)
        {
            Compilation.Team.Split(_gradientBlocks, 0, _blocks.SampleBlocks);
        }
        else
        {
            Compilation.Team.Split(_sums, 0, _images);
            PoolGradients(0);
            if (_dx is not null)
                Compilation.Team.Split(_inputGradients, 0, _images);
        }

        if (_gamma is not null || _beta is not null)
        {
            NormPooling.AffineGradients(_tables, _blocks, _inverse, _gamma is null ? null : _gamma.Gradients, _beta is null ? null : _beta.Gradients);
        }
    }

    /// <summary>Block by block, so that a block that is one image is still in the cache when it is read again.</summary>
    private void NormalizeBlocks(int first, int count)
    {
        for (var block = first; block < first + count; block++)
        {
            if (_fromBatch)
            {
                Moments(block * _blocks.Samples, _blocks.Samples);
                Pool(block);
            }

            Normalize(block * _blocks.Samples, _blocks.Samples);
        }
    }

    private void GradientBlocks(int first, int count)
    {
        for (var block = first; block < first + count; block++)
        {
            Sums(block * _blocks.Samples, _blocks.Samples);
            PoolGradients(block);
            if (_dx is not null)
                InputGradients(block * _blocks.Samples, _blocks.Samples);
        }
    }

    private void Moments(int first, int count) =>
        _kernels.Moments(At(_input.Data, first), count, _input.Area, _tables.From(first, _channels));

    private void Normalize(int first, int count) =>
        _kernels.Normalize(At(_input.Data, first), At(_residual?.Data, first), At(Output.Data, first), _relu, count, _input.Area,
            _tables.From(first, _channels));

    private void Sums(int first, int count) =>
        _kernels.GradientSums(At(_dy, first), At(_dy2, first), At(_input.Data, first), At(Output.Data, first), At(_g, first), _mask, count,
            _input.Area, _tables.From(first, _channels));

    private void InputGradients(int first, int count) =>
        _kernels.InputGradient(At(_g, first), At(_input.Data, first), At(_dx, first), _mask == ReluMask.FromInput, count, _input.Area,
            _tables.From(first, _channels));

    private void* At(Buffer? map, int image) => map is null ? null : (byte*)map.Pointer + (image * _imageBytes);

    private void Pool(int block)
    {
        var statistics = (nint)block * _blocks.ChannelBlocks;
        NormPooling.PoolMoments(_tables, block * _blocks.Samples, _blocks, _input.Area, _gamma is null ? null : _gamma.Values,
            _mean + statistics, _deviations + statistics, _inverse + statistics);
    }

    private void PoolGradients(int block)
    {
        if (_norm.Pooling is not null)
        {
            NormPooling.PoolGradients(_tables, block * _blocks.Samples, _blocks, _input.Area, _gamma is null ? null : _gamma.Values,
                _inverse + ((nint)block * _blocks.ChannelBlocks));
        }
    }

    /// <summary>Mean and scale from elsewhere, the same for every image: from what was remembered, or 0 and 1 where nothing is normalized.</summary>
    private void UseStored(NormMode mode)
    {
        for (var c = 0; c < _channels; c++)
        {
            var (mean, inverse) = _norm.Pooling is null ? (0, 1) : _state!.Stored(c, mode == NormMode.Population);
            var scale = (float)(inverse * (_gamma is null ? 1 : _gamma.Values[c]));
            for (nint n = 0; n < _images; n++)
            {
                _tables.Mean[(n * _channels) + c] = (float)mean;
                _tables.Scale[(n * _channels) + c] = scale;
            }
        }
    }

    /// <summary>Remembers the first worker's statistics, as data-parallel training does.</summary>
    private void Keep(NormMode mode)
    {
        var count = (double)_blocks.Samples * _blocks.Channels * _input.Area;
        var mean = new ReadOnlySpan<double>(_mean, _blocks.ChannelBlocks);
        var deviations = new ReadOnlySpan<double>(_deviations, _blocks.ChannelBlocks);
        if (mode == NormMode.Collect)
            _state!.AddToPopulation(mean, deviations, count);
        else
            _state!.MoveTowards(mean, deviations, count);
    }
}
