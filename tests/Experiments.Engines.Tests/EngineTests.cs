using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>What every engine does.</summary>
public sealed class EngineTests
{
    // w, v and gradient are fp32: three steps round differently in at most a few last places.
    [Theory, OnTorch(true, false), OnOneDnn(true, false)]
    public void A_step_is_SGD_as_PyTorch_writes_it(string engineName, bool decayNormsAndBiases)
    {
        const double Momentum = 0.9, Decay = 0.05;
        var network = Engines.ResNet("gn");
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4, Momentum: Momentum, WeightDecay: Decay, DecayNormsAndBiases: decayNormsAndBiases));
        var weights = engine.Read().Parameters.Select(array => array.Values.Select(value => (double)value).ToArray()).ToList();
        var velocities = weights.ConvertAll(array => new double[array.Length]);
        foreach (var (step, rate) in new[] { 0.1, 0.05, 0.2, 0.1 }.Index())
        {
            var batch = Engines.Batch(engine, 4, step);
            var gradients = engine.LossAndGradients(batch, new(0)).Gradients;
            Engines.Train(engine, batch, rate);
            for (var p = 0; p < weights.Count; p++)
            {
                var decays = decayNormsAndBiases || network.Parameters[p].Kind is ParameterKind.ConvolutionWeight or ParameterKind.LinearWeight;
                for (var i = 0; i < weights[p].Length; i++)
                {
                    velocities[p][i] = (Momentum * velocities[p][i]) + gradients[p].Values[i] + (decays ? Decay * weights[p][i] : 0);
                    weights[p][i] -= rate * velocities[p][i];
                }
            }

            var state = engine.Read();
            for (var p = 0; p < weights.Count; p++)
            {
                Numbers.Close(weights[p], [.. state.Parameters[p].Values.Select(value => (double)value)], 1e-5, state.Parameters[p].Name);
                Numbers.Close(velocities[p], [.. state.Momentum[p].Values.Select(value => (double)value)], 1e-5, state.Momentum[p].Name);
            }
        }
    }

    // As above. If a gradient is near 0, the step divides one rounding error by another, hence the tolerance.
    [Theory, OnTorch(true, false), OnOneDnn(true, false)]
    public void A_step_is_AdamW_as_PyTorch_writes_it(string engineName, bool decayNormsAndBiases)
    {
        const double Beta1 = 0.8, Beta2 = 0.95, Decay = 0.5;
        var settings = new EngineSettings(Engines.ResNet("gn"), 4, WeightDecay: Decay, DecayNormsAndBiases: decayNormsAndBiases, Optimizer: OptimizerKind.Adamw, Beta1: Beta1, Beta2: Beta2);
        using var engine = Engines.Create(engineName, settings);
        var weights = engine.Read().Parameters.Select(array => array.Values.Select(value => (double)value).ToArray()).ToList();
        var means = weights.ConvertAll(array => new double[array.Length]);
        var squares = weights.ConvertAll(array => new double[array.Length]);
        foreach (var (step, rate) in new[] { 0.01, 0.005, 0.02, 0.01 }.Index())
        {
            var batch = Engines.Batch(engine, 4, step);
            var gradients = engine.LossAndGradients(batch, new(0)).Gradients;
            Engines.Train(engine, batch, rate);
            for (var p = 0; p < weights.Count; p++)
            {
                var decay = decayNormsAndBiases || settings.Network.Parameters[p].Kind is ParameterKind.ConvolutionWeight or ParameterKind.LinearWeight ? Decay : 0;
                for (var i = 0; i < weights[p].Length; i++)
                {
                    double gradient = gradients[p].Values[i];
                    means[p][i] = (Beta1 * means[p][i]) + ((1 - Beta1) * gradient);
                    squares[p][i] = (Beta2 * squares[p][i]) + ((1 - Beta2) * gradient * gradient);
                    weights[p][i] -= rate * decay * weights[p][i];
                    weights[p][i] -= rate * (means[p][i] / (1 - Math.Pow(Beta1, step + 1))) / (Math.Sqrt(squares[p][i] / (1 - Math.Pow(Beta2, step + 1))) + 1e-8);
                }
            }

            var state = engine.Read();
            Assert.Equal(step + 1, state.Updates);
            for (var p = 0; p < weights.Count; p++)
            {
                Numbers.Close(weights[p], [.. state.Parameters[p].Values.Select(value => (double)value)], 1e-5, state.Parameters[p].Name);
                Numbers.Close(means[p], [.. state.Momentum[p].Values.Select(value => (double)value)], 1e-5, state.Momentum[p].Name);
                Numbers.Close(squares[p], [.. state.SecondMoment[p].Values.Select(value => (double)value)], 1e-5, state.SecondMoment[p].Name);
            }
        }
    }

    [Theory, OnTorch(EveryNorm = true), OnOneDnn(EveryNorm = true)]
    public void Gradients_are_those_of_the_loss(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm, projection: true, batch: 3), 3, Workers: 2));
        var batch = Engines.Batch(engine, 6, 1);
        var state = engine.Read();
        // Through the corrections of Batch Renormalization no gradient flows: at the beginning of its ramp there are none.
        var first = new StepSettings(0, RenormRamp: 0);
        var (loss, gradients) = engine.LossAndGradients(batch, first);
        Assert.Equal(state.Parameters.Select(array => array.Name), gradients.Select(array => array.Name));

        // Along the gradient itself the loss rises by the gradient's square. The network is fp32 and has ReLUs, hence the tolerance.
        var square = Engines.Values(gradients).Sum(value => (double)value * value);
        var step = 0.0005 / Math.Sqrt(square);
        double LossAt(double distance)
        {
            engine.Write(state with
            {
                Parameters = [.. state.Parameters.Zip(gradients, (array, gradient) =>
                    array with { Values = [.. array.Values.Zip(gradient.Values, (value, slope) => (float)(value + (distance * slope)))] })],
            });
            return engine.LossAndGradients(batch, first).Loss;
        }

        var rise = (LossAt(step) - LossAt(-step)) / (2 * step);
        Assert.Equal(1, rise / square, 0.01);
        engine.Write(state);
        Assert.Equal(loss, engine.LossAndGradients(batch, first).Loss);
    }

    [Theory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void Loss_and_gradients_change_nothing(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm), 4));
        Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.1);
        var before = engine.Read();
        engine.LossAndGradients(Engines.Batch(engine, 4, 2), new(0));
        Engines.Same(before, engine.Read());
    }

    [Theory, OnTorch, OnOneDnn]
    public void Training_gives_the_scores_before_the_update_and_the_loss_is_their_mean_cross_entropy(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("bn"), 4));
        var batch = Engines.Batch(engine, 4, 1);
        var expected = Engines.Evaluate(engine, batch, NormStatistics.Batch);
        var loss = engine.LossAndGradients(batch, new(0)).Loss;
        var scores = Engines.Train(engine, batch, 0.1);
        Numbers.Close(expected, scores, 1e-6, "scores");
        Assert.Equal(Score.Of(scores, batch.Labels).MeanLoss, loss, 1e-6);
        Assert.NotEqual(scores, Engines.Train(engine, batch, 0.1));
    }

    [Theory, OnTorch(EveryNorm = true), OnOneDnn(EveryNorm = true)]
    public void The_same_seed_gives_the_same_bits(string engineName, string norm)
    {
        EngineState Trained()
        {
            using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm, batch: 3), 3, Workers: 2));
            for (var step = 0; step < 3; step++)
                Engines.Train(engine, Engines.Batch(engine, 6, step), 0.1);
            return engine.Read();
        }

        Engines.Same(Trained(), Trained());
    }

    [Theory, OnTorch(OptimizerKind.Sgd, OptimizerKind.Adamw), OnOneDnn(OptimizerKind.Sgd, OptimizerKind.Adamw)]
    public void A_state_read_and_written_to_another_engine_continues_with_the_same_bits(string engineName, OptimizerKind optimizer)
    {
        var settings = new EngineSettings(Engines.ResNet("bn", projection: true), 4, Optimizer: optimizer);
        using var first = Engines.Create(engineName, settings);
        for (var step = 0; step < 2; step++)
            Engines.Train(first, Engines.Batch(first, 4, step), 0.1);
        using var second = Engines.Create(engineName, settings, seed: 2);
        second.Write(first.Read());
        Engines.Same(first.Read(), second.Read());
        foreach (var engine in new[] { first, second })
            Engines.Train(engine, Engines.Batch(engine, 4, 2), 0.1);
        Engines.Same(first.Read(), second.Read());
    }

    [Theory, OnTorch(OptimizerKind.Sgd, OptimizerKind.Adamw), OnOneDnn(OptimizerKind.Sgd, OptimizerKind.Adamw)]
    public void A_state_without_momentum_sets_it_to_zero(string engineName, OptimizerKind optimizer)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("gn"), 4, Optimizer: optimizer));
        Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.1);
        Assert.Contains(Engines.Values(engine.Read().Momentum), value => value != 0);
        engine.Write(engine.Read() with { Momentum = [], SecondMoment = [] });
        Assert.All(Engines.Values([.. engine.Read().Momentum, .. engine.Read().SecondMoment]), value => Assert.Equal(0, value));
        Assert.Equal(0, engine.Read().Updates);
    }

    [Theory, OnTorch, OnOneDnn]
    public void What_another_optimizer_remembered_is_refused(string engineName)
    {
        using IEngine sgd = Engines.Create(engineName, new EngineSettings(Engines.ResNet("gn"), 4)),
            adamw = Engines.Create(engineName, new EngineSettings(Engines.ResNet("gn"), 4, Optimizer: OptimizerKind.Adamw));
        Assert.Contains("0 second moments, the state 23", Assert.Throws<ArgumentException>(() => sgd.Write(adamw.Read())).Message, StringComparison.Ordinal);
        Assert.Contains("23 second moments, the state 0", Assert.Throws<ArgumentException>(() => adamw.Write(sgd.Read())).Message, StringComparison.Ordinal);
    }

    [Theory, OnTorch, OnOneDnn]
    public void A_state_of_another_network_is_refused_by_name_and_shape(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("bn"), 4));
        var state = engine.Read();
        Assert.Contains("has 23 parameters, the state 0", Assert.Throws<ArgumentException>(() => engine.Write(state with { Parameters = [] })).Message, StringComparison.Ordinal);
        var renamed = state with { Parameters = [state.Parameters[0] with { Name = "conv9.weight" }, .. state.Parameters.Skip(1)] };
        Assert.Contains("conv9.weight", Assert.Throws<ArgumentException>(() => engine.Write(renamed)).Message, StringComparison.Ordinal);
        var reshaped = state with { Buffers = [state.Buffers[0] with { Shape = [2, 2] }, .. state.Buffers.Skip(1)] };
        Assert.Contains("norm1.running_mean [4]", Assert.Throws<ArgumentException>(() => engine.Write(reshaped)).Message, StringComparison.Ordinal);
        Engines.Same(state, engine.Read());
    }

    [Theory, OnTorch, OnOneDnn]
    public void A_batch_of_another_size_or_shape_is_refused(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("bn"), 4, Workers: 2));
        Assert.Contains("2 x 4", Assert.Throws<ArgumentException>(() => Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Engines.Train(engine, Engines.Batch(engine, 8, 1, new ImageShape(3, 10, 12)), 0.1));
    }

    [Theory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void A_small_network_learns(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm), 16));
        Learns(engine);
    }

    /// <summary>The loss falls, and most test images are recognized.</summary>
    internal static void Learns(IEngine engine)
    {
        var losses = new List<double>();
        for (var step = 0; step < 60; step++)
        {
            var batch = Engines.Batch(engine, 16, step);
            losses.Add(Score.Of(Engines.Train(engine, batch, 0.1), batch.Labels).MeanLoss);
        }

        var test = Engines.Batch(engine, 50, 1000);
        var (first, last) = (losses.Take(5).Average(), losses.TakeLast(5).Average());
        Assert.True(last < 0.5 * first, $"loss from {first:f2} to {last:f2}");
        Assert.True(Score.Of(Engines.Evaluate(engine, test), test.Labels).ErrorPercent < 40);
    }

    [Theory, OnTorch, OnOneDnn]
    public void Convolution_without_a_norm_has_the_slots_shift_as_its_bias(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("none"), 2));
        var names = engine.Read().Parameters.Select(array => array.Name).ToList();
        Assert.Contains("norm1.bias", names);
        Assert.DoesNotContain("norm1.weight", names);
        Assert.Contains(Engines.Values([.. engine.LossAndGradients(Engines.Batch(engine, 2, 1), new(0)).Gradients.Where(array => array.Name == "norm1.bias")]), value => value != 0);
    }
}
