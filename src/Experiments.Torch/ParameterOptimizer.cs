using Experiments.Core.Training;
using TorchSharp.Modules;

namespace Experiments.Torch;

/// <summary>torch.optim's SGD or AdamW over a network's parameters, with what it remembers of each by name.</summary>
internal abstract class ParameterOptimizer : IDisposable
{
    private readonly OptimizerHelper _optimizer;

    private ParameterOptimizer(OptimizerHelper optimizer) => _optimizer = optimizer;

    /// <summary>The number of steps that AdamW's averages cover; 0 under SGD.</summary>
    internal abstract long Updates { get; }

    /// <summary>Makes the optimizer that the settings ask for.</summary>
    /// <param name="settings">Which, and for what network.</param>
    /// <param name="learnt">A parameter by its name.</param>
    internal static ParameterOptimizer Create(EngineSettings settings, Func<string, Parameter> learnt)
    {
        // There are two groups if only weights decay; two groups with equal decay act as one.
        var groups = settings.Network.Parameters.Where(parameter => !settings.IsFrozen(parameter)).GroupBy(settings.Decays)
            .Select(group => (Decay: group.Key ? settings.WeightDecay : 0, Names: group.Select(parameter => parameter.Name).ToList())).ToList();
        var names = groups.SelectMany(group => group.Names);
        if (settings.Optimizer == OptimizerKind.Sgd)
        {
            var sgd = optim.SGD(
                groups.Select(group => new SGD.ParamGroup(group.Names.Select(learnt), momentum: settings.Momentum, weight_decay: group.Decay)), learningRate: 0, settings.Momentum);
            return new OfSgd(sgd, learnt, names.Zip(sgd.state_dict().State.Cast<SGD.State>()).ToDictionary());
        }

        var adamw = optim.AdamW(
            groups.Select(group => new AdamW.ParamGroup(group.Names.Select(learnt), beta1: settings.Beta1, beta2: settings.Beta2, eps: OptimizerDefaults.Epsilon, weight_decay: group.Decay)),
            lr: 0, settings.Beta1, settings.Beta2, OptimizerDefaults.Epsilon, settings.WeightDecay);
        return new OfAdamW(adamw, names.Zip(adamw.state_dict().State.Cast<AdamW.State>()).ToDictionary());
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    internal void ClearGradients() => _optimizer.zero_grad();

    /// <summary>Updates the parameters by their gradients.</summary>
    internal void Step(double rate)
    {
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = rate;
        _optimizer.step();
    }

    /// <summary>SGD's velocity or AdamW's average of gradients; null before a parameter's first step.</summary>
    internal abstract Tensor? Momentum(string name);

    /// <summary>AdamW's average of squared gradients; null under SGD.</summary>
    internal abstract Tensor? SecondMoment(string name);

    /// <summary>Sets all that is remembered to zero.</summary>
    internal abstract void Forget();

    /// <summary>Sets what is remembered of a parameter; nothing is remembered of a frozen one.</summary>
    internal abstract void Remember(string name, Tensor momentum, Tensor? secondMoment, long updates);

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();

    private sealed class OfSgd(SGD optimizer, Func<string, Parameter> learnt, Dictionary<string, SGD.State> state) : ParameterOptimizer(optimizer)
    {
        internal override long Updates => 0;

        internal override Tensor? Momentum(string name) => state.GetValueOrDefault(name)?.momentum_buffer;

        internal override Tensor? SecondMoment(string name) => null;

        internal override void Forget()
        {
            foreach (var one in state.Values)
            {
                one.momentum_buffer?.Dispose();
                one.momentum_buffer = null;
            }
        }

        internal override void Remember(string name, Tensor momentum, Tensor? secondMoment, long updates)
        {
            if (state.TryGetValue(name, out var one))
                one.momentum_buffer = zeros_like(learnt(name)).copy_(momentum).DetachFromDisposeScope();
        }
    }

    private sealed class OfAdamW(AdamW optimizer, Dictionary<string, AdamW.State> state) : ParameterOptimizer(optimizer)
    {
        internal override long Updates => state.Values.Max(one => one.step);

        internal override Tensor? Momentum(string name) => state.GetValueOrDefault(name)?.exp_avg;

        internal override Tensor? SecondMoment(string name) => state.GetValueOrDefault(name)?.exp_avg_sq;

        internal override void Forget()
        {
            foreach (var one in state.Values)
            {
                one.step = 0;
                one.exp_avg.zero_();
                one.exp_avg_sq.zero_();
            }
        }

        internal override void Remember(string name, Tensor momentum, Tensor? secondMoment, long updates)
        {
            if (!state.TryGetValue(name, out var one))
                return;
            one.step = updates;
            one.exp_avg.copy_(momentum);
            one.exp_avg_sq.copy_(secondMoment!);
        }
    }
}
