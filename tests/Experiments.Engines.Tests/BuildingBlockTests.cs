using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>The parts of a network other than its norm: both engines against each other and against PyTorch's formulas.</summary>
public sealed class BuildingBlockTests
{
    // The smallest images that VGG takes, and not square.
    private static readonly ImageShape s_shape = new(3, 18, 20);

    public static TheoryData<string, ActivationKind, NormPosition> Blocks
    {
        get
        {
            var rows = new TheoryData<string, ActivationKind, NormPosition>();
            foreach (var model in new[] { "small-cnn", "resnet8", "vgg11" })
            {
                foreach (var activation in Enum.GetValues<ActivationKind>())
                {
                    foreach (var position in Enum.GetValues<NormPosition>())
                        rows.Add(model, activation, position);
                }
            }

            return rows;
        }
    }

    private static readonly BuildingBlock s_smooth = new(ActivationKind.Tanh);

    public static TheoryData<string, bool, Affine> Norms
    {
        get
        {
            var rows = new TheoryData<string, bool, Affine>();
            foreach (var norm in new[] { "bn", "gn", "none" })
            {
                foreach (var affine in Enum.GetValues<Affine>())
                {
                    rows.Add(norm, false, affine);
                    rows.Add(norm, true, affine);
                }
            }

            return rows;
        }
    }

    // Both round in fp32, see EngineAgreementTests; widths that no vector divides and that one does. In VGG's last maps of 1 x 1 a channel
    // over few images may vary hardly at all after its activation, and a norm divides by that: hence a larger batch.
    [BothEnginesTheory]
    [MemberData(nameof(Blocks))]
    public void The_engines_agree_on_activations_and_on_a_norm_before_or_after_them(string model, ActivationKind activation, NormPosition position)
    {
        var tolerance = activation == ActivationKind.Relu ? EngineAgreementTests.RoundingAtReLUs : EngineAgreementTests.Rounding;
        foreach (var width in new[] { 6, 8 })
            EngineAgreementTests.AgreeOnSteps(new(Build(model, width, Engines.NormOf("bn"), new(activation, position)), 16), tolerance, $"{model} of width {width}");
    }

    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void The_engines_agree_on_standardized_weights_and_on_scale_and_shift(string name, bool standardized, Affine affine)
    {
        var norm = NormCatalog.Create(new(name, Groups: name == "gn" ? 2 : null, WeightStandardization: standardized, Affine: affine));
        foreach (var width in new[] { 6, 16 })
            EngineAgreementTests.AgreeOnSteps(new(Build("resnet8", width, norm, s_smooth), 4), EngineAgreementTests.Rounding, $"width {width}");
    }

    // A whole batch in chunks of a few images, so that the gradient by the weights is complete only with the last.
    [BothEnginesTheory]
    [InlineData("wn")]
    [InlineData("wn-mean-only-bn")]
    [InlineData("gn")]
    public void The_engines_agree_on_transformed_weights_where_a_batch_is_taken_in_chunks(string name)
    {
        var norm = NormCatalog.Create(new(name, Groups: name == "gn" ? 2 : null, WeightStandardization: name == "gn"));
        var shape = new ImageShape(3, 32, 30);
        EngineAgreementTests.AgreeOnSteps(new(ModelCatalog.Build("resnet8", 16, Shortcut.Projection, shape, Engines.Classes, norm, s_smooth), 21), EngineAgreementTests.Rounding, name);
    }

