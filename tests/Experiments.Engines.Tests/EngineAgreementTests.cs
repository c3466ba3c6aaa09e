using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Engines.Tests;

/// <summary>
/// The engines against each other, from the same seed. They share the network's description and no arithmetic. Both compute in fp32 with sums
/// in different orders. The networks have a smooth activation: a ReLU whose input is within rounding of 0 may fall either way, and one such
/// value among a million moves a gradient by 1e-3. ReLUs are compared by the kernels' twins; here they have a wide bound that a mistake would still exceed.
/// </summary>
public sealed class EngineAgreementTests
{
    /// <summary>How far the engines may be apart where all is smooth.</summary>
    internal const double Rounding = 1e-4;

    /// <summary>How far they may be apart where a ReLU may fall either way.</summary>
    internal const double RoundingAtReLUs = 0.01;

    /// <summary>Networks with channels of every vector width and of none, residual sums of both kinds and none; see <see cref="Engines.ResNet"/>.</summary>
    private static readonly (string Model, int Width, Shortcut Shortcut)[] s_networks =
    [
        ("resnet8", 4, Shortcut.IdentityCentered), ("resnet8", 8, Shortcut.IdentityCentered), ("resnet8", 10, Shortcut.IdentityCentered),
        ("resnet8", 8, Shortcut.IdentityAppended), ("resnet8", 10, Shortcut.Projection), ("resnet8", 16, Shortcut.Projection),
        ("small-cnn", 6, Shortcut.IdentityAppended), ("small-cnn", 32, Shortcut.IdentityAppended),
    ];

    public static TheoryData<string, int> Norms
    {
        get
        {
            var rows = new TheoryData<string, int>();
            foreach (var entry in NormCatalog.Entries)
            {
                rows.Add(entry.Name, 1);
                rows.Add(entry.Name, 2);
            }

            return rows;
        }
    }

    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Loss_and_gradients_of_the_first_step_agree_and_so_does_the_step(string norm, int workers)
    {
        foreach (var (model, width, shortcut) in s_networks)
        {
            var what = $"{model} of width {width} with {shortcut}";
            AgreeOnSteps(new EngineSettings(Smooth(model, width, shortcut, Engines.Shape, norm, batch: 3), 3, workers), Rounding, what);
            var sharp = ModelCatalog.Build(model, width, shortcut, Engines.Shape, Engines.Classes, Engines.NormOf(norm, batch: 3));
            AgreeOnSteps(new EngineSettings(sharp, 3, workers), RoundingAtReLUs, $"{what} with ReLUs");
        }
    }

    // ConvNeXt and the ways to it, each with its own activation, GELU or ReLU, and all with tanh. A bias that a norm takes away again has a
    // gradient of 0 with all its digits lost to rounding: not so under LN over channels, of which a bias of one channel changes the others.
    [BothEnginesTheory]
    [MemberData(nameof(ConvNeXts))]
    public void A_ConvNeXt_agrees_and_so_does_each_step_on_the_way_to_it(string model, string norm)
    {
        foreach (var (batch, width, shape) in new[] { (3, 4, new ImageShape(3, 20, 18)), (5, 16, new ImageShape(3, 36, 32)), (11, 8, new ImageShape(1, 66, 64)) })
        {
            var what = $"{model} of width {width} with {norm}";
            foreach (var block in new[] { null, new BuildingBlock(ActivationKind.Tanh) })
            {
                var network = ModelCatalog.Build(model, width, Shortcut.IdentityAppended, shape, Engines.Classes, Engines.NormOf(norm, batch), block);
                var smooth = block is not null || ModelCatalog.DefaultActivation(model) == ActivationKind.Gelu;
                AgreeOnSteps(new EngineSettings(network, batch), smooth ? Rounding : RoundingAtReLUs, what);
            }
        }
    }

