using Experiments.Core.Data.Batches;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>The vision transformer against TorchSharp's own layers.</summary>
public sealed class TransformerTests
{
    // Not square, so that a mixed-up axis shows.
    private const int Width = 64;

    // fp32 against fp64 over four blocks; gradients go back through as many attentions, whose weights here are large and their softmax steep.
    private const double Tolerance = 1e-4, OfGradients = 1e-3;

    [TorchTheory]
    [InlineData(NormPosition.Before)]
    [InlineData(NormPosition.After)]
    public void Scores_and_gradients_are_those_of_TorchSharps_own_LayerNorm_and_MultiheadAttention(NormPosition position)
    {
        var network = Network("ln-channels", position);
        using var engine = Engines.Create("torch", new(network, Batch: 6));
        var batch = Engines.Batch(engine, 6, seed: 1);
        var scores = Engines.Evaluate(engine, batch);
        var gradients = engine.LossAndGradients(batch, new(0)).Gradients.ToDictionary(array => array.Name);

        using var scope = NewDisposeScope();
        var theirs = engine.Read().Parameters.ToDictionary(array => array.Name, array => new Parameter(tensor(array.Values, [.. array.Shape.Select(size => (long)size)]).to(float64)));
        var logits = Stock(network, position, theirs, Images(batch));
        Numbers.Close([.. Numbers.Doubles(logits)], [.. scores.Select(score => (double)score)], Tolerance, "scores");
        nn.functional.cross_entropy(logits, tensor(batch.Labels.ToArray().Select(label => (long)label).ToArray())).backward();

        // A bias that all keys share does not change the attention, so its gradient is only rounding; the largest value of the array belongs to another part.
        foreach (var (name, values) in theirs)
            Numbers.Close(Numbers.Doubles(values.grad!), [.. gradients[name].Values.Select(value => (double)value)], OfGradients, name);
    }

    [TorchTheory]
    [InlineData("ln-channels")]
    [InlineData("bn")]
    [InlineData("rms")]
    [InlineData("none")]
    public void It_trains_with_each_norm_and_reads_back_what_was_written(string norm)
    {
        var network = Network(norm, NormPosition.Before);
        network.Check(6, 1);
        using var engine = Engines.Create("torch", new(network, Batch: 6));
        engine.Write(Initialization.Create(network, 1));
        var batch = Engines.Batch(engine, 6, seed: 1);
        var losses = Enumerable.Range(0, 30).Select(_ => Score.Of(Engines.Train(engine, batch, 0.01), batch.Labels).MeanLoss).ToList();
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} became {losses[^1]}");
        var state = engine.Read();
        using var other = Engines.Create("torch", new(network, Batch: 6));
        other.Write(state);
        Engines.Same(state, other.Read());
        Assert.Equal(Engines.Train(engine, batch, 0.1), Engines.Train(other, batch, 0.1));
        foreach (var (slot, shape) in network.Shapes())
        {
            var values = new float[6 * shape.Size];
            engine.Observe(batch, new(0), slot.Name, SlotSide.Output, values);
            Assert.True(values.Distinct().Count() > shape.Size, slot.Name);
        }
    }

    [TorchFact]
    public void Tokens_that_change_places_give_the_same_scores_but_for_their_positions()
    {
        var network = Network("ln-channels", NormPosition.Before);
        using var engine = Engines.Create("torch", new(network, Batch: 2));
        var batch = Engines.Batch(engine, 2, seed: 1);
        var turned = Engines.Batch(engine, 2, seed: 1);
        var (h, w) = (Engines.Shape.Height, Engines.Shape.Width);
        var images = Engines.ChannelsFirst(batch);

        // The patches of 2x2 in the opposite order, each as it is.
        int Opposite(int i) => (i / (h * w) * h * w) + ((h - 2 - (i / w % h / 2 * 2) + (i / w % h % 2)) * w) + (w - 2 - (i % w / 2 * 2) + (i % w % 2));
        Engines.Fill(turned, [.. Enumerable.Range(0, images.Length).Select(i => images[Opposite(i)])]);
        double Difference() => Engines.Evaluate(engine, batch).Zip(Engines.Evaluate(engine, turned), (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(Difference() > 1e-3);
        var state = engine.Read();
        engine.Write(state with { Parameters = [.. state.Parameters.Select(array => array.Name == "positions.weight" ? array with { Values = new float[array.Values.Length] } : array)] });
        Assert.True(Difference() < 1e-4);
    }

    private static Network Network(string norm, NormPosition position) => ModelCatalog.Build(
        "vit-2", Width, Shortcut.IdentityAppended, Engines.Shape, Engines.Classes, NormCatalog.Create(new(norm, Places: norm == "rms" ? PlaceSpan.One : null)), new(ActivationKind.Gelu, position));

    private static Tensor Images(ImageBatch batch) =>
        tensor(Engines.ChannelsFirst(batch), [batch.Count, batch.Shape.Channels, batch.Shape.Height, batch.Shape.Width]).to(float64);

    private static Tensor Stock(Network network, NormPosition position, Dictionary<string, Parameter> p, Tensor images)
    {
        // [N, C, H, W] cut into patches is [T, N, D].
        var tokens = nn.functional.conv2d(images, p["patches.weight"], p["patches.bias"], strides: [2, 2]).flatten(2).permute(2, 0, 1) + p["positions.weight"].unsqueeze(1);
        foreach (var attention in network.AllLayers.OfType<SelfAttention>())
        {
            var block = attention.Name[..attention.Name.LastIndexOf('.')];
            tokens = Sum(tokens, $"{block}.norm_1", x => Attended(attention, x));
            tokens = Sum(tokens, $"{block}.norm_2", x => Linear($"{block}.mlp.2", nn.functional.gelu(Linear($"{block}.mlp.0", x))));
        }

        if (position == NormPosition.Before)
            tokens = Normalized("norm", tokens);
        return nn.functional.linear(tokens.mean([0]), p["fc.weight"], p["fc.bias"]);

        Tensor Sum(Tensor x, string norm, Func<Tensor, Tensor> branch) =>
            position == NormPosition.Before ? x + branch(Normalized(norm, x)) : Normalized(norm, x + branch(x));

        Tensor Linear(string name, Tensor x) => nn.functional.linear(x, p[$"{name}.weight"].flatten(1), p[$"{name}.bias"]);

        Tensor Normalized(string name, Tensor x) => nn.functional.layer_norm(x, [Width], p[$"{name}.weight"], p[$"{name}.bias"], Norm.Epsilon);

        Tensor Attended(SelfAttention a, Tensor x)
        {
            var theirs = nn.MultiheadAttention(Width, a.Heads);
            theirs.to(float64);
            foreach (var (name, values) in theirs.named_parameters())
            {
                using (no_grad())
                    values.copy_(p[$"{a.Name}.{name}"]);
                p[$"{a.Name}.{name}"] = values;
            }

            return theirs.call(x, x, x, null, false, null).Item1;
        }
    }
}