    [Theory, OnTorch("wn", "wn-mean-only-bn"), OnOneDnn("wn", "wn-mean-only-bn")]
    public void Normalized_weights_do_not_depend_on_the_length_of_v(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm), 4));
        var batch = Engines.Batch(engine, 4, 1);
        var before = Engines.Evaluate(engine, batch);
        var state = engine.Read();
        engine.Write(state with
        {
            Parameters = [.. state.Parameters.Select(array => array.Name.EndsWith("weight_v", StringComparison.Ordinal)
                ? array with { Values = [.. array.Values.Select(value => 3 * value)] } : array)],
        });
        Numbers.Close(before, Engines.Evaluate(engine, batch), 1e-5, "scores");
    }

    [Theory, OnTorch, OnOneDnn]
    public void Standardized_weights_do_not_depend_on_the_scale_and_level_of_v(string engineName)
    {
        var norm = NormCatalog.Create(new("gn", Groups: 2, WeightStandardization: true));
        using var engine = Engines.Create(engineName, new EngineSettings(Build("small-cnn", 8, norm), 4));
        var batch = Engines.Batch(engine, 4, 1, s_shape);
        var before = Engines.Evaluate(engine, batch);
        var state = engine.Read();
        engine.Write(state with
        {
            Parameters = [.. state.Parameters.Select(array => array.Name.StartsWith("conv", StringComparison.Ordinal)
                ? array with { Values = [.. array.Values.Select(value => (3 * value) + 0.5f)] } : array)],
        });
        // Epsilon weighs less against nine times the variance.
        Numbers.Close(before, Engines.Evaluate(engine, batch), 2e-3, "scores");
    }

    // Salimans & Kingma 2016, Eqn 6: what every convolution hands on has mean 0 and variance 1 over the images it was initialised on.
    [Theory, OnTorch("wn", "wn-mean-only-bn"), OnOneDnn("wn", "wn-mean-only-bn")]
    public void Data_dependent_initialisation_gives_every_layer_mean_0_and_variance_1(string engineName, string norm)
    {
        var network = Engines.ResNet(norm, projection: true);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4));
        engine.Write(Initialization.Create(network, seed: 3));
        var batch = Engines.Batch(engine, 20, 1);
        Initialization.FitToData(engine, network, batch);
        foreach (var (slot, shape) in network.Shapes())
        {
            var values = new float[batch.Count * shape.Size];
            engine.Observe(batch, new(0), slot.Name, SlotSide.Output, values);
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                var here = values.Where((_, i) => i % shape.Channels == channel).Select(value => (double)value).ToList();
                var mean = here.Average();
                Assert.Equal(0, mean, 1e-4);
                Assert.Equal(1, here.Average(value => (value - mean) * (value - mean)), 1e-2);
            }
        }
    }

    [BothEnginesTheory]
    [InlineData("bn", SlotSide.Input)]
    [InlineData("bn", SlotSide.Output)]
    [InlineData("gn", SlotSide.Output)]
    [InlineData("noisy-bn", SlotSide.Output)]
    [InlineData("batch-renorm", SlotSide.Output)]
    [InlineData("none", SlotSide.Input)]
    public void What_is_observed_of_a_norm_agrees_and_changes_nothing(string norm, SlotSide side)
    {
        var network = Engines.ResNet(norm, projection: true);
        using IEngine torch = Engines.Create("torch", new(network, 4)), onednn = Engines.Create("onednn", new(network, 4));
        foreach (var (slot, shape) in network.Shapes())
        {
            var (expected, actual) = (new float[6 * shape.Size], new float[6 * shape.Size]);
            var before = onednn.Read();
            torch.Observe(Engines.Batch(torch, 6, 1), new(0, Number: 7), slot.Name, side, expected);
            onednn.Observe(Engines.Batch(onednn, 6, 1), new(0, Number: 7), slot.Name, side, actual);
            Numbers.Close(expected, actual, 1e-4, slot.Name);
            Engines.Same(before, onednn.Read());
        }

        Assert.Contains("has no norm norm9", Assert.Throws<ArgumentException>(() => onednn.Observe(Engines.Batch(onednn, 4, 1), new(0), "norm9", side, [])).Message, StringComparison.Ordinal);
    }

    // mean 0, variance 1: gamma and beta are 1 and 0 in an initial state, but for the last norm of a residual branch.
    [Theory, OnTorch("bn"), OnOneDnn("bn")]
    public void A_norms_output_has_mean_0_and_variance_1_and_its_input_has_not(string engineName, string norm)
    {
        var network = Engines.ResNet(norm);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4));
        engine.Write(Initialization.Create(network, seed: 3));
        var shape = network.ShapeAt("norm1");
        var (input, output) = (new float[4 * shape.Size], new float[4 * shape.Size]);
        engine.Observe(Engines.Batch(engine, 4, 1), new(0), "norm1", SlotSide.Input, input);
        engine.Observe(Engines.Batch(engine, 4, 1), new(0), "norm1", SlotSide.Output, output);
        Assert.Equal(1, output.Average(value => (double)value * value), 1e-3);
        Assert.NotEqual(1, input.Average(value => (double)value * value), 0.1);
    }

    [Theory, OnTorch("noisy-bn"), OnOneDnn("noisy-bn")]
    public void Noise_follows_from_seed_and_step_and_is_none_in_evaluation(string engineName, string norm)
    {
        var network = Engines.ResNet(norm);
        using IEngine first = Engines.Create(engineName, new(network, 4, Seed: 1)), second = Engines.Create(engineName, new(network, 4, Seed: 2));
        var batch = Engines.Batch(first, 4, 1);
        Assert.Equal(first.LossAndGradients(batch, new(0, Number: 3)).Loss, first.LossAndGradients(batch, new(0, Number: 3)).Loss);
        Assert.NotEqual(first.LossAndGradients(batch, new(0, Number: 3)).Loss, first.LossAndGradients(batch, new(0, Number: 4)).Loss);
        Assert.NotEqual(first.LossAndGradients(batch, new(0, Number: 3)).Loss, second.LossAndGradients(batch, new(0, Number: 3)).Loss);
        foreach (var statistics in new[] { NormStatistics.MovingAverage, NormStatistics.Batch })
            Assert.Equal(Engines.Evaluate(first, batch, statistics), Engines.Evaluate(second, batch, statistics));
    }

    // At the beginning of its ramp Batch Renormalization is BN, and its gradient is BN's.
    [Theory, OnTorch, OnOneDnn]
    public void Batch_renormalization_without_correction_is_batch_normalization(string engineName)
    {
        using IEngine renorm = Engines.Create(engineName, new(Engines.ResNet("batch-renorm"), 4)), plain = Engines.Create(engineName, new(Engines.ResNet("bn"), 4));
        var batch = Engines.Batch(plain, 4, 1);
        var (expected, actual) = (plain.LossAndGradients(batch, new(0)), renorm.LossAndGradients(batch, new(0, RenormRamp: 0)));
        Assert.Equal(expected.Loss, actual.Loss, 1e-6);
        foreach (var (a, b) in expected.Gradients.Zip(actual.Gradients))
            Numbers.Close(a.Values, b.Values, 1e-5, a.Name);
        Assert.NotEqual(expected.Loss, renorm.LossAndGradients(batch, new(0)).Loss, 1e-3);
    }

    private static Network Build(string model, int width, Norm norm, BuildingBlock? block = null) =>
        ModelCatalog.Build(model, width, model == "resnet8" && width >= 8 ? Shortcut.Projection : Shortcut.IdentityCentered, s_shape, Engines.Classes, norm, block);
}
