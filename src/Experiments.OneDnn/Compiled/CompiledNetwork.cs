using System.Diagnostics;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// A network for a fixed number of images, compiled once: a list of kernels forward, one backward, over memory planned in advance. A pass
/// creates nothing and allocates nothing.
/// </summary>
internal sealed unsafe class CompiledNetwork : IDisposable
{
    private readonly Compilation _compilation;
    private readonly List<Operation> _operations = [];
    private readonly Map _images;
    private readonly Map _scores;
    private readonly Buffer? _scoreGradients;
    private readonly KernelCall[] _forward;
    private readonly KernelCall[] _backward;
    private readonly long[] _ticks;
    private readonly long[] _calls;
    private bool _profiled;

    /// <summary>Compiles the network.</summary>
    /// <param name="compilation">The number of images, and what all operations share.</param>
    internal CompiledNetwork(Compilation compilation)
    {
        _compilation = compilation;
        var network = compilation.Settings.Network;
        _images = compilation.NewMap(network.Input, compilation.Settings.Precision, needsGradient: false, compilation.Buffers.Tick());
        // All images are there before the first chunk begins.
        compilation.Buffers.Barrier();
        _scores = Add(network.Layers, _images, null, relu: false);
        if (_scores.Precision != Precision.Fp32 || _scores.Shape.Size != network.Classes)
            throw new NotSupportedException($"{network.Model} ends in {_scores.Shape}; this engine takes networks that end in a linear layer of {network.Classes} classes.");

        // The loss is taken between the passes.
        compilation.Buffers.Barrier();
        var time = compilation.Buffers.Tick();
        _scores.ReadAt(time);
        if (compilation.Training)
        {
            _scoreGradients = compilation.Buffers.PerImage(Map.Bytes(_scores.Shape, Precision.Fp32));
            _scoreGradients.UsedAt(time);
            _scores.AddGradient(_scoreGradients);
            compilation.Buffers.Barrier();
            foreach (var operation in Enumerable.Reverse(_operations))
                operation.PlanBackward();
        }

        compilation.Buffers.Place();
        _forward = [.. _operations.SelectMany(operation => operation.Forward())];
        _backward = compilation.Training ? [.. Enumerable.Reverse(_operations).SelectMany(operation => operation.Backward())] : [];
        _ticks = new long[_forward.Length + _backward.Length];
        _calls = new long[_ticks.Length];
    }

    /// <summary>Class scores [N, classes] of the last forward pass.</summary>
    internal ReadOnlySpan<float> Scores => new(_scores.Data.At(0), _compilation.Images * _scores.Shape.Size);

    /// <summary>The measured time and calls of each kernel.</summary>
    internal IReadOnlyList<KernelTime> KernelTimes => [.. _forward.Concat(_backward).Select((call, index) =>
        new KernelTime(call.Kernel, call.Layer, _calls[index], (double)_ticks[index] / Stopwatch.Frequency))];

    /// <summary>Begins to measure from zero, or stops.</summary>
    internal void Profile(bool on)
    {
        _profiled = on;
        if (on)
        {
            Array.Clear(_ticks);
            Array.Clear(_calls);
        }
    }

    /// <summary>Runs the forward pass.</summary>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="mode">What norms do.</param>
    /// <param name="step">The step of the training that it is of.</param>
    internal void Forward(ReadOnlySpan<float> images, NormMode mode, StepSettings step = default)
    {
        _compilation.Team.Enter();
        (_compilation.Pass.Mode, _compilation.Pass.Step) = (mode, step);
        if (_images.Precision == Precision.Bf16)
        {
            fixed (float* from = images)
                ParameterKernels.Round(from, (Bf16*)_images.Data.At(0), images.Length);
        }
        else
        {
            images.CopyTo(new Span<float>(_images.Data.At(0), images.Length));
        }

        Run(_forward, 0, update: false);
    }

    /// <summary>Runs a forward pass as in training and copies out the map that enters or leaves a norm.</summary>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="step">The step of the training that it is of.</param>
    /// <param name="slot">The norm's slot.</param>
    /// <param name="side">Whether the map that enters the norm is copied, or the one that leaves it.</param>
    /// <param name="values">Receives the map, [N, H, W, C].</param>
    internal void Observe(ReadOnlySpan<float> images, StepSettings step, string slot, SlotSide side, Span<float> values)
    {
        fixed (float* to = values)
        {
            try
            {
                (_compilation.Pass.ObservedSlot, _compilation.Pass.ObservedSide) = (slot, side);
                _compilation.Pass.Observed = to;
                Forward(images, NormMode.TrainWithoutUpdate, step);
            }
            finally
            {
                // The memory is the caller's, and may move or be freed from here on.
                _compilation.Pass.ObservedSlot = null;
                _compilation.Pass.Observed = null;
            }
        }
    }

