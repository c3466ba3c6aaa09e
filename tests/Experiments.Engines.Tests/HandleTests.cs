using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>Native tensors are counted for the whole process, so nothing else may run meanwhile.</summary>
[Collection(nameof(HandleTests))]
[CollectionDefinition(nameof(HandleTests), DisableParallelization = true)]
public sealed class HandleTests
{
    [TorchTheory]
    [InlineData("bn")]
    [InlineData("gn")]
    public void No_tensor_outlives_its_step_nor_its_engine(string norm)
    {
        Collect();
        var before = Library.LiveTensors;
        var network = Engines.ResNet(norm, projection: true);
        using (var engine = Engines.Create("torch", new EngineSettings(network, 4)))
        {
            Everything();
            var ready = Library.LiveTensors;
            for (var repetition = 0; repetition < 3; repetition++)
                Everything();
            Assert.Equal(ready, Library.LiveTensors);

            void Everything()
            {
                Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.1);
                engine.LossAndGradients(Engines.Batch(engine, 4, 1), new(0));
                engine.CollectPopulation(Engines.Batch(engine, 4, 1));
                Engines.Evaluate(engine, Engines.Batch(engine, 7, 1));
                Engines.Evaluate(engine, Engines.Batch(engine, 7, 1), NormStatistics.Batch);
                Engines.Evaluate(engine, Engines.Batch(engine, 7, 1), NormStatistics.Population);
                engine.ForgetPopulation();
                engine.Write(engine.Read());
            }
        }

        // TorchSharp counts each Parameter twice when it is made and once when it is disposed of; the kernels of its Conv2d are replaced.
        var replaced = network.Convolutions.Count(convolution => convolution.Kernel > 1);
        Assert.Equal(before + network.Parameters.Count + replaced, Library.LiveTensors);

        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
