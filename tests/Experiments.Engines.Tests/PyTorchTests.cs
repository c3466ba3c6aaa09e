using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Engines.Tests;

/// <summary>The engine against PyTorch itself, which runs the same network in pytorch_reference.py.</summary>
[Trait("Speed", "slow")]
public sealed class PyTorchTests
{
    // Both compute in fp32, with convolutions summed in different orders.
    private const double Tolerance = 1e-4;

    [PyTorchTheory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void Weights_trained_by_PyTorch_under_torchvisions_names_give_PyTorchs_scores(string engineName, string norm)
    {
        using var folder = new TemporaryFolder();
        Reference.Write(folder.Path, "settings.json", new { norm });
        Reference.Script("train", folder.Path);

        var path = Path.Combine(folder.Path, "theirs.safetensors");
        var network = Engines.ResNet(norm, projection: true);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 2));
        engine.Write(Checkpoint.Fit(path, Safetensors.Read(path), network));
        var batch = Engines.Batch(engine, 6, 1);
        Engines.Fill(batch, Reference.Read<float[]>(folder.Path, "images.json"));
        Numbers.Close(Reference.Read<float[]>(folder.Path, "scores.json"), Engines.Evaluate(engine, batch), Tolerance, "scores");
    }

    [PyTorchTheory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void PyTorch_loads_our_checkpoint_strictly_and_gives_our_scores(string engineName, string norm)
    {
        using var folder = new TemporaryFolder();
        var network = Engines.ResNet(norm, projection: true);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4));
        for (var step = 0; step < 3; step++)
            Engines.Train(engine, Engines.Batch(engine, 4, step), 0.1);
        var batch = Engines.Batch(engine, 6, 7);
        Reference.Write(folder.Path, "settings.json", new { norm });
        Reference.Write(folder.Path, "images.json", Engines.ChannelsFirst(batch));
        var content = Checkpoint.Write(network, engine.Read(), steps: 3, new Dictionary<string, string>());
        File.WriteAllBytes(Path.Combine(folder.Path, "ours.safetensors"), content);

        Reference.Script("evaluate", folder.Path);
        Numbers.Close(Reference.Read<float[]>(folder.Path, "scores.json"), Engines.Evaluate(engine, batch), Tolerance, "scores");
    }

    [PyTorchTheory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void Three_steps_of_training_end_in_PyTorchs_weights_and_moving_averages(string engineName, string norm) =>
        ThreeStepsEndAlike(engineName, norm, OptimizerKind.Sgd, rateFactor: 1);

    [PyTorchTheory, OnTorch("bn", "gn"), OnOneDnn("bn", "gn")]
    public void Three_steps_of_AdamW_end_in_PyTorchs_weights_and_moving_averages(string engineName, string norm) =>
        ThreeStepsEndAlike(engineName, norm, OptimizerKind.Adamw, rateFactor: 0.1);

    private static void ThreeStepsEndAlike(string engineName, string norm, OptimizerKind optimizer, double rateFactor)
    {
        using var folder = new TemporaryFolder();
        var network = Engines.ResNet(norm, projection: true);
        using var engine = Engines.Create(engineName, new EngineSettings(network, 4, Momentum: 0.9, WeightDecay: 0.01, Optimizer: optimizer));
        var before = engine.Read();
        Reference.Write(folder.Path, "settings.json", new { norm, optimizer = optimizer.ToString(), momentum = 0.9, weightDecay = 0.01 });
        var content = Checkpoint.Write(network, before, steps: 0, new Dictionary<string, string>());
        File.WriteAllBytes(Path.Combine(folder.Path, "ours.safetensors"), content);
        var steps = new List<object>();
        foreach (var (step, fullRate) in new[] { 0.05, 0.02, 0.1 }.Index())
        {
            var rate = rateFactor * fullRate;
            var batch = Engines.Batch(engine, 4, step);
            steps.Add(new { learningRate = rate, images = Engines.ChannelsFirst(batch), labels = batch.Labels.ToArray() });
            Engines.Train(engine, batch, rate);
        }

        Reference.Write(folder.Path, "steps.json", steps);
        Reference.Script("steps", folder.Path);
        var path = Path.Combine(folder.Path, "theirs.safetensors");
        var (expected, actual) = (Checkpoint.Fit(path, Safetensors.Read(path), network), engine.Read());
        foreach (var (a, b) in expected.Parameters.Concat(expected.Buffers).Zip(actual.Parameters.Concat(actual.Buffers)))
            Numbers.Close(a.Values, b.Values, Tolerance, a.Name);
        Assert.True(Engines.Values(before.Parameters).Zip(Engines.Values(actual.Parameters), (a, b) => Math.Abs(a - b)).Max() > 0.01);
    }
}
