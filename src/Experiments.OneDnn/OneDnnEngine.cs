using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Training;
using Experiments.OneDnn.Compiled;
using Experiments.OneDnn.Interop;

namespace Experiments.OneDnn;

/// <summary>The fast engine: networks compiled for each number of images they are asked to take, all over one set of parameters.</summary>
internal sealed class OneDnnEngine : IProfiledEngine
{
    private readonly EngineSettings _settings;
    private readonly bool _emulateBf16;
    private readonly OneDnnContext _context = new();
    private readonly OpenMP _team;
    private readonly ParameterStore _parameters;
    private readonly CompiledNetwork _step;
    private readonly Dictionary<int, CompiledNetwork> _evaluations = [];
    private bool _disposed;

    internal OneDnnEngine(EngineSettings settings, bool emulateBf16)
    {
        (_settings, _emulateBf16) = (settings, emulateBf16);
        _team = new OpenMP(settings.Threads);
        _team.Enter();
        _parameters = new ParameterStore(settings);
        // This is compiled first, since it decides how the weights lie in memory.
        _step = Compile(settings.Workers * settings.Batch, settings.Workers, training: true);
    }

    /// <inheritdoc/>
    public string Library => OneDnnEngineProvider.NameOf(_emulateBf16);

    /// <inheritdoc/>
    public ImageLayout Layout => ImageLayout.ChannelsLast;

    /// <inheritdoc/>
    public IReadOnlyList<KernelTime> KernelTimes => _step.KernelTimes;

    /// <inheritdoc/>
    public void Profile(bool on) => _step.Profile(on);

    /// <inheritdoc/>
    public void Train(ImageBatch batch, StepSettings step, Span<float> scores)
    {
        Check(batch, isStep: true);
        _step.Forward(batch.Values, NormMode.Train, step);
        _step.Scores.CopyTo(scores);
        _step.Backward(batch.Labels, step.LearningRate);
    }

    /// <inheritdoc/>
    public (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, StepSettings step)
    {
        Check(batch, isStep: true);
        _step.Forward(batch.Values, NormMode.TrainWithoutUpdate, step);
        var loss = Score.Of(_step.Scores, batch.Labels).MeanLoss;
        _step.Backward(batch.Labels, null);
        return (loss, [.. _parameters.Arrays.Select(array => array.ReadGradients())]);
    }

    /// <inheritdoc/>
    public void Observe(ImageBatch batch, StepSettings step, string slot, SlotSide side, Span<float> values)
    {
        Check(batch, isStep: false);
        _settings.Network.CheckMap(slot, batch.Count, values.Length);
        Evaluation(batch.Count).Observe(batch.Values, step, slot, side, values);
    }

    /// <inheritdoc/>
    public void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores)
    {
        Check(batch, isStep: false);
        var mode = statistics.InEvaluation();
        // Takes one chunk at a time if the images do not depend on each other.
        var together = mode == NormMode.Batch && _settings.Network.Norm.HasRunningStatistics ? batch.Count : Compilation.ChunkFor(_settings);
        for (var first = 0; first < batch.Count; first += together)
        {
            var count = Math.Min(together, batch.Count - first);
            var network = Evaluation(count);
            network.Forward(batch.Values.Slice(first * batch.Shape.Size, count * batch.Shape.Size), mode);
            network.Scores.CopyTo(scores[(first * _settings.Network.Classes)..]);
        }
    }

    /// <inheritdoc/>
    public void ForgetPopulation()
    {
        foreach (var norm in _parameters.Norms)
            norm.Population.Clear();
    }

    /// <inheritdoc/>
    public void CollectPopulation(ImageBatch batch)
    {
        Check(batch, isStep: false);
        Evaluation(batch.Count).Forward(batch.Values, NormMode.Collect);
    }

    /// <inheritdoc/>
    public EngineState Read()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new(
            [.. _parameters.Arrays.Select(array => array.ReadValues())],
            [.. Buffers().Select(buffer => new NamedArray(buffer.Name, [buffer.Values.Length], [.. buffer.Values]))],
            [.. _parameters.Arrays.Select(array => array.ReadMomentum())])
        {
            SecondMoment = _settings.Optimizer == OptimizerKind.Adamw ? [.. _parameters.Arrays.Select(array => array.ReadSquares())] : [],
            Updates = _parameters.Updates,
        };
    }

    /// <inheritdoc/>
    public void Write(EngineState state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var parameters = _parameters.Arrays.ToList();
        var buffers = Buffers().ToList();
        var shapes = parameters.ConvertAll(array => (array.Parameter.Name, array.Parameter.Shape));
        state.Check(shapes, buffers.ConvertAll(buffer => (buffer.Name, (IReadOnlyList<int>)[buffer.Values.Length])), _settings.Optimizer);
        for (var index = 0; index < parameters.Count; index++)
        {
            parameters[index].Write(state.Parameters[index].Values, state.Momentum.Count > 0 ? state.Momentum[index].Values : null,
                state.SecondMoment.Count > 0 ? state.SecondMoment[index].Values : null);
        }

        _parameters.Updates = state.Momentum.Count > 0 ? state.Updates : 0;
        for (var index = 0; index < buffers.Count; index++)
            state.Buffers[index].Values.CopyTo(buffers[index].Values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var network in _evaluations.Values)
            network.Dispose();
        _step.Dispose();
        _parameters.Dispose();
        _team.Dispose();
        _context.Dispose();
    }

    private IEnumerable<(string Name, float[] Values)> Buffers() => _settings.Network.Norm.HasRunningStatistics
        ? _parameters.Norms.SelectMany(norm => new[]
        {
            ($"{norm.Slot.Name}.running_mean", norm.RunningMean), ($"{norm.Slot.Name}.running_var", norm.RunningVariance),
        })
        : [];

    private CompiledNetwork Evaluation(int count)
    {
        if (!_evaluations.TryGetValue(count, out var network))
        {
            _team.Enter();
            _evaluations[count] = network = Compile(count, workers: 1, training: false);
        }

        return network;
    }

    private CompiledNetwork Compile(int images, int workers, bool training) =>
        new(new Compilation(_settings, _context, _parameters, _team, images, workers, training, _emulateBf16));

    private void Check(ImageBatch batch, bool isStep)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (isStep && batch.Count != _settings.Workers * _settings.Batch)
            throw new ArgumentException($"A step takes {_settings.Workers} x {_settings.Batch} images, not {batch.Count}.", nameof(batch));
        if (batch.Shape != _settings.Network.Input || batch.Layout != Layout)
            throw new ArgumentException($"Images of {batch.Shape} in {batch.Layout}; the network takes {_settings.Network.Input} in {Layout}.", nameof(batch));
    }
}
