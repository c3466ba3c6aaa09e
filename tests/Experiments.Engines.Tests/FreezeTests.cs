using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>What a fine-tuning leaves as it is, and what it does to the rest.</summary>
public sealed class FreezeTests
{
    private const double Rate = 0.05;

    [Theory]
    [OnTorch(Frozen.NormStatistics, Frozen.Norms, Frozen.AllButLast)]
    [OnOneDnn(Frozen.NormStatistics, Frozen.Norms, Frozen.AllButLast)]
    public void What_is_frozen_keeps_its_bits_and_the_rest_moves(string engineName, Frozen freeze)
    {
        foreach (var optimizer in Enum.GetValues<OptimizerKind>())
        {
            var settings = Settings("bn", freeze) with { Optimizer = optimizer };
            using var engine = Pretrained(engineName, settings);
            var before = engine.Read();
            Engines.Train(engine, Engines.Batch(engine, 8, 9), Rate);
            Engines.Train(engine, Engines.Batch(engine, 8, 10), Rate);
            var after = engine.Read();
            Assert.Equal(Engines.Values(before.Buffers), Engines.Values(after.Buffers));
            foreach (var (index, parameter) in settings.Network.Parameters.Index())
            {
                var isSame = before.Parameters[index].Values.SequenceEqual(after.Parameters[index].Values);
                Assert.True(isSame == settings.IsFrozen(parameter), $"{parameter.Name} {(isSame ? "stays" : "moves")}");
                Assert.Equal(isSame, after.Momentum[index].Values.All(value => value == 0));
            }
        }
    }

    [Fact]
    public void Frozen_are_the_norms_or_all_but_the_last_layer()
    {
        static string[] Of(Frozen freeze, Func<Experiments.Core.Networks.Parameter, bool> which) =>
            [.. Settings("bn", freeze).Network.Parameters.Where(parameter => Settings("bn", freeze).IsFrozen(parameter) && which(parameter)).Select(parameter => parameter.Name)];
        Assert.Empty(Of(Frozen.NormStatistics, _ => true));
        Assert.All(Of(Frozen.Norms, _ => true), name => Assert.Contains("norm", name, StringComparison.Ordinal));
        Assert.Equal(Of(Frozen.Norms, _ => true), Of(Frozen.AllButLast, parameter => parameter.Layer is NormSlot));
        Assert.Empty(Of(Frozen.AllButLast, parameter => parameter.Name.StartsWith("fc.", StringComparison.Ordinal)));
    }

    // The loss in training is the loss in evaluation by moving averages: that is what frozen statistics mean.
    [Theory, OnTorch("bn", "syncbn", "ghost-bn", "bgn", "mean-only-bn", "wn-mean-only-bn"), OnOneDnn("bn", "syncbn", "ghost-bn", "bgn", "mean-only-bn", "wn-mean-only-bn")]
    public void Training_scores_as_evaluation_by_moving_averages_does(string engineName, string norm)
    {
        using var engine = Pretrained(engineName, Settings(norm, Frozen.NormStatistics));
        var batch = Engines.Batch(engine, 8, 3);
        Numbers.Close(Engines.Evaluate(engine, batch), Engines.Train(engine, batch, Rate), 1e-5, "scores");
    }

    // In the direction of the gradient the loss rises by the gradient's square; frozen parameters have no gradient.
    [Theory, OnTorch("bn", "bgn"), OnOneDnn("bn", "bgn")]
    public void Gradients_are_those_of_the_loss_with_constant_statistics(string engineName, string norm)
    {
        foreach (var freeze in new[] { Frozen.NormStatistics, Frozen.Norms, Frozen.AllButLast })
        {
            var settings = Settings(norm, freeze);
            using var engine = Pretrained(engineName, settings);
            var batch = Engines.Batch(engine, 8, 3);
            var state = engine.Read();
            var (_, gradients) = engine.LossAndGradients(batch, new(0));
            foreach (var (parameter, gradient) in settings.Network.Parameters.Zip(gradients))
                Assert.Equal(settings.IsFrozen(parameter), gradient.Values.All(value => value == 0));
            var square = Engines.Values(gradients).Sum(value => (double)value * value);
            var step = 0.0005 / Math.Sqrt(square);
            double LossAt(double distance)
            {
                engine.Write(state with
                {
                    Parameters = [.. state.Parameters.Zip(gradients, (array, gradient) =>
                        array with { Values = [.. array.Values.Zip(gradient.Values, (value, slope) => (float)(value + (distance * slope)))] })],
                });
                return engine.LossAndGradients(batch, new(0)).Loss;
            }

            Assert.Equal(1, (LossAt(step) - LossAt(-step)) / (2 * step) / square, 0.01);
        }
    }

    // The torch engine's gradient is autograd's.
    [BothEnginesTheory]
    [InlineData("bn", 1)]
    [InlineData("bn", 2)]
    [InlineData("syncbn", 2)]
    [InlineData("mean-only-bn", 1)]
    [InlineData("bgn", 1)]
    [InlineData("gn", 1)]
    public void Engines_agree_on_steps_with_frozen_parts(string norm, int workers)
    {
        foreach (var freeze in norm == "gn" ? [Frozen.Norms] : new[] { Frozen.NormStatistics, Frozen.Norms })
        {
            var network = EngineAgreementTests.Smooth("resnet8", 8, Shortcut.IdentityCentered, Engines.Shape, norm, 4);
            var settings = new EngineSettings(network, 4, workers, Freeze: freeze);
            using IEngine torch = Pretrained("torch", settings), onednn = Engines.Create("onednn", settings);
            onednn.Write(torch.Read());
            foreach (var engine in new[] { torch, onednn })
                Engines.Train(engine, Engines.Batch(engine, 4 * workers, 5), 0.01);
            var (expected, actual) = (torch.Read(), onednn.Read());
            foreach (var (a, b) in expected.Parameters.Concat(expected.Momentum).Zip(actual.Parameters.Concat(actual.Momentum)))
                Numbers.Close(a.Values, b.Values, 1e-4, $"{freeze}: {a.Name}");
        }
    }

    private static EngineSettings Settings(string norm, Frozen freeze) => new(Engines.ResNet(norm), 8, Freeze: freeze);

    /// <summary>An engine with the state that a few steps of a whole training lead to, but for the momentum.</summary>
    private static IEngine Pretrained(string name, EngineSettings settings)
    {
        using var whole = Engines.Create(name, settings with { Freeze = Frozen.None });
        for (var step = 0; step < 3; step++)
            Engines.Train(whole, Engines.Batch(whole, settings.Batch * settings.Workers, step), settings.Optimizer == OptimizerKind.Sgd ? Rate : 0.001);
        var engine = Engines.Create(name, settings);
        engine.Write(whole.Read() with { Momentum = [], SecondMoment = [] });
        return engine;
    }
}
