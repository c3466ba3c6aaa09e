using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>What an engine learns and remembers, by name; shared by everything that is compiled for it.</summary>
/// <param name="settings">What the engine is built for.</param>
internal sealed class ParameterStore(EngineSettings settings) : IDisposable
{
    private readonly IReadOnlyList<Parameter> _parameters = settings.Network.Parameters;
    private readonly Dictionary<string, LearnableArray> _arrays = [];
    private readonly Dictionary<string, NormState> _norms = settings.Network.NormSlots.ToDictionary(slot => slot.Name, slot => new NormState(slot, slot.Of(settings.Network.Norm)));

    /// <summary>The number of updates that AdamW's averages cover.</summary>
    internal long Updates { get; set; }

    /// <summary>The arrays in the order of <c>state_dict</c>, once all of them have been asked for.</summary>
    internal IEnumerable<LearnableArray> Arrays => _parameters.Select(parameter => _arrays[parameter.Name]);

    /// <summary>The norm layers in the same order.</summary>
    internal IEnumerable<NormState> Norms => settings.Network.NormSlots.Select(slot => _norms[slot.Name]);

    /// <summary>A parameter, made when it is first asked for; null if the network has none of the name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="order">Gives its order in memory, if it has to be made.</param>
    internal LearnableArray? Find(string name, Func<int[]>? order = null)
    {
        if (_arrays.TryGetValue(name, out var array) || _parameters.FirstOrDefault(parameter => parameter.Name == name) is not { } parameter)
            return array;
        var transform = parameter.Kind == ParameterKind.ConvolutionWeight ? settings.Network.Norm.Weights : WeightTransform.None;
        var gain = transform == WeightTransform.Normalization ? Get(Network.GainName((Convolution)parameter.Layer)) : null;
        return _arrays[name] = new LearnableArray(parameter, settings, order?.Invoke(), transform, gain);
    }

    /// <summary>A parameter that the network has.</summary>
    internal LearnableArray Get(string name, Func<int[]>? order = null) =>
        Find(name, order) ?? throw new ArgumentException($"The network has no parameter {name}.", nameof(name));

    /// <summary>A norm layer's position among the norm layers.</summary>
    internal int PositionOf(NormSlot slot) => settings.Network.NormSlots.Index().First(at => at.Item.Name == slot.Name).Index;

    /// <summary>A norm layer's memory.</summary>
    internal NormState Norm(NormSlot slot) => _norms[slot.Name];

    /// <summary>The numbers of the next update; AdamW counts each call as one update.</summary>
    internal UpdateStep NextUpdate(double rate) => settings.Optimizer == OptimizerKind.Adamw
        ? UpdateStep.OfAdamW(rate, ++Updates, settings.Beta1, settings.Beta2)
        : new UpdateStep(rate);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var array in _arrays.Values)
            array.Dispose();
    }
}
