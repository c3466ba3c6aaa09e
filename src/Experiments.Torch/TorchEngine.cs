using System.Runtime.InteropServices;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>A network of TorchSharp's modules, trained by autograd and torch.optim.</summary>
internal sealed class TorchEngine : IEngine
{
    private readonly EngineSettings _settings;
    private readonly Device _device;
    private readonly NetworkModule _network;
    private readonly ParameterOptimizer _optimizer;

    /// <summary>A batch in the processor's memory: the images [N, H, W, C] and labels [N] of the largest one so far.</summary>
    private Tensor _images;
    private Tensor _labels;

    internal TorchEngine(EngineSettings settings)
    {
        _settings = settings;
        _device = device(settings.Device);
        _ = ProcessMemory.Keep();
        using var scope = Begin();
        _network = new NetworkModule(settings, _device);
        _optimizer = ParameterOptimizer.Create(settings, _network.Learnt);
        (_images, _labels) = Allocate(settings.Batch * settings.Workers);
    }

    /// <inheritdoc/>
    public string Library => Torch.Library.Name;

    /// <inheritdoc/>
    public ImageLayout Layout => ImageLayout.ChannelsLast;

    /// <inheritdoc/>
    public void Train(ImageBatch batch, StepSettings step, Span<float> scores)
    {
        using var scope = Begin(NormMode.Train, _settings.Workers, step);
        var (images, labels) = LoadStep(batch);
        var logits = _network.call(images);
        var loss = nn.functional.cross_entropy(logits, labels);
        _optimizer.ClearGradients();
        loss.backward();
        _optimizer.Step(step.LearningRate);
        CopyScores(logits, scores);
    }

    /// <inheritdoc/>
    public (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, StepSettings step)
    {
        using var scope = Begin(NormMode.TrainWithoutUpdate, _settings.Workers, step);
        var (images, labels) = LoadStep(batch);
        var loss = nn.functional.cross_entropy(_network.call(images), labels);
        _optimizer.ClearGradients();
        loss.backward();
        return (loss.item<float>(), Read(name => _network.Learnt(name).grad));
    }

    /// <inheritdoc/>
    public void Observe(ImageBatch batch, StepSettings step, string slot, SlotSide side, Span<float> values)
    {
        _settings.Network.CheckMap(slot, batch.Count, values.Length);
        using var scope = Begin(NormMode.TrainWithoutUpdate, workers: 1, step);
        using var noGrad = no_grad();
        // [N, H, W, C], or step by step [N, C].
        var seen = new List<float[]>();
        var hook = _network.Norms[slot].register_forward_hook((_, input, output) =>
        {
            seen.Add(Floats((side == SlotSide.Input ? input : output).narrow(0, 0, batch.Count).movedim([1], [-1])));
            return output;
        });
        try
        {
            _network.call(Load(batch).Images);
        }
        finally
        {
            hook.remove();
        }

        var size = seen[0].Length / batch.Count;
        for (var image = 0; image < batch.Count; image++)
        {
            foreach (var (index, map) in seen.Index())
                map.AsSpan(image * size, size).CopyTo(values[(((image * seen.Count) + index) * size)..]);
        }
    }

