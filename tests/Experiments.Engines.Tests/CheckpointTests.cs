using Experiments.Core;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Engines.Tests;

public sealed class CheckpointTests
{
    [Theory, OnTorch("bn", "gn", "none"), OnOneDnn("bn", "gn", "none")]
    public void A_checkpoint_written_and_read_gives_the_same_predictions_bit_for_bit(string engineName, string norm)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "weights.safetensors");
        var network = Engines.ResNet(norm, projection: true);
        using var first = Engines.Create(engineName, new EngineSettings(network, 4));
        for (var step = 0; step < 3; step++)
            Engines.Train(first, Engines.Batch(first, 4, step), 0.1);
        File.WriteAllBytes(path, Checkpoint.Write(network, first.Read(), steps: 3, new Dictionary<string, string> { ["norm"] = norm }));

        using var second = Engines.Create(engineName, new EngineSettings(network, 2), seed: 9);
        second.Write(Checkpoint.Fit(path, Safetensors.Read(path), network));
        Assert.Equal(Engines.Evaluate(first, Engines.Batch(first, 7, 5)), Engines.Evaluate(second, Engines.Batch(second, 7, 5)));
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_with_the_names_that_differ()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "weights.safetensors");
        var written = Engines.ResNet("bn", projection: true);
        File.WriteAllBytes(path, Checkpoint.Write(written, Initialization.Create(written, 1), steps: 0, new Dictionary<string, string>()));

        string Refused(Network network) =>
            Assert.Throws<ExperimentException>(() => Checkpoint.Fit(path, Safetensors.Read(path), network)).Message;
        Assert.Contains("bn1.running_mean [8] is not part of it", Refused(Engines.ResNet("gn", projection: true)), StringComparison.Ordinal);
        Assert.Contains("layer2.0.downsample.0.weight", Refused(ModelCatalog.Build("resnet8", 8, Shortcut.IdentityCentered, Engines.Shape, Engines.Classes, Engines.NormOf("bn"))), StringComparison.Ordinal);
        var wider = ModelCatalog.Build("resnet8", 12, Shortcut.Projection, Engines.Shape, Engines.Classes, Engines.NormOf("bn"));
        Assert.Contains("conv1.weight has shape [8, 3, 3, 3] instead of [12, 3, 3, 3]", Refused(wider), StringComparison.Ordinal);
    }
}