    /// <summary>Runs the backward pass of the mean cross-entropy, after a forward pass.</summary>
    /// <param name="labels">[N].</param>
    /// <param name="rate">The learning rate of the update that follows each layer's gradient; null: no update.</param>
    internal void Backward(ReadOnlySpan<int> labels, double? rate)
    {
        if (rate is { } given)
            _compilation.Pass.Update = _compilation.Parameters.NextUpdate(given);
        ParameterKernels.CrossEntropyGradient((float*)_scores.Data.At(0), labels, (float*)_scoreGradients!.At(0), _scores.Shape.Size);
        Run(_backward, _forward.Length, update: rate is not null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _operations.ForEach(operation => operation.Dispose());
        _compilation.Dispose();
    }

    /// <summary>
    /// Runs the calls from barrier to barrier: all kernels for one chunk of images, which stays in the cache, then all for the next chunk.
    /// </summary>
    private void Run(KernelCall[] calls, int offset, bool update)
    {
        var (images, chunk) = (_compilation.Images, _compilation.Chunk);
        for (var start = 0; start < calls.Length;)
        {
            if (calls[start].Time == CallTime.AllImages)
            {
                Run(calls[start], offset + start, 0, images);
                start++;
                continue;
            }

            var end = start;
            while (end < calls.Length && calls[end].Time != CallTime.AllImages)
                end++;
            for (var first = 0; first < images; first += chunk)
            {
                var last = first + chunk >= images;
                _compilation.Buffers.ChunkStart = first;
                for (var index = start; index < end; index++)
                {
                    // At the last chunk every gradient is complete, and every kernel that reads the old weights has run.
                    if (calls[index].Time == CallTime.EachChunk || (last && (update || calls[index].Time == CallTime.GradientComplete)))
                        Run(calls[index], offset + index, first, Math.Min(chunk, images - first));
                }
            }

            start = end;
        }

        _compilation.Buffers.ChunkStart = 0;
    }

    private void Run(KernelCall call, int index, int first, int count)
    {
        if (!_profiled)
        {
            call.Run(first, count);
            return;
        }

        var start = Stopwatch.GetTimestamp();
        call.Run(first, count);
        _ticks[index] += Stopwatch.GetTimestamp() - start;
        _calls[index]++;
    }

    /// <summary>
    /// Compiles layers one after the other, then a sum with a residual and a ReLU. A norm's operation includes the sum and the ReLU that follow it.
    /// </summary>
    private Map Add(IReadOnlyList<Layer> layers, Map input, Map? residual, bool relu)
    {
        var map = input;
        for (var index = 0; index < layers.Count; index++)
        {
            var layer = layers[index];
            var last = index == layers.Count - 1;
            var reluFollows = !last && layers[index + 1] is Activation { Kind: ActivationKind.Relu };
            switch (layer)
            {
                case NormSlot slot when _compilation.Settings.Network.Norm.Pooling?.Places == PlaceSpan.One:
                    map = Add(new PlaceNormOperation(_compilation, slot, map));
                    break;
                case NormSlot or LayerScale when last:
                    return Add(new NormOperation(_compilation, layer, map, residual, relu));
                case NormSlot or LayerScale:
                    map = Add(new NormOperation(_compilation, layer, map, null, reluFollows));
                    index += reluFollows ? 1 : 0;
                    break;
                case Residual block:
                    map = Add(block.Branch, map, Add(block.Shortcut, map, null, relu: false), reluFollows);
                    index += reluFollows ? 1 : 0;
                    break;
                case Activation { Kind: ActivationKind.Relu }:
                    map = Add(new NormOperation(_compilation, null, map, null, relu: true));
                    break;
                case Activation { Kind: ActivationKind.Gelu }:
                    map = Add(new GeluOperation(_compilation, map));
                    break;
                case Activation activation:
                    map = Add(new ActivationOperation(_compilation, activation.Kind, map));
                    break;
                case MaxPool:
                    map = Add(new MaxPoolOperation(_compilation, map));
                    break;
                case Convolution convolution:
                    map = Add(convolution.Groups > 1 && convolution.Groups == convolution.In && convolution.In == convolution.Out
                        ? new DepthwiseOperation(_compilation, convolution, map) : new ConvolutionOperation(_compilation, convolution, map));
                    // The branch and the shortcut of the next block both read this map, and a convolution does not add up their gradients.
                    if (!last && layers[index + 1] is Residual)
                        map = Add(new NormOperation(_compilation, null, map, null, relu: false));
                    break;
                case PaddedIdentity shortcut:
                    map = Add(new PaddedIdentityOperation(_compilation, shortcut, map));
                    break;
                case GlobalAveragePool:
                    map = Add(new AveragePoolOperation(_compilation, map));
                    break;
                case Linear linear:
                    map = Add(new LinearOperation(_compilation, linear, map));
                    break;
                default:
                    throw new NotSupportedException($"The onednn engine has no {layer.GetType().Name}: take --engine torch.");
            }
        }

        return residual is null && !relu ? map : Add(new NormOperation(_compilation, null, map, residual, relu));
    }

    private Map Add(Operation operation)
    {
        _operations.Add(operation);
        return operation.Output;
    }
}