    public static TheoryData<string, string> ConvNeXts
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var norm in new[] { "ln-channels", "ln", "gn", "rms", "none" })
                rows.Add("convnext-6", norm);
            foreach (var step in ModelCatalog.Names.Where(name => name.StartsWith("convnext-step", StringComparison.Ordinal)))
            {
                rows.Add(step, "bn");
                rows.Add(step, "ln-channels");
            }

            return rows;
        }
    }

    // Larger maps, of which the onednn engine takes 8 images at a time: chunks whole and with a rest, statistics that reach from chunk to
    // chunk (11 images of a worker) and such that do not (4 and 2).
    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Loss_and_gradients_agree_where_a_batch_is_taken_in_chunks(string norm, int workers)
    {
        foreach (var (batch, step) in workers == 1 ? [(11, 11)] : new[] { (11, 22), (4, 12), (2, 10) })
        {
            var network = Smooth("resnet8", 16, Shortcut.Projection, new ImageShape(3, 32, 30), norm, batch);
            AgreeOnSteps(new EngineSettings(network, batch, step / batch), Rounding, $"{step} images in batches of {batch}");
        }
    }

    // Few and small steps, since rounding goes its own way with each: see the test of 100 steps for how far that leads.
    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Evaluation_agrees_in_all_kinds_of_statistics_after_training_and_so_do_the_moving_averages(string norm, int workers)
    {
        var settings = new EngineSettings(Smooth("resnet8", 8, Shortcut.Projection, Engines.Shape, norm, 4), 4, workers);
        using IEngine torch = Engines.Create("torch", settings), onednn = Engines.Create("onednn", settings);
        foreach (var engine in new[] { torch, onednn })
        {
            for (var step = 0; step < 3; step++)
                Engines.Train(engine, Engines.Batch(engine, 4 * workers, step), 0.01);
            engine.ForgetPopulation();
            engine.CollectPopulation(Engines.Batch(engine, 4, 100));
            engine.CollectPopulation(Engines.Batch(engine, 2, 101));
        }

        // Once all images together, and once in the chunks that the onednn engine takes at a time, with a smaller last one.
        foreach (var (statistics, count) in Enum.GetValues<NormStatistics>().SelectMany(kind => new[] { (kind, 6), (kind, 54) }))
        {
            var expected = Engines.Evaluate(torch, Engines.Batch(torch, count, 7), statistics);
            Numbers.Close(expected, Engines.Evaluate(onednn, Engines.Batch(onednn, count, 7), statistics), 1e-3, $"{statistics}");
        }

        foreach (var (a, b) in torch.Read().Buffers.Zip(onednn.Read().Buffers))
            Near(a, b, 1e-3, "moving average");
    }

    // Maps of 60 kB and more, so that a batch is several chunks and a statistic over it waits for all of them.
    [BothEnginesTheory]
    [InlineData("bn")]
    [InlineData("syncbn")]
    [InlineData("gn")]
    public void Evaluation_agrees_where_a_batch_is_several_chunks(string norm)
    {
        var shape = new ImageShape(3, 32, 30);
        var network = ModelCatalog.Build("resnet8", 16, Shortcut.IdentityCentered, shape, Engines.Classes, Engines.NormOf(norm));
        var settings = new EngineSettings(network, 11, Workers: 2);
        using IEngine torch = Engines.Create("torch", settings), onednn = Engines.Create("onednn", settings);
        foreach (var engine in new[] { torch, onednn })
        {
            Engines.Train(engine, Engines.Batch(engine, 22, 1, shape), 0.01);
            engine.CollectPopulation(Engines.Batch(engine, 11, 100, shape));
            engine.CollectPopulation(Engines.Batch(engine, 19, 101, shape));
        }

        foreach (var (statistics, count) in Enum.GetValues<NormStatistics>().SelectMany(kind => new[] { (kind, 11), (kind, 53) }))
        {
            var expected = Engines.Evaluate(torch, Engines.Batch(torch, count, 7, shape), statistics);
            Numbers.Close(expected, Engines.Evaluate(onednn, Engines.Batch(onednn, count, 7, shape), statistics), 1e-3, $"{statistics}");
        }

        foreach (var (a, b) in torch.Read().Buffers.Zip(onednn.Read().Buffers))
            Near(a, b, 1e-3, "moving average");
    }

    // What is compared is the largest distance between the losses of two trainings over 100 steps. Rounding grows along a training, and by how
    // much is chance: hence the largest of three perturbed trainings', and a margin of 3.
    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Losses_of_100_steps_stay_as_near_as_the_torch_engine_stays_to_itself_from_weights_1e_7_away(string norm, int workers)
    {
        const int Steps = 100;
        const double Margin = 3;
        var settings = new EngineSettings(Smooth("resnet8", 4, Shortcut.IdentityCentered, Engines.Shape, norm, 4), 4, workers);
        var expected = Losses("torch", perturbation: null);
        var own = new[] { 1, 2, 3 }.Max(seed => Distance(expected, Losses("torch", seed)));
        var others = Distance(expected, Losses("onednn", perturbation: null));
        Assert.True(expected[^1] < 0.8 * expected[0], $"nothing is learnt: {expected[0]:g3} to {expected[^1]:g3}");
        Assert.True(others <= Margin * own, $"the engines' losses are up to {others:g3} apart, the torch engine's own up to {own:g3}");

        double[] Losses(string name, int? perturbation)
        {
            using var engine = Engines.Create(name, settings);
            if (perturbation is { } seed)
                Perturb(engine, seed);
            return [.. Enumerable.Range(0, Steps).Select(step =>
            {
                var batch = Engines.Batch(engine, 4 * workers, step);
                return Score.Of(Engines.Train(engine, batch, 0.02), batch.Labels).MeanLoss;
            })];
        }

        static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
    }

    // They are only one pass apart, so they agree as well as the losses of the first step.
    [BothEnginesTheory]
    [InlineData("torch", "onednn", "bn")]
    [InlineData("torch", "onednn", "gn")]
    [InlineData("onednn", "torch", "bn")]
    [InlineData("onednn", "torch", "gn")]
    public void A_checkpoint_written_by_one_engine_gives_the_same_scores_in_the_other(string writer, string reader, string norm)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "weights.safetensors");
        var network = Engines.ResNet(norm, projection: true);
        using var first = Engines.Create(writer, new EngineSettings(network, 4));
        for (var step = 0; step < 5; step++)
            Engines.Train(first, Engines.Batch(first, 4, step), 0.1);
        File.WriteAllBytes(path, Checkpoint.Write(network, first.Read(), steps: 5, new Dictionary<string, string>()));

        using var second = Engines.Create(reader, new EngineSettings(network, 2), seed: 9);
        second.Write(Checkpoint.Fit(path, Safetensors.Read(path), network));
        Numbers.Close(Engines.Evaluate(first, Engines.Batch(first, 30, 5)), Engines.Evaluate(second, Engines.Batch(second, 30, 5)), 1e-5, "scores");
    }

    // The step itself agrees to 1e-4 of the gradient, and the rate is a tenth.
    [BothEnginesTheory]
    [InlineData("torch", "onednn", OptimizerKind.Sgd, 0.1)]
    [InlineData("onednn", "torch", OptimizerKind.Sgd, 0.1)]
    [InlineData("torch", "onednn", OptimizerKind.Adamw, 0.01)]
    [InlineData("onednn", "torch", OptimizerKind.Adamw, 0.01)]
    public void A_training_begun_by_one_engine_goes_on_in_the_other_with_its_momentum(string beginner, string follower, OptimizerKind optimizer, double rate)
    {
        var settings = new EngineSettings(Engines.ResNet("bn", projection: true), 4, Optimizer: optimizer);
        using IEngine first = Engines.Create(beginner, settings), second = Engines.Create(follower, settings, seed: 2);
        for (var step = 0; step < 3; step++)
            Engines.Train(first, Engines.Batch(first, 4, step), rate);
        second.Write(first.Read());
        Engines.Same(first.Read(), second.Read());
        foreach (var engine in new[] { first, second })
            Engines.Train(engine, Engines.Batch(engine, 4, 3), rate);
        var (expected, actual) = (first.Read(), second.Read());
        foreach (var (a, b) in expected.Parameters.Concat(expected.Momentum).Concat(expected.SecondMoment).Zip(actual.Parameters.Concat(actual.Momentum).Concat(actual.SecondMoment)))
            Near(a, b, 1e-4, "after a step");
    }

    // The first steps of AdamW are the signs of gradients, and a sign of what is within rounding of 0 may be either: a gradient that differs by
    // 1e-4 of its norm changes the signs of the smallest.
    [BothEnginesTheory]
    [InlineData("bn")]
    [InlineData("gn")]
    [InlineData("wn")]
    public void A_few_steps_of_AdamW_agree(string norm)
    {
        var settings = new EngineSettings(Smooth("resnet8", 8, Shortcut.Projection, Engines.Shape, norm, 4), 4, WeightDecay: 0.1, Optimizer: OptimizerKind.Adamw);
        using IEngine torch = Engines.Create("torch", settings), onednn = Engines.Create("onednn", settings);
        foreach (var engine in new[] { torch, onednn })
        {
            for (var step = 0; step < 5; step++)
                Engines.Train(engine, Engines.Batch(engine, 4, step), 0.001);
        }

        var (expected, actual) = (torch.Read(), onednn.Read());
        foreach (var (a, b) in expected.Parameters.Zip(actual.Parameters))
            Near(a, b, 1e-3, "after five steps");
    }

    /// <summary>A network with hyperbolic tangents.</summary>
    internal static Network Smooth(string model, int width, Shortcut shortcut, ImageShape shape, string norm, int batch) => ModelCatalog.Build(
        model, width, shortcut, shape, Engines.Classes, Engines.NormOf(norm, batch), new BuildingBlock(ActivationKind.Tanh));

    /// <summary>
    /// Of three batches: the loss, every gradient, and after a step every parameter, velocity and moving average. The distances are relative to
    /// each array's L2 norm; no gradient here is zero mathematically. Some networks amplify rounding, such as deep ones whose activations
    /// saturate: there the engines may be as far apart as ten times what a change of weights and images by 1e-7 moves the torch engine by.
    /// </summary>
    internal static void AgreeOnSteps(EngineSettings settings, double tolerance, string what)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var expected = Step("torch", seed, perturbed: false);
            var (distance, name) = Furthest(expected, Step("onednn", seed, perturbed: false));
            if (distance <= tolerance)
                continue;
            var own = Furthest(expected, Step("torch", seed, perturbed: true)).Distance;
            Assert.True(distance <= 10 * own,
                $"{what}, batch {seed}: {name} is {distance:g3} of its norm apart, tolerance {tolerance:g3}; the torch engine from itself {own:g3}");
        }

        IReadOnlyList<NamedArray> Step(string name, int seed, bool perturbed)
        {
            var (count, shape) = (settings.Batch * settings.Workers, settings.Network.Input);
            using var engine = Engines.Create(name, settings);
            var batch = Engines.Batch(engine, count, seed, shape);
            if (perturbed)
            {
                Perturb(engine, seed);
                Engines.Fill(batch, [.. Perturbed(Engines.ChannelsFirst(batch), new Random(seed))]);
            }

            var (loss, gradients) = engine.LossAndGradients(batch, new(0));
            engine.Train(batch, new(0.01), new float[count * Engines.Classes]);
            var state = engine.Read();
            return [new NamedArray("loss", [1], [(float)loss]), .. gradients, .. state.Parameters, .. state.Momentum, .. state.Buffers];
        }

        static (double Distance, string Name) Furthest(IReadOnlyList<NamedArray> expected, IReadOnlyList<NamedArray> actual) =>
            expected.Zip(actual).Max(pair => (Distance(pair.First, pair.Second), pair.First.Name));
    }

    /// <summary>Moves every weight by 1e-7 of itself, up or down.</summary>
    private static void Perturb(IEngine engine, int seed)
    {
        var random = new Random(seed);
        var state = engine.Read();
        engine.Write(state with
        {
            Parameters = [.. state.Parameters.Select(array => array with
            {
                Values = [.. Perturbed(array.Values, random)],
            })],
        });
    }

    private static IEnumerable<float> Perturbed(IEnumerable<float> values, Random random) =>
        values.Select(value => (float)(value * (1 + (random.Next(2) == 0 ? 1e-7 : -1e-7))));

    private static void Near(NamedArray expected, NamedArray actual, double tolerance, string what)
    {
        var distance = Distance(expected, actual);
        Assert.True(distance <= tolerance, $"{what} of {expected.Name} differs by {distance:g3} of its norm, tolerance {tolerance:g3}");
    }

    /// <summary>The difference's L2 norm as a share of the expected array's.</summary>
    private static double Distance(NamedArray expected, NamedArray actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Shape, actual.Shape);
        var norm = Math.Sqrt(expected.Values.Sum(value => (double)value * value));
        Assert.NotEqual(0, norm);
        return Math.Sqrt(expected.Values.Zip(actual.Values, (a, b) => ((double)a - b) * ((double)a - b)).Sum()) / norm;
    }
}
