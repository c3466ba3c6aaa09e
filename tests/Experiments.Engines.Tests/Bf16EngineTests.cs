using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests;

/// <summary>The onednn engine in bfloat16: emulated where this processor has no support for it, which rounds at the same places.</summary>
public sealed class Bf16EngineTests
{
    private static readonly ImageShape s_convNeXtShape = new(3, 20, 18);

    // bfloat16 keeps 8 bits: half a percent a rounding, over some ten roundings forward and as many back, and ReLUs that fall the other
    // way. A tenth of the gradient's norm is what comes of it here, and PyTorch's own differ by two or three; the lower bound shows that
    // it is bfloat16 at all.
    [OneDnnTheory]
    [InlineData("bn", 12, 10)]
    [InlineData("gn", 12, 10)]
    [InlineData("none", 12, 10)]
    [InlineData("bn", 64, 60)]
    [InlineData("gn", 64, 60)]
    public void Loss_and_gradients_of_a_step_are_near_those_in_fp32(string norm, int height, int width)
    {
        // The larger images are taken in two chunks, of 8 and 1.
        var shape = new ImageShape(3, height, width);
        var settings = new EngineSettings(ModelCatalog.Build("resnet8", 8, Shortcut.Projection, shape, Engines.Classes, Engines.NormOf(norm)), 9);
        using var fp32 = Engines.Create("onednn", settings);
        using var bf16 = Create(settings);
        var expected = fp32.LossAndGradients(Engines.Batch(fp32, 9, 1, shape), new(0));
        var actual = bf16.LossAndGradients(Engines.Batch(bf16, 9, 1, shape), new(0));
        Assert.Equal(expected.Loss, actual.Loss, 0.02 * expected.Loss);
        var (a, b) = (Engines.Values(expected.Gradients), Engines.Values(actual.Gradients));
        var distance = Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * (x - y)).Sum() / a.Sum(x => (double)x * x));
        Assert.InRange(distance, 1e-3, 0.2);
    }

    [OneDnnTheory]
    [InlineData("bn")]
    [InlineData("gn")]
    public void A_small_network_learns(string norm)
    {
        using var engine = Create(new EngineSettings(Engines.ResNet(norm), 16));
        EngineTests.Learns(engine);
    }

    // Every depthwise kernel, GELU, layer scale and norm of ConvNeXt has its own share of a step's error: here up to a twentieth of the parameter's
    // gradient. A bias before a BN has a gradient of 0, of which fp32 and bfloat16 leave different roundings: these are small beside all gradients.
    [OneDnnTheory]
    [InlineData("ln-channels")]
    [InlineData("bn")]
    [InlineData("none")]
    public void Each_gradient_of_a_ConvNeXt_is_near_that_in_fp32(string norm)
    {
        var settings = ConvNeXt(norm);
        using var fp32 = Engines.Create("onednn", settings);
        using var bf16 = Create(settings);
        var expected = fp32.LossAndGradients(Engines.Batch(fp32, 16, 1, s_convNeXtShape), new(0));
        var actual = bf16.LossAndGradients(Engines.Batch(bf16, 16, 1, s_convNeXtShape), new(0));
        Assert.Equal(expected.Loss, actual.Loss, 0.05 * expected.Loss);
        var all = Norm(Engines.Values(expected.Gradients));
        foreach (var (a, b) in expected.Gradients.Zip(actual.Gradients))
        {
            var (size, error) = (Norm(a.Values), Norm(a.Values.Zip(b.Values, (x, y) => x - y)));
            Assert.True(error < (size > 1e-5 * all ? 0.15 * size : 0.01 * all), $"{a.Name}: {error:g3} beside a gradient of {size:g3}, of {all:g3} in all");
        }

        static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(value => (double)value * value));
    }

    // The losses of 40 steps of AdamW, five by five. SGD at a rate of 0.05 is too fast from these weights: without a norm fp32 diverges, and with
    // BN its loss jumps from one five to the next, so that two number formats part.
    [OneDnnTheory]
    [InlineData("ln-channels")]
    [InlineData("bn")]
    public void A_ConvNeXt_learns_as_in_fp32(string norm)
    {
        var settings = ConvNeXt(norm) with { Optimizer = OptimizerKind.Adamw };
        using var fp32 = Engines.Create("onednn", settings);
        using var bf16 = Create(settings);
        var (expected, actual) = (Losses(fp32), Losses(bf16));
        Assert.True(actual[^1] < 0.2 * actual[0], string.Join(' ', actual));
        foreach (var (a, b) in expected.Zip(actual))
            Assert.Equal(a, b, 0.05 * expected[0]);
        Assert.NotEqual(expected, actual);

        double[] Losses(IEngine engine) => [.. Enumerable.Range(0, 40).Select(step =>
        {
            var batch = Engines.Batch(engine, 16, step, s_convNeXtShape);
            return Score.Of(Engines.Train(engine, batch, 0.002), batch.Labels).MeanLoss;
        }).Chunk(5).Select(losses => losses.Average())];
    }

    // Updates of less than a bfloat16 could hold, after which the weights are where fp32 arithmetic puts them.
    [OneDnnFact]
    public void Updates_below_the_resolution_of_bfloat16_are_kept_in_fp32_weights()
    {
        const double Rate = 1e-5, Decay = 1e-4;
        var network = Engines.ResNet("gn");
        using var engine = Create(new EngineSettings(network, 8, WeightDecay: Decay));
        var batch = Engines.Batch(engine, 8, 1);
        var (before, gradients) = (engine.Read().Parameters, engine.LossAndGradients(batch, new(0)).Gradients);
        Engines.Train(engine, batch, Rate);
        foreach (var ((was, gradient), now) in before.Zip(gradients).Zip(engine.Read().Parameters))
        {
            var largest = was.Values.Max(Math.Abs);
            var steps = gradient.Values.Zip(was.Values, (g, w) => Rate * (g + (Decay * w))).ToArray();
            Assert.True(steps.Max(Math.Abs) < largest / 512, "an update that even bfloat16 could hold shows nothing");
            Assert.NotEqual(was.Values, now.Values);
            Numbers.Close([.. was.Values.Zip(steps, (w, step) => w - step)], [.. now.Values.Select(value => (double)value)], 1e-7, was.Name);
        }
    }

    [OneDnnFact]
    public void Weights_velocities_weight_gradients_and_moving_averages_are_fp32()
    {
        var settings = new EngineSettings(Engines.ResNet("bn"), 8);
        using var fp32 = Engines.Create("onednn", settings);
        using var bf16 = Create(settings);
        foreach (var engine in new[] { fp32, bf16 })
            Engines.Train(engine, Engines.Batch(engine, 8, 1), 0.1);
        var state = bf16.Read();
        IEnumerable<NamedArray> arrays = [.. state.Parameters, .. state.Momentum, .. state.Buffers, .. bf16.LossAndGradients(Engines.Batch(bf16, 8, 2), new(0)).Gradients];
        Assert.All(arrays, array => Assert.Contains(array.Values, value => Bf16.Round(value).ToSingle() != value));
        foreach (var (expected, actual) in fp32.Read().Buffers.Zip(state.Buffers))
            Numbers.Close(expected.Values, actual.Values, 0.02, expected.Name);
    }

    [OneDnnFact]
    public void The_same_seed_gives_the_same_bits()
    {
        var settings = new EngineSettings(Engines.ResNet("gn"), 4);
        EngineState[] states = [Trained(), Trained()];
        Engines.Same(states[0], states[1]);

        EngineState Trained()
        {
            using var engine = Create(settings);
            for (var step = 0; step < 3; step++)
                Engines.Train(engine, Engines.Batch(engine, 4, step), 0.1);
            return engine.Read();
        }
    }

    [OneDnnFact]
    public void A_checkpoint_of_fp32_is_read_and_evaluated()
    {
        var network = Engines.ResNet("bn", projection: true);
        using var fp32 = Engines.Create("onednn", new EngineSettings(network, 4));
        for (var step = 0; step < 3; step++)
            Engines.Train(fp32, Engines.Batch(fp32, 4, step), 0.05);
        using var bf16 = Create(new EngineSettings(network, 4));
        bf16.Write(fp32.Read());
        Engines.Same(fp32.Read(), bf16.Read());
        Numbers.Close(Engines.Evaluate(fp32, Engines.Batch(fp32, 30, 9)), Engines.Evaluate(bf16, Engines.Batch(bf16, 30, 9)), 0.05, "scores");
    }

    private static EngineSettings ConvNeXt(string norm) =>
        new(ModelCatalog.Build("convnext-6", 16, Shortcut.IdentityAppended, s_convNeXtShape, Engines.Classes, Engines.NormOf(norm, 16)), 16);

    private static OneDnnEngine Create(EngineSettings settings)
    {
        var native = new OneDnnEngineProvider().Unavailable("cpu", Precision.Bf16) is null;
        var engine = new OneDnnEngine(settings with { Precision = Precision.Bf16 }, emulateBf16: !native);
        engine.Write(Engines.Started(settings.Network));
        return engine;
    }
}
