using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// The statistics of one norm operation: where a pass takes them from (the batch, or what the layer remembers), how they are pooled over
/// blocks of the table of moments [N, C], what corrects them, and what the layer remembers of them.
/// </summary>
internal sealed unsafe class BlockStatistics : IDisposable
{
    private readonly Compilation _compilation;
    private readonly Norm _norm;
    private readonly NormState? _state;
    private readonly int _position;
    private readonly int _area;
    private readonly int _channels;
    private readonly bool _isCorrected;

    // Whether the images fall into whole blocks, so that each has a statistic of the batch.
    private readonly bool _divides;
    private readonly NormMemory _memory;
    private NormCorrection _correction;

    /// <summary>Prepares.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="layer">The norm's slot, or a layer scale, which normalizes nothing and has a gamma; null: nothing at all is done.</param>
    /// <param name="channels">C.</param>
    /// <param name="area">H * W.</param>
    internal BlockStatistics(Compilation compilation, Layer? layer, int channels, int area)
    {
        (_compilation, _channels, _area) = (compilation, channels, area);
        _norm = layer is NormSlot ? compilation.Settings.Network.Norm : new Norm("", null, Affine.None);
        if (layer is NormSlot slot)
        {
            _state = compilation.Parameters.Norm(slot);
            _position = compilation.Parameters.PositionOf(slot);
        }

        if (layer is not null)
        {
            Gamma = compilation.Parameters.Find($"{layer.Name}.weight");
            Beta = compilation.Parameters.Find($"{layer.Name}.bias");
        }

        Blocks = _norm.Pooling is { } pooling && (_divides = pooling.Divides(compilation.Images, compilation.Workers))
            ? pooling.Over(compilation.Images, compilation.Workers, channels, area)
            : new PoolingBlocks(compilation.Images, 1, 1, channels, 1, area);
        _isCorrected = _norm.Renorm is not null || _norm.IsNoisy;
        _memory = new NormMemory(Blocks, Beta, _isCorrected);
    }

    /// <summary>gamma, [C]; null: it is not learnt.</summary>
    internal LearnableArray? Gamma { get; }

    /// <summary>beta, [C]; null: it is not learnt.</summary>
    internal LearnableArray? Beta { get; }

    /// <summary>Whether anything is learnt.</summary>
    internal bool HasAffine => Gamma is not null || Beta is not null;

    /// <summary>How the table of moments falls into blocks that share a statistic.</summary>
    internal PoolingBlocks Blocks { get; }

    /// <summary>Whether this pass computes its statistics from the batch.</summary>
    internal bool FromBatch { get; private set; }

    /// <summary>The tables that passes over the maps read and write, from an image on.</summary>
    internal NormTables From(int image) => _memory.Tables.From(image, _channels);

    /// <summary>Before the first image of a pass: decides where the statistics come from.</summary>
    /// <exception cref="InvalidOperationException">They come from the batch, whose images do not fall into whole blocks.</exception>
    internal void Begin()
    {
        var mode = _compilation.Pass.Mode;
        FromBatch = _norm.Pooling is not null && !(_norm.HasRunningStatistics && (mode is NormMode.MovingAverage or NormMode.Population || IsFrozenIn(mode)));
        if (FromBatch && !_divides)
            throw new InvalidOperationException($"{_compilation.Images} images are not a whole number of virtual batches: {_norm}.");
        _correction = default;
        if (!FromBatch)
            UseStored(mode);
        else if (_isCorrected && mode.IsTraining())
            BeginCorrection();
    }

    private bool IsFrozenIn(NormMode mode) => mode.IsTraining() && _compilation.Settings.StatisticsAreFrozen;

    /// <summary>Turns the moments of a block's cells into the mean, scale and shift that normalize them.</summary>
    internal void Pool(int block)
    {
        var at = (nint)block * Blocks.ChannelBlocks;
        var gamma = Gamma is null ? null : Gamma.Values;
        NormPooling.PoolMoments(
            _memory.Tables, block * Blocks.Samples, Blocks, _norm.Use, _area, gamma, _memory.Mean + at, _memory.Deviations + at, _memory.Inverse + at);
        if (!_isCorrected)
            return;
        if (_correction.R is not null)
            Renormalize(at);
        _correction.Apply(_memory.Tables, block, Blocks, gamma, Beta is null ? null : Beta.Values);
    }

