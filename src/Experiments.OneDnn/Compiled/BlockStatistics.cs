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

    // The parts of the channels that are pooled alike. A part whose statistics are of single images comes first.
    private readonly Part[] _parts;

    // Whether the images fall into whole blocks, so that each has a statistic of the batch.
    private readonly bool _divides;
    private readonly NormMemory _memory;
    private NormCorrection _correction;

    // Whether statistics over samples are those that the layer remembers.
    private bool _isStored;

    /// <summary>Prepares.</summary>
    /// <param name="compilation">What all operations share.</param>
    /// <param name="layer">The norm's slot, or a layer scale, which normalizes nothing and has a gamma; null: nothing at all is done.</param>
    /// <param name="channels">C.</param>
    /// <param name="area">H * W.</param>
    internal BlockStatistics(Compilation compilation, Layer? layer, int channels, int area)
    {
        (_compilation, _channels, _area) = (compilation, channels, area);
        _norm = new Norm("", null, Affine.None);
        if (layer is NormSlot slot)
        {
            _norm = slot.Of(compilation.Settings.Network.Norm);
            _state = compilation.Parameters.Norm(slot);
            _position = compilation.Parameters.PositionOf(slot);
        }

        if (layer is not null)
        {
            Gamma = compilation.Parameters.Find($"{layer.Name}.weight");
            Beta = compilation.Parameters.Find($"{layer.Name}.bias");
        }

        _divides = _norm.Pooling is { } pooling && pooling.Divides(compilation.Images, compilation.Workers);
        var statistics = 0;
        _parts = !_divides ? [new Part(new PoolingBlocks(compilation.Images, 1, 1, channels, 1, area), _norm.HasRunningStatistics, 0)]
            :
            [
                .. _norm.Parts(channels).Select(part =>
                {
                    var blocks = part.Over(compilation.Images, compilation.Workers, area);
                    var first = statistics;
                    statistics += blocks.SampleBlocks * blocks.ChannelBlocks;
                    return new Part(blocks, part.Pooling.OverSamples, first);
                }),
            ];
        _isCorrected = _norm.Renorm is not null || _norm.IsNoisy;
        _memory = new NormMemory([.. _parts.Select(part => part.Blocks)], Beta, _isCorrected);
    }

    /// <summary>gamma, [C]; null: it is not learnt.</summary>
    internal LearnableArray? Gamma { get; }

    /// <summary>beta, [C]; null: it is not learnt.</summary>
    internal LearnableArray? Beta { get; }

    /// <summary>Whether anything is learnt.</summary>
    internal bool HasAffine => Gamma is not null || Beta is not null;

    /// <summary>How the table of moments falls into blocks that share a statistic; of several parts, those of the most images.</summary>
    internal PoolingBlocks Blocks => _parts[^1].Blocks;

    /// <summary>Whether this pass computes statistics from the batch, of all channels or of a part of them.</summary>
    internal bool FromBatch { get; private set; }

    /// <summary>The tables that passes over the maps read and write, from an image on.</summary>
    internal NormTables From(int image) => _memory.Tables.From(image, _channels);

    /// <summary>Before the first image of a pass: decides where the statistics come from.</summary>
    /// <exception cref="InvalidOperationException">They come from the batch, whose images do not fall into whole blocks.</exception>
    internal void Begin()
    {
        var mode = _compilation.Pass.Mode;
        _isStored = _norm.HasRunningStatistics && (mode is NormMode.MovingAverage or NormMode.Population || IsFrozenIn(mode));
        FromBatch = _norm.Pooling is not null && IsFromBatch(_parts[0]);
        if (FromBatch && !_divides)
            throw new InvalidOperationException($"{_compilation.Images} images are not a whole number of virtual batches: {_norm}.");
        _correction = default;
        if (!FromBatch)
            UseStored(_parts[0], 0, _compilation.Images);
        else if (_isCorrected && mode.IsTraining())
            BeginCorrection();
    }

    private bool IsFromBatch(Part part) => !(_isStored && part.OverSamples);

    private bool IsFrozenIn(NormMode mode) => mode.IsTraining() && _compilation.Settings.StatisticsAreFrozen;

    /// <summary>Turns the moments of a block's cells into the mean, scale and shift that normalize them.</summary>
    internal void Pool(int block)
    {
        var gamma = Gamma is null ? null : Gamma.Values;
        var (first, samples) = (block * Blocks.Samples, Blocks.Samples);
        foreach (var part in _parts)
        {
            if (!IsFromBatch(part))
            {
                UseStored(part, first, samples);
                continue;
            }

            for (var image = first; image < first + samples; image += part.Blocks.Samples)
            {
                var at = part.StatisticsAt(image);
                NormPooling.PoolMoments(
                    _memory.Tables, image, part.Blocks, _norm.Use, _area, gamma, _memory.Mean + at, _memory.Deviations + at, _memory.Inverse + at);
            }
        }

        if (!_isCorrected)
            return;
        if (_correction.R is not null)
            Renormalize((nint)block * Blocks.ChannelBlocks);
        _correction.Apply(_memory.Tables, block, Blocks, gamma, Beta is null ? null : Beta.Values);
    }

    /// <summary>Turns the two sums of a block's cells into the terms of the gradient by the input. Does nothing if the statistics are constants.</summary>
    internal void PoolGradients(int block)
    {
        foreach (var part in FromBatch ? _parts : [])
        {
            for (var image = block * Blocks.Samples; IsFromBatch(part) && image < (block + 1) * Blocks.Samples; image += part.Blocks.Samples)
                NormPooling.PoolGradients(_memory.Tables, image, part.Blocks, _norm.Use, _area, _memory.Inverse + part.StatisticsAt(image));
        }
    }

    /// <summary>Computes the gradients by gamma and beta, once the sums of all cells are there.</summary>
    internal void AffineGradients()
    {
        foreach (var part in HasAffine ? _parts : [])
        {
            NormPooling.AffineGradients(_memory.Tables, part.Blocks, _memory.Inverse + part.First, _correction,
                Gamma is null ? null : Gamma.Gradients, Beta is null ? null : Beta.Gradients);
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
            var at = _parts[^1].StatisticsAt(block * Blocks.Samples);
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
    private void KeepInverse(Part part, int channel, double inverse)
    {
        for (nint block = 0; block < part.Blocks.SampleBlocks; block++)
            _memory.Inverse[part.First + (block * part.Blocks.ChannelBlocks) + ((channel - part.Blocks.ChannelsBefore) / part.Blocks.Channels)] = inverse;
    }

    /// <summary>
    /// Takes a mean and a scale that are the same for every image: those the layer remembers of a part of its channels, or 0 and 1 if nothing is
    /// normalized.
    /// </summary>
    private void UseStored(Part part, int first, int images)
    {
        var tables = _memory.Tables;
        for (var c = part.Blocks.ChannelsBefore; c < _channels - part.Blocks.ChannelsAfter; c++)
        {
            var (mean, inverse) = _norm.Pooling is null ? (0, 1) : _state!.Stored(c, _compilation.Pass.Mode == NormMode.Population);
            (mean, inverse) = (_norm.Centres ? mean : 0, _norm.Scales ? inverse : 1);
            var scale = (float)(inverse * (Gamma is null ? 1 : Gamma.Values[c]));
            if (_divides)
                KeepInverse(part, c, inverse);
            for (nint n = first; n < first + images; n++)
            {
                tables.Mean[(n * _channels) + c] = (float)mean;
                tables.Scale[(n * _channels) + c] = scale;
                if (_isCorrected)
                    tables.Shift[(n * _channels) + c] = Beta is null ? 0 : Beta.Values[c];
            }
        }
    }

    /// <summary>Channels that are pooled alike.</summary>
    /// <param name="Blocks">How their moments fall into blocks.</param>
    /// <param name="OverSamples">Whether a statistic is of several images, and the layer remembers it.</param>
    /// <param name="First">The number of statistics of the parts before it.</param>
    private readonly record struct Part(PoolingBlocks Blocks, bool OverSamples, int First)
    {
        /// <summary>The first statistic of the block that begins with an image.</summary>
        internal nint StatisticsAt(int image) => First + ((nint)image / Blocks.Samples * Blocks.ChannelBlocks);
    }
}
