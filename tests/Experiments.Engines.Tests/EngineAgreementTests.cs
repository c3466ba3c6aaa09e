using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>The engines beside each other: one seed, one story. They share the network's description and no arithmetic.</summary>
public sealed class EngineAgreementTests
{
    /// <summary>Networks with channels of every vector width and of none, residual sums of both kinds and none; see <see cref="Engines.ResNet"/>.</summary>
    private static readonly (string Model, int Width, bool Projection)[] s_networks =
    [
        ("resnet8", 4, false), ("resnet8", 8, false), ("resnet8", 10, false), ("resnet8", 10, true), ("resnet8", 16, true),
        ("small-cnn", 6, false), ("small-cnn", 32, false),
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

    // Both compute in fp32 with sums in different orders: 1e-7 a sum, a few layers deep, and a ReLU may fall the other way where its input
    // is within that of 0. No gradient here is zero mathematically.
    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Loss_and_gradients_of_the_first_step_agree(string norm, int workers)
    {
        foreach (var (model, width, projection) in s_networks)
        {
            var network = ModelCatalog.Build(model, width, projection, Engines.Shape, Engines.Classes, Engines.NormOf(norm));
            var settings = new EngineSettings(network, 3, workers);
            using IEngine torch = Engines.Create("torch", settings), onednn = Engines.Create("onednn", settings);
            var expected = torch.LossAndGradients(Engines.Batch(torch, 3 * workers, 1));
            var actual = onednn.LossAndGradients(Engines.Batch(onednn, 3 * workers, 1));
            Assert.Equal(expected.Loss, actual.Loss, 1e-5 * expected.Loss);
            foreach (var (a, b) in expected.Gradients.Zip(actual.Gradients))
                Near(a, b, 1e-4, $"{model} of width {width}: gradient");
        }
    }

    // Few and small steps, since rounding goes its own way with each: see the test of 100 steps for how far that leads.
    [BothEnginesTheory]
    [MemberData(nameof(Norms))]
    public void Evaluation_agrees_in_all_kinds_of_statistics_after_training_and_so_do_the_moving_averages(string norm, int workers)
    {
        var settings = new EngineSettings(Engines.ResNet(norm, projection: true), 4, workers);
        using IEngine torch = Engines.Create("torch", settings), onednn = Engines.Create("onednn", settings);
        foreach (var engine in new[] { torch, onednn })
        {
            for (var step = 0; step < 3; step++)
                Engines.Train(engine, Engines.Batch(engine, 4 * workers, step), 0.01);
            engine.ForgetPopulation();
            engine.CollectPopulation(Engines.Batch(engine, 4, 100));
            engine.CollectPopulation(Engines.Batch(engine, 3, 101));
        }

        // Once together and once cut into what the onednn engine takes at a time, with a rest.
        foreach (var (statistics, count) in Enum.GetValues<NormStatistics>().SelectMany(kind => new[] { (kind, 5), (kind, 53) }))
        {
            var expected = Engines.Evaluate(torch, Engines.Batch(torch, count, 7), statistics);
            Numbers.Close(expected, Engines.Evaluate(onednn, Engines.Batch(onednn, count, 7), statistics), 1e-3, $"{statistics}");
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
        var settings = new EngineSettings(Engines.ResNet(norm), 4, workers);
        var expected = Losses("torch", perturbation: null);
        var own = new[] { 1, 2, 3 }.Max(seed => Distance(expected, Losses("torch", seed)));
        var others = Distance(expected, Losses("onednn", perturbation: null));
        Assert.True(others <= Margin * own, $"the engines' losses are up to {others:g3} apart, the torch engine's own up to {own:g3}");
        Assert.True(expected[^1] < 0.8 * expected[0], $"nothing is learnt: {expected[0]:g3} to {expected[^1]:g3}");

        double[] Losses(string name, int? perturbation)
        {
            using var engine = Engines.Create(name, settings);
            if (perturbation is { } seed)
            {
                var random = new Random(seed);
                var state = engine.Read();
                engine.Write(state with
                {
                    Parameters = [.. state.Parameters.Select(array => array with
                    {
                        Values = [.. array.Values.Select(value => (float)(value * (1 + (random.Next(2) == 0 ? 1e-7 : -1e-7))))],
                    })],
                });
            }

            return [.. Enumerable.Range(0, Steps).Select(step =>
            {
                var batch = Engines.Batch(engine, 4 * workers, step);
                return Score.Of(Engines.Train(engine, batch, 0.02), batch.Labels).MeanLoss;
            })];
        }

        static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
    }

    // Only one pass apart: as near as the first step's losses.
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
    [InlineData("torch", "onednn")]
    [InlineData("onednn", "torch")]
    public void A_training_begun_by_one_engine_goes_on_in_the_other_with_its_momentum(string beginner, string follower)
    {
        var settings = new EngineSettings(Engines.ResNet("bn", projection: true), 4);
        using IEngine first = Engines.Create(beginner, settings), second = Engines.Create(follower, settings, seed: 2);
        for (var step = 0; step < 3; step++)
            Engines.Train(first, Engines.Batch(first, 4, step), 0.1);
        second.Write(first.Read());
        Engines.Same(first.Read(), second.Read());
        foreach (var engine in new[] { first, second })
            Engines.Train(engine, Engines.Batch(engine, 4, 3), 0.1);
        var (expected, actual) = (first.Read(), second.Read());
        foreach (var (a, b) in expected.Parameters.Concat(expected.Momentum).Zip(actual.Parameters.Concat(actual.Momentum)))
            Near(a, b, 1e-4, "after a step");
    }

    /// <summary>The difference's L2 norm is at most the tolerance times the expected array's.</summary>
    private static void Near(NamedArray expected, NamedArray actual, double tolerance, string what)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Shape, actual.Shape);
        var norm = Math.Sqrt(expected.Values.Sum(value => (double)value * value));
        var difference = Math.Sqrt(expected.Values.Zip(actual.Values, (a, b) => ((double)a - b) * ((double)a - b)).Sum());
        Assert.True(difference <= tolerance * norm, $"{what} of {expected.Name} differs by {difference:g3} at a norm of {norm:g3}, tolerance {tolerance:g3}");
        Assert.NotEqual(0, norm);
    }
}
