using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
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
    private readonly int _position;
    private readonly ParameterArray? _gamma;
    private readonly ParameterArray? _beta;
    private readonly Map _input;
    private readonly Map? _residual;
    private readonly bool _relu;
    private readonly ReluMask _mask;
    private readonly int _channels;
    private readonly int _images;
    private readonly bool _isLocal;
    private readonly bool _isPooled;
    private readonly PoolingBlocks _blocks;
    private readonly NormKernels _kernels;
    private readonly NormTables _tables;

    // Of every block, [S, G]: mean, sum of squared deviations, and 1 / sqrt(var + epsilon).
    private readonly double* _mean;
    private readonly double* _deviations;
    private readonly double* _inverse;

    // Where a shift is not beta alone: r and d of every block, [S, G], and s and m of every cell, [N, C]; and what of it is in force.
    private readonly bool _isCorrected;
    private readonly NormCorrection _corrections;
    private NormCorrection _correction;

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
        _position = slot is null ? 0 : compilation.Parameters.PositionOf(slot);
        _gamma = compilation.Parameters.Find($"{Layer}.weight");
        _beta = compilation.Parameters.Find($"{Layer}.bias");
        (_channels, _images) = (input.Shape.Channels, compilation.Images);
        _blocks = _norm.Pooling is { } pooling && (_isPooled = pooling.Divides(_images, compilation.Workers))
            ? pooling.Over(_images, compilation.Workers, _channels)
            : new PoolingBlocks(_images, 1, 1, _channels);
        _kernels = NormKernels.For(input.Precision, _channels);
        // Whether no block of samples reaches from one chunk into another.
        _isLocal = _images == compilation.Chunk || compilation.Chunk % _blocks.Samples == 0;

        var time = compilation.Buffers.Tick();
        input.ReadAt(time);
        if (!_isLocal)
        {
            compilation.Buffers.Barrier();
            time = compilation.Buffers.Tick();
            input.Data.UsedAt(time);
        }

        residual?.ReadAt(time);
        Output = compilation.NewMap(input.Shape, input.Precision, input.NeedsGradient || _gamma is not null || _beta is not null, time);
        _mask = !relu ? ReluMask.None : residual is null ? ReluMask.FromInput : ReluMask.FromOutput;
        Output.KeptByMaker = _mask == ReluMask.FromOutput;

        var cells = (nint)_images * _channels;
        var statistics = (nint)_blocks.SampleBlocks * _blocks.ChannelBlocks;
        _isCorrected = _norm.Renorm is not null || _norm.IsNoisy;
        var bytes = (nuint)((((_isCorrected ? 10 : 7) * cells) + _channels) * sizeof(float)) + (nuint)(5 * statistics * sizeof(double));
        _mean = (double*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_mean, bytes);
        _deviations = _mean + statistics;
        _inverse = _deviations + statistics;
        var table = (float*)(_inverse + (3 * statistics));
        if (_isCorrected)
        {
            _corrections = new NormCorrection
            {
                R = _inverse + statistics,
                D = _inverse + (2 * statistics),
                NoiseScale = table + (8 * cells),
                NoiseShift = table + (9 * cells),
            };
        }

        _tables = new NormTables
        {
            Mean = table,
            Deviations = table + cells,
            Scale = table + (2 * cells),
            Sum = table + (3 * cells),
            Product = table + (4 * cells),
            Level = table + (5 * cells),
            Slope = table + (6 * cells),
            Shift = _beta is null || _isCorrected ? table + (7 * cells) : _beta.Values,
            ShiftStride = _isCorrected ? _channels : 0,
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
        (_dy, _dy2) = Output.OneOrTwoGradients(Layer);
        _dy.UsedAt(time);
        _dy2?.UsedAt(time);
        _input.Data.UsedAt(time);
        if (_mask == ReluMask.FromOutput)
            Output.Data.UsedAt(time);

        // g is written where it is not simply dy, into a gradient that nobody else needs.
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
            // In place of x, which nobody needs any more.
            _dx = _input is { Readers: 1, KeptByMaker: false } ? _input.Data : NewGradient();
            _dx.UsedAt(time);
            _input.AddGradient(_dx);
        }

        Buffer NewGradient() => Compilation.Buffers.PerImage(Map.Bytes(_input.Shape, _input.Precision));
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Forward()
    {
        const string kernel = "norm forward";
        return _isLocal
            ? [new(kernel, Layer, ForwardsLocally)]
            :
            [
                new(kernel, Layer, MomentsOfChunk),
                new(kernel, Layer, (_, _) => PoolAll(), StepKind.Whole),
                new(kernel, Layer, (first, count) => Compilation.Team.Split(_normalize, first, count)),
            ];
    }

    /// <inheritdoc/>
    internal override IEnumerable<Step> Backward()
    {
        const string kernel = "norm backward";
        var steps = new List<Step>();
        if (_isLocal)
        {
            steps.Add(new(kernel, Layer, BackwardsLocally));
        }
        else
        {
            steps.Add(new(kernel, Layer, (first, count) => Compilation.Team.Split(_sums, first, count)));
            steps.Add(new(kernel, Layer, (_, _) => PoolAllGradients(), StepKind.Whole));
            if (_dx is not null)
                steps.Add(new(kernel, Layer, (first, count) => Compilation.Team.Split(_inputGradients, first, count)));
        }

        if (_gamma is not null || _beta is not null)
            steps.Add(new("update", Layer, Update, StepKind.Update));
        return steps;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.AlignedFree(_mean);
        base.Dispose();
    }

    private void ForwardsLocally(int first, int count)
    {
        if (first == 0)
            Begin();
        if (count == _blocks.Samples)
        {
            // One block: its images are shared out, not the blocks.
            if (_fromBatch)
            {
                Compilation.Team.Split(_moments, first, count);
                Pool(first / count);
            }

            Compilation.Team.Split(_normalize, first, count);
        }
        else
        {
            Compilation.Team.Split(_normalizeBlocks, first / _blocks.Samples, count / _blocks.Samples);
        }

        if (first + count == _images)
            Keep();
    }

    private void BackwardsLocally(int first, int count)
    {
        if (count == _blocks.Samples)
        {
            Compilation.Team.Split(_sums, first, count);
            PoolGradients(first / count);
            if (_dx is not null)
                Compilation.Team.Split(_inputGradients, first, count);
        }
        else
        {
            Compilation.Team.Split(_gradientBlocks, first / _blocks.Samples, count / _blocks.Samples);
        }

        if (first + count == _images)
            AffineGradients();
    }

    private void MomentsOfChunk(int first, int count)
    {
        if (first == 0)
            Begin();
        if (_fromBatch)
            Compilation.Team.Split(_moments, first, count);
    }

    private void PoolAll()
    {
        if (_fromBatch)
        {
            for (var block = 0; block < _blocks.SampleBlocks; block++)
                Pool(block);
        }

        Keep();
    }

    private void PoolAllGradients()
    {
        for (var block = 0; block < _blocks.SampleBlocks; block++)
            PoolGradients(block);
        AffineGradients();
    }

    private void AffineGradients()
    {
        if (_gamma is not null || _beta is not null)
            NormPooling.AffineGradients(_tables, _blocks, _inverse, _correction, _gamma is null ? null : _gamma.Gradients, _beta is null ? null : _beta.Gradients);
    }

    private void Update(int first, int count)
    {
        _gamma?.Update(Compilation.Pass.Rate);
        _beta?.Update(Compilation.Pass.Rate);
    }

    /// <summary>Before the first image: where the statistics are from.</summary>
    private void Begin()
    {
        var mode = Compilation.Pass.Mode;
        _fromBatch = _norm.Pooling is not null && !(_norm.HasRunningStatistics && mode is NormMode.MovingAverage or NormMode.Population);
        if (_fromBatch && !_isPooled)
            throw new InvalidOperationException($"{_images} images are no whole number of virtual batches: {_norm}.");
        _correction = default;
        if (!_fromBatch)
            UseStored(mode);
        else if (_isCorrected && mode.IsTraining())
            BeginCorrection();
    }

    private void BeginCorrection()
    {
        if (_norm.Renorm is not null)
        {
            _correction.R = _corrections.R;
            _correction.D = _corrections.D;
        }

        if (!_norm.IsNoisy)
            return;
        _correction.NoiseScale = _corrections.NoiseScale;
        _correction.NoiseShift = _corrections.NoiseShift;
        var cells = _images * _channels;
        ActivationNoise.Draw(Compilation.Settings.Seed, Compilation.Pass.Step.Number, _position, _channels,
            new Span<float>(_correction.NoiseScale, cells), new Span<float>(_correction.NoiseShift, cells));
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
        _kernels.Moments(_input.Data.At(first), count, _input.Area, _tables.From(first, _channels));

    private void Normalize(int first, int count)
    {
        var residual = _residual is null ? null : _residual.Data.At(first);
        _kernels.Normalize(_input.Data.At(first), residual, Output.Data.At(first), _relu, count, _input.Area, _tables.From(first, _channels));
        if (Compilation.Pass.ObservedSlot is { } slot && slot == Layer)
            Observe(first, count);
    }

    /// <summary>Hands out what entered the norm, or what leaves it before a residual is added and before a ReLU.</summary>
    private void Observe(int first, int count)
    {
        var values = (nint)count * _input.Shape.Size;
        var to = Compilation.Pass.Observed + ((nint)first * _input.Shape.Size);
        var output = NativeMemory.AlignedAlloc((nuint)(values * sizeof(float)), Alignment);
        var map = _input.Data.At(first);
        if (Compilation.Pass.ObservedSide == SlotSide.Output)
        {
            _kernels.Normalize(map, null, output, relu: false, count, _input.Area, _tables.From(first, _channels));
            map = output;
        }

        if (_input.Precision == Precision.Bf16)
            ParameterKernels.Widen((Bf16*)map, to, values);
        else
            NativeMemory.Copy(map, to, (nuint)(values * sizeof(float)));
        NativeMemory.AlignedFree(output);
    }

    private void Sums(int first, int count)
    {
        var dy2 = _dy2 is null ? null : _dy2.At(first);
        _kernels.GradientSums(_dy!.At(first), dy2, _input.Data.At(first), Output.Data.At(first), _g!.At(first), _mask, count, _input.Area,
            _tables.From(first, _channels));
    }

    private void InputGradients(int first, int count) =>
        _kernels.InputGradient(_g!.At(first), _input.Data.At(first), _dx!.At(first), _mask == ReluMask.FromInput, count, _input.Area,
            _tables.From(first, _channels));

    private void Pool(int block)
    {
        var statistics = (nint)block * _blocks.ChannelBlocks;
        var gamma = _gamma is null ? null : _gamma.Values;
        NormPooling.PoolMoments(_tables, block * _blocks.Samples, _blocks, _norm.Use, _input.Area, gamma,
            _mean + statistics, _deviations + statistics, _inverse + statistics);
        if (!_isCorrected)
            return;
        if (_correction.R is not null)
            Renormalize(statistics);
        _correction.Apply(_tables, block, _blocks, gamma, _beta is null ? null : _beta.Values);
    }

    /// <summary>r and d of a block, by the moving averages as they were before this step.</summary>
    private void Renormalize(nint statistics)
    {
        for (var g = 0; g < _blocks.ChannelBlocks; g++)
        {
            var (mean, inverse) = _state!.Stored(g * _blocks.Channels, population: false);
            var at = statistics + g;
            (_correction.R[at], _correction.D[at]) =
                _norm.Renorm!.Correct(_mean[at], 1 / _inverse[at], mean, 1 / inverse, Compilation.Pass.Step.RenormRamp);
        }
    }

    private void PoolGradients(int block)
    {
        if (_norm.Pooling is not null)
        {
            NormPooling.PoolGradients(_tables, block * _blocks.Samples, _blocks, _norm.Use, _input.Area,
                _inverse + ((nint)block * _blocks.ChannelBlocks));
        }
    }

    /// <summary>Mean and scale from elsewhere, the same for every image: from what was remembered, or 0 and 1 where nothing is normalized.</summary>
    private void UseStored(NormMode mode)
    {
        for (var c = 0; c < _channels; c++)
        {
            var (mean, inverse) = _norm.Pooling is null ? (0, 1) : _state!.Stored(c, mode == NormMode.Population);
            if (_norm.Use == StatisticsUse.Mean)
                inverse = 1;
            var scale = (float)(inverse * (_gamma is null ? 1 : _gamma.Values[c]));
            for (nint n = 0; n < _images; n++)
            {
                _tables.Mean[(n * _channels) + c] = (float)mean;
                _tables.Scale[(n * _channels) + c] = scale;
                if (_isCorrected)
                    _tables.Shift[(n * _channels) + c] = _beta is null ? 0 : _beta.Values[c];
            }
        }
    }

    /// <summary>Remembers the first worker's statistics, as data-parallel training does.</summary>
    private void Keep()
    {
        var mode = Compilation.Pass.Mode;
        if (!_norm.HasRunningStatistics || mode is not (NormMode.Train or NormMode.Collect))
            return;
        var count = (double)_blocks.Samples * _blocks.Channels * _input.Area;
        for (var block = 0; block < Norm.BlocksToKeep(_blocks.SampleBlocks, Compilation.Workers); block++)
        {
            var mean = new ReadOnlySpan<double>(_mean + ((nint)block * _blocks.ChannelBlocks), _blocks.ChannelBlocks);
            var deviations = new ReadOnlySpan<double>(_deviations + ((nint)block * _blocks.ChannelBlocks), _blocks.ChannelBlocks);
            if (mode == NormMode.Collect)
                _state!.AddToPopulation(mean, deviations, count);
            else
                _state!.MoveTowards(mean, deviations, count);
        }
    }
}
