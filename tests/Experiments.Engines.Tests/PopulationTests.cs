using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

public sealed class PopulationTests
{
    // fp32 scores against fp64 sums over all values; the images are of mean 40 and standard deviation 1.
    [Theory, OnTorch("bn", "syncbn"), OnOneDnn("bn", "syncbn")]
    public void Population_statistics_are_the_moments_of_all_images_collected(string engineName, string name)
    {
        var (c, h, w) = (Engines.Shape.Channels, Engines.Shape.Height, Engines.Shape.Width);
        var network = new Network(
            "one-norm", Engines.Shape, Engines.Classes, NormCatalog.Create(new(name)), [new NormSlot("norm1", c), new GlobalAveragePool(), new Linear("fc", c, Engines.Classes)]);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4, Workers: 2));
        var parameters = engine.Read().Parameters.ToDictionary(array => array.Name, array => array.Values);

        // Forgotten images do not count; batches need not be of one size.
        engine.CollectPopulation(Engines.Batch(engine, 4, 99));
        engine.ForgetPopulation();
        var (sums, squares) = (new double[c], new double[c]);
        var count = 0;
        foreach (var (seed, size) in new[] { (1, 4), (2, 4), (3, 1), (4, 3) })
        {
            var batch = Engines.Batch(engine, size, seed);
            var images = Engines.ChannelsFirst(batch);
            for (var i = 0; i < images.Length; i++)
            {
                images[i] += 40;
                sums[i / (h * w) % c] += images[i];
                squares[i / (h * w) % c] += (double)images[i] * images[i];
            }

            Engines.Fill(batch, images);
            engine.CollectPopulation(batch);
            count += size * h * w;
        }

        var test = Engines.Batch(engine, 5, 5);
        var pixels = Engines.ChannelsFirst(test);
        var expected = new double[5 * Engines.Classes];
        for (var image = 0; image < 5; image++)
        {
            for (var k = 0; k < Engines.Classes; k++)
                expected[(image * Engines.Classes) + k] = parameters["fc.bias"][k];
            for (var channel = 0; channel < c; channel++)
            {
                var mean = sums[channel] / count;
                var variance = (squares[channel] / count) - (mean * mean);
                var average = pixels.Skip(((image * c) + channel) * h * w).Take(h * w).Average(value => (double)value);
                var normalized = ((average - mean) / Math.Sqrt(variance + Norm.Epsilon) * parameters["norm1.weight"][channel]) + parameters["norm1.bias"][channel];
                for (var k = 0; k < Engines.Classes; k++)
                    expected[(image * Engines.Classes) + k] += normalized * parameters["fc.weight"][(k * c) + channel];
            }
        }

        var scores = Engines.Evaluate(engine, test, NormStatistics.Population);
        Numbers.Close(expected, [.. scores.Select(value => (double)value)], 1e-5, "scores");
    }

    [Theory, OnTorch, OnOneDnn]
    public void Collecting_changes_neither_the_state_nor_the_training(string engineName)
    {
        var settings = new EngineSettings(Engines.ResNet("bn"), 4);
        using IEngine with = Engines.Create(engineName, settings), without = Engines.Create(engineName, settings);
        for (var step = 0; step < 3; step++)
        {
            Engines.Train(with, Engines.Batch(with, 4, step), 0.1);
            Engines.Train(without, Engines.Batch(without, 4, step), 0.1);
            with.ForgetPopulation();
            with.CollectPopulation(Engines.Batch(with, 4, 10 + step));
            with.CollectPopulation(Engines.Batch(with, 3, 20 + step));
            Engines.Evaluate(with, Engines.Batch(with, 6, 3), NormStatistics.Population);
        }

        Engines.Same(without.Read(), with.Read());
    }

    [Theory, OnTorch, OnOneDnn]
    public void The_population_of_one_batch_is_that_batch(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("bn"), 4));
        var batch = Engines.Batch(engine, 4, 1);
        engine.CollectPopulation(batch);
        Numbers.Close(Engines.Evaluate(engine, batch, NormStatistics.Batch), Engines.Evaluate(engine, batch, NormStatistics.Population), 1e-5, "scores");
    }

    [Theory, OnTorch, OnOneDnn]
    public void Evaluating_by_a_population_that_was_never_collected_is_an_error(string engineName)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet("bn"), 4));
        Assert.Throws<InvalidOperationException>(() => Engines.Evaluate(engine, Engines.Batch(engine, 4, 1), NormStatistics.Population));
    }

    [Theory, OnTorch("gn", "none"), OnOneDnn("gn", "none")]
    public void A_norm_over_one_sample_evaluates_alike_whatever_the_statistics(string engineName, string norm)
    {
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm), 4));
        var batch = Engines.Batch(engine, 4, 1);
        engine.CollectPopulation(batch);
        var scores = Engines.Evaluate(engine, batch);
        Assert.Equal(scores, Engines.Evaluate(engine, batch, NormStatistics.Batch));
        Assert.Equal(scores, Engines.Evaluate(engine, batch, NormStatistics.Population));
    }
}