    /// <inheritdoc/>
    public void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores)
    {
        using var scope = Begin(statistics.InEvaluation());
        using var noGrad = no_grad();
        CopyScores(_network.call(Load(batch).Images), scores);
    }

    /// <inheritdoc/>
    public void ForgetPopulation()
    {
        foreach (var norm in _network.Norms.Values)
            norm.ForgetPopulation();
    }

    /// <inheritdoc/>
    public void CollectPopulation(ImageBatch batch)
    {
        using var scope = Begin(NormMode.Collect);
        using var noGrad = no_grad();
        _network.call(Load(batch).Images);
    }

    /// <inheritdoc/>
    public EngineState Read()
    {
        using var scope = Begin();
        var buffers = _network.RunningStatistics().Select(buffer => new NamedArray(buffer.Name, buffer.Shape, Floats(buffer.Values)));
        return new EngineState(Read(_network.Learnt), [.. buffers], Read(_optimizer.Momentum))
        {
            SecondMoment = _settings.Optimizer == OptimizerKind.Adamw ? Read(_optimizer.SecondMoment) : [],
            Updates = _optimizer.Updates,
        };
    }

    /// <inheritdoc/>
    public void Write(EngineState state)
    {
        using var scope = Begin();
        using var noGrad = no_grad();
        var running = _network.RunningStatistics().ToList();
        var parameters = _settings.Network.Parameters.Select(parameter => (parameter.Name, parameter.Shape)).ToList();
        state.Check(parameters, [.. running.Select(buffer => (buffer.Name, buffer.Shape))], _settings.Optimizer);
        foreach (var array in state.Parameters)
            _network.Learnt(array.Name).copy_(OnDevice(array));
        foreach (var (buffer, array) in running.Zip(state.Buffers))
            buffer.Values.copy_(OnDevice(array));
        _optimizer.Forget();
        foreach (var (index, array) in state.Momentum.Index())
            _optimizer.Remember(array.Name, OnDevice(array), state.SecondMoment.Count > 0 ? OnDevice(state.SecondMoment[index]) : null, state.Updates);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var finalizers = Finalizers.Keep();
        _optimizer.Dispose();
        _network.Dispose();
        _images.Dispose();
        _labels.Dispose();
    }

    /// <summary>Begins an entry: all calls of libtorch come after this call and before the returned scope is disposed of.</summary>
    private static Scope Begin(int threads)
    {
        var finalizers = Finalizers.Keep();
        Torch.Library.UseThreads(threads);
        return new Scope(NewDisposeScope(), finalizers);
    }

    private Scope Begin() => Begin(_settings.Threads);

    private Scope Begin(NormMode mode, int workers = 1, StepSettings step = default)
    {
        foreach (var norm in _network.Norms.Values)
            (norm.Mode, norm.Workers, norm.Step) = (mode, workers, step);
        return Begin();
    }

    private (Tensor Images, Tensor Labels) LoadStep(ImageBatch batch)
    {
        if (batch.Count != _settings.Workers * _settings.Batch)
            throw new ArgumentException($"A step takes {_settings.Workers} x {_settings.Batch} images, not {batch.Count}.", nameof(batch));
        return Load(batch);
    }

    /// <summary>Images [N, C, H, W], in memory as the network wants them, and labels [N] on the device.</summary>
    private (Tensor Images, Tensor Labels) Load(ImageBatch batch)
    {
        if (!_settings.Network.Takes(batch.Shape) || batch.Layout != Layout)
            throw new ArgumentException($"Images of {batch.Shape} in {batch.Layout}; the network takes {_settings.Network.Input} in {Layout}.", nameof(batch));
        if (batch.Count > _labels.shape[0])
        {
            _images.Dispose();
            _labels.Dispose();
            (_images, _labels) = Allocate(batch.Count);
        }

        batch.Values.CopyTo(MemoryMarshal.Cast<byte, float>(_images.bytes));
        var shape = batch.Shape;
        var labels = MemoryMarshal.Cast<byte, long>(_labels.bytes);
        for (var image = 0; image < batch.Count; image++)
            labels[image] = batch.Labels[image];
        var images = _images.view(-1).narrow(0, 0, batch.Values.Length).view(batch.Count, shape.Height, shape.Width, shape.Channels).to(_device).permute(0, 3, 1, 2);
        return (_network.ChannelsLast ? images : images.contiguous(), _labels.narrow(0, 0, batch.Count).to(_device));
    }

    private (Tensor Images, Tensor Labels) Allocate(int count)
    {
        var input = _settings.Network.Input;
        return (empty([count, input.Height, input.Width, input.Channels], float32).DetachFromDisposeScope(),
            empty([count], int64).DetachFromDisposeScope());
    }

    /// <summary>One array a parameter, in the order of the network; zeros if there is nothing yet.</summary>
    private List<NamedArray> Read(Func<string, Tensor?> values) => [.. _settings.Network.Parameters.Select(parameter =>
        new NamedArray(parameter.Name, parameter.Shape, values(parameter.Name) is { } tensor ? Floats(tensor) : new float[parameter.Size]))];

    private Tensor OnDevice(NamedArray array) => tensor(array.Values, [.. array.Shape.Select(size => (long)size)], device: _device);

    /// <summary>The values in the order of the shape.</summary>
    private static float[] Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.detach().contiguous().cpu().bytes).ToArray();

    /// <summary>Copies class scores [N, classes].</summary>
    private static void CopyScores(Tensor logits, Span<float> scores) => Floats(logits).CopyTo(scores);

    /// <summary>What an entry makes is disposed of at its end, and until then no finalizer runs.</summary>
    private sealed class Scope(DisposeScope tensors, Finalizers finalizers) : IDisposable
    {
        public void Dispose()
        {
            tensors.Dispose();
            finalizers.Dispose();
        }
    }
}
