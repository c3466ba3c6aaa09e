using System.Runtime.InteropServices;
using Experiments.Core.Data;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>A network on libtorch, trained by autograd and SGD.</summary>
internal sealed class TorchEngine : IEngine
{
    private readonly EngineSettings _settings;
    private readonly Device _device;
    private readonly FlatParameters _parameters;
    private readonly NetworkModule _network;

    /// <summary>A batch in the processor's memory: the images [N, C, H, W] and labels [N] of the largest one so far.</summary>
    private Tensor _images;
    private Tensor _labels;

    internal TorchEngine(EngineSettings settings)
    {
        _settings = settings;
        _device = device(settings.Device);
        ProcessMemory.Keep();
        Torch.Library.UseThreads(settings.Threads);
        _parameters = new FlatParameters(settings, _device);
        _network = new NetworkModule(settings.Network, _parameters.Leaves(), _device, settings.Seed);
        (_images, _labels) = Allocate(settings.Batch * settings.Workers);
    }

    /// <inheritdoc/>
    public string Library => Torch.Library.Name;

    /// <inheritdoc/>
    public ImageLayout Layout => ImageLayout.ChannelsLast;

    /// <inheritdoc/>
    public void Train(ImageBatch batch, TrainingStep step, Span<float> scores)
    {
        using var scope = Begin(NormMode.Train, _settings.Workers, step);
        var (images, labels) = LoadStep(batch);
        var logits = _network.call(images);
        var loss = nn.functional.cross_entropy(logits, labels);
        loss.backward();
        CopyScores(logits, scores);
        _parameters.Step(step.LearningRate);
    }

    /// <inheritdoc/>
    public (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, TrainingStep step)
    {
        using var scope = Begin(NormMode.Trial, _settings.Workers, step);
        var (images, labels) = LoadStep(batch);
        var loss = nn.functional.cross_entropy(_network.call(images), labels);
        loss.backward();
        return (loss.item<float>(), _parameters.TakeGradients());
    }

    /// <inheritdoc/>
    public void Observe(ImageBatch batch, TrainingStep step, string slot, SlotSide side, Span<float> values)
    {
        _settings.Network.CheckMap(slot, batch.Count, values.Length);
        using var scope = Begin(NormMode.Trial, workers: 1, step);
        using var noGrad = no_grad();
        var pass = _network.Pass;
        (pass.ObservedSlot, pass.ObservedSide) = (slot, side);
        _network.call(Load(batch).Images);
        using var observed = pass.Observed!;
        (pass.ObservedSlot, pass.Observed) = (null, null);
        MemoryMarshal.Cast<byte, float>(observed.permute(0, 2, 3, 1).contiguous().cpu().bytes).CopyTo(values);
    }

    /// <inheritdoc/>
    public void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores)
    {
        var mode = statistics.InEvaluation();
        using var scope = Begin(mode, workers: 1);
        using var noGrad = no_grad();
        CopyScores(_network.call(Load(batch).Images), scores);
    }

    /// <inheritdoc/>
    public void ForgetPopulation() => _network.ForgetPopulation();

    /// <inheritdoc/>
    public void CollectPopulation(ImageBatch batch)
    {
        using var scope = Begin(NormMode.Collect, workers: 1);
        using var noGrad = no_grad();
        _network.call(Load(batch).Images);
    }

    /// <inheritdoc/>
    public EngineState Read()
    {
        Torch.Library.UseThreads(_settings.Threads);
        using var scope = NewDisposeScope();
        var buffers = _network.RunningStatistics()
            .Select(buffer => new NamedArray(buffer.Name, [buffer.Channels], buffer.Values.cpu().data<float>().ToArray()));
        return new EngineState(_parameters.ReadValues(), [.. buffers], _parameters.ReadVelocities());
    }

    /// <inheritdoc/>
    public void Write(EngineState state)
    {
        Torch.Library.UseThreads(_settings.Threads);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var running = _network.RunningStatistics().ToList();
        var parameters = _settings.Network.Parameters.Select(parameter => (parameter.Name, parameter.Shape)).ToList();
        state.Check(parameters, [.. running.Select(buffer => (buffer.Name, (IReadOnlyList<int>)[buffer.Channels]))]);
        _parameters.Write(state.Parameters, state.Momentum);
        foreach (var (buffer, values) in running.Zip(state.Buffers))
            buffer.Values.copy_(tensor(values.Values));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        _parameters.Dispose();
        _images.Dispose();
        _labels.Dispose();
    }

    private DisposeScope Begin(NormMode mode, int workers, TrainingStep step = default)
    {
        Torch.Library.UseThreads(_settings.Threads);
        (_network.Pass.Mode, _network.Pass.Workers, _network.Pass.Step) = (mode, workers, step);
        return NewDisposeScope();
    }

    private (Tensor Images, Tensor Labels) LoadStep(ImageBatch batch)
    {
        if (batch.Count != _settings.Workers * _settings.Batch)
            throw new ArgumentException($"A step takes {_settings.Workers} x {_settings.Batch} images, not {batch.Count}.", nameof(batch));
        return Load(batch);
    }

    /// <summary>Images [N, C, H, W] and labels [N] on the device.</summary>
    private (Tensor Images, Tensor Labels) Load(ImageBatch batch)
    {
        if (batch.Shape != _settings.Network.Input || batch.Layout != Layout)
            throw new ArgumentException($"Images of {batch.Shape} in {batch.Layout}; the network takes {_settings.Network.Input} in {Layout}.", nameof(batch));
        if (batch.Count > _labels.shape[0])
        {
            _images.Dispose();
            _labels.Dispose();
            (_images, _labels) = Allocate(batch.Count);
        }

        batch.Values.CopyTo(MemoryMarshal.Cast<byte, float>(_images.bytes));
        var labels = MemoryMarshal.Cast<byte, long>(_labels.bytes);
        for (var image = 0; image < batch.Count; image++)
            labels[image] = batch.Labels[image];
        return (_images.narrow(0, 0, batch.Count).to(_device).permute(0, 3, 1, 2), _labels.narrow(0, 0, batch.Count).to(_device));
    }

    private (Tensor Images, Tensor Labels) Allocate(int count)
    {
        var input = _settings.Network.Input;
        return (empty([count, input.Height, input.Width, input.Channels], float32).DetachFromDisposeScope(),
            empty([count], int64).DetachFromDisposeScope());
    }

    /// <summary>Copies class scores [N, classes].</summary>
    private static void CopyScores(Tensor logits, Span<float> scores)
    {
        using var here = logits.detach().cpu();
        MemoryMarshal.Cast<byte, float>(here.bytes).CopyTo(scores);
    }
}