    /// <summary>Turns the two sums of a block's cells into the terms of the gradient by the input. Does nothing if the statistics are constants.</summary>
    internal void PoolGradients(int block)
    {
        if (FromBatch)
        {
            NormPooling.PoolGradients(
                _memory.Tables, block * Blocks.Samples, Blocks, _norm.Use, _area, _memory.Inverse + ((nint)block * Blocks.ChannelBlocks));
        }
    }

    /// <summary>Computes the gradients by gamma and beta, once the sums of all cells are there.</summary>
    internal void AffineGradients()
    {
        if (HasAffine)
        {
            NormPooling.AffineGradients(
                _memory.Tables, Blocks, _memory.Inverse, _correction, Gamma is null ? null : Gamma.Gradients, Beta is null ? null : Beta.Gradients);
        }
    }

    /// <summary>Updates gamma and beta by one step of the optimizer.</summary>
    internal void Update()
    {
        Gamma?.Update(_compilation.Pass.Update);
        Beta?.Update(_compilation.Pass.Update);
    }

    /// <summary>After the last image of a pass: remembers the first worker's statistics, as data-parallel training does.</summary>
    internal void Remember()
    {
        var mode = _compilation.Pass.Mode;
        if (!_norm.HasRunningStatistics || mode is not (NormMode.Train or NormMode.Collect) || IsFrozenIn(mode))
            return;
        var count = (double)Blocks.Values;
        for (var block = 0; block < Norm.BlocksToKeep(Blocks.SampleBlocks, _compilation.Workers); block++)
        {
            var at = (nint)block * Blocks.ChannelBlocks;
            var mean = new ReadOnlySpan<double>(_memory.Mean + at, Blocks.ChannelBlocks);
            var deviations = new ReadOnlySpan<double>(_memory.Deviations + at, Blocks.ChannelBlocks);
            if (mode == NormMode.Collect)
                _state!.Population.Add(mean, deviations, count);
            else
                _state!.MoveTowards(mean, deviations, count);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private void BeginCorrection()
    {
        if (_norm.Renorm is not null)
        {
            _correction.R = _memory.Correction.R;
            _correction.D = _memory.Correction.D;
        }

        if (!_norm.IsNoisy)
            return;
        _correction.NoiseScale = _memory.Correction.NoiseScale;
        _correction.NoiseShift = _memory.Correction.NoiseShift;
        var cells = _compilation.Images * _channels;
        ActivationNoise.Draw(_compilation.Settings.Seed, _compilation.Pass.Step.Number, _position, _channels,
            new Span<float>(_correction.NoiseScale, cells), new Span<float>(_correction.NoiseShift, cells));
    }

    /// <summary>Computes r and d of a block from the moving averages as they were before this step.</summary>
    private void Renormalize(nint statistics)
    {
        for (var g = 0; g < Blocks.ChannelBlocks; g++)
        {
            var (mean, inverse) = _state!.Stored(g * Blocks.Channels, population: false);
            var at = statistics + g;
            (_correction.R[at], _correction.D[at]) =
                _norm.Renorm!.Correct(_memory.Mean[at], 1 / _memory.Inverse[at], mean, 1 / inverse, _compilation.Pass.Step.RenormRamp);
        }
    }

    // Writes a channel's 1 / sqrt(var + epsilon) for every block of samples: the gradient by gamma reads it there.
    private void KeepInverse(int channel, double inverse)
    {
        for (nint block = 0; block < Blocks.SampleBlocks; block++)
            _memory.Inverse[(block * Blocks.ChannelBlocks) + (channel / Blocks.Channels)] = inverse;
    }

    /// <summary>Takes a mean and a scale that are the same for every image: those the layer remembers, or 0 and 1 if nothing is normalized.</summary>
    private void UseStored(NormMode mode)
    {
        var tables = _memory.Tables;
        for (var c = 0; c < _channels; c++)
        {
            var (mean, inverse) = _norm.Pooling is null ? (0, 1) : _state!.Stored(c, mode == NormMode.Population);
            (mean, inverse) = (_norm.Centres ? mean : 0, _norm.Scales ? inverse : 1);
            var scale = (float)(inverse * (Gamma is null ? 1 : Gamma.Values[c]));
            if (_divides)
                KeepInverse(c, inverse);
            for (nint n = 0; n < _compilation.Images; n++)
            {
                tables.Mean[(n * _channels) + c] = (float)mean;
                tables.Scale[(n * _channels) + c] = scale;
                if (_isCorrected)
                    tables.Shift[(n * _channels) + c] = Beta is null ? 0 : Beta.Values[c];
            }
        }
    }
}
