using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>The recurrent layer against libtorch's LSTM and GRU, and with norms against both written out by hand.</summary>
public sealed class RecurrentTests
{
    // N, C, H, W and the hidden state, all different.
    private const int Images = 4, Channels = 2, Rows = 5, Columns = 3, Hidden = 6;

    // fp64 against fp64, over five steps.
    private const double Tolerance = 1e-10;

    public static TheoryData<string, PlaceSpan?> NormsOfAStep => new()
    {
        { "ln-channels", null }, { "bn", PlaceSpan.One }, { "bn", null }, { "rms", PlaceSpan.One }, { "none", null },
    };

    [TorchTheory]
    [InlineData(RecurrentCell.Lstm)]
    [InlineData(RecurrentCell.Gru)]
    public void Without_a_norm_it_is_libtorchs(RecurrentCell cell)
    {
        using var scope = NewDisposeScope();
        using var layer = new Layer(cell, NormCatalog.Create(new("none")));
        var (x, dy) = (Numbers.Varied([Images, Channels, Rows, Columns], 1), Numbers.Varied([Images, Hidden], 2));
        var sequence = x.permute(0, 2, 1, 3).flatten(2);
        Tensor expected;
        Parameter[] theirs;
        if (cell == RecurrentCell.Lstm)
        {
            var lstm = nn.LSTM(Channels * Columns, Hidden, batchFirst: true, dtype: float64);
            theirs = Take(lstm, layer);
            expected = lstm.call(sequence).Item1.select(1, Rows - 1);
        }
        else
        {
            var gru = nn.GRU(Channels * Columns, Hidden, batchFirst: true, dtype: float64);
            theirs = Take(gru, layer);
            expected = gru.call(sequence).Item1.select(1, Rows - 1);
        }

        (expected * dy).sum().backward();
        var actual = layer.Forward(x);
        (actual * dy).sum().backward();
        Numbers.Close(expected, actual, Tolerance, "output");
        foreach (var (name, values) in layer.Parameters)
            Numbers.Close(theirs.Zip(layer.Parameters).First(pair => pair.Second.Name == name).First.grad!, values.grad!, Tolerance, name);
    }

    // The same formula, but gate by gate, step by step and statistic by statistic.
    [TorchTheory]
    [MemberData(nameof(NormsOfAStep))]
    public void An_LSTM_with_norms_is_the_one_written_out_by_hand(string name, PlaceSpan? places) => AgreesByHand(RecurrentCell.Lstm, name, places);

    [TorchTheory]
    [MemberData(nameof(NormsOfAStep))]
    public void A_GRU_with_norms_is_the_one_written_out_by_hand(string name, PlaceSpan? places) => AgreesByHand(RecurrentCell.Gru, name, places);

    [TorchFact]
    public void Statistics_of_each_step_are_its_own_and_the_last_ones_serve_beyond()
    {
        using var scope = NewDisposeScope();
        using var layer = new Layer(RecurrentCell.Lstm, NormCatalog.Create(new("bn", Places: PlaceSpan.One)), steps: 3);
        var x = Numbers.Varied([Images, Channels, 3, Columns], 1);
        layer.Forward(x);
        foreach (var norm in layer.Norms.Values)
            Assert.Equal([3L, norm.RunningMean!.size(1)], norm.RunningMean.shape);
        var kept = layer.Norms["rnn.norm_hh"].RunningVariance!;
        Assert.Equal(0.9, kept[0].max().item<double>(), 1e-12); // the hidden state begins at 0, and so does its variance
        Assert.True((kept[1] - kept[2]).abs().max().item<double>() > 1e-6);

        // Steps 4 and 5 by hand, with the statistics that were kept of step 3.
        layer.Mode = NormMode.MovingAverage;
        var longer = Numbers.Varied([Images, Channels, Rows, Columns], 3);
        using var byHand = new Layer(RecurrentCell.Lstm, NormCatalog.Create(new("bn", Places: PlaceSpan.One)), steps: Rows);
        byHand.Like(layer);
        Numbers.Close(byHand.Forward(longer), layer.Forward(longer), 1e-12, "output");
    }

    [TorchFact]
    public void A_norm_over_all_steps_stands_at_the_input_alone()
    {
        var network = ModelCatalog.Build("lstm", 8, Shortcut.IdentityAppended, Engines.Shape, Engines.Classes, NormCatalog.Create(new("bn")));
        Assert.Equal(["rnn.norm_ih.running_mean", "rnn.norm_ih.running_var"], network.RunningStatistics.Select(buffer => buffer.Name));
        Assert.Equal(["rnn.norm_ih.weight"], network.Parameters.Where(parameter => parameter.Kind is ParameterKind.Scale or ParameterKind.Shift).Select(parameter => parameter.Name));
    }

    [TorchTheory]
    [InlineData("lstm", "bn")]
    [InlineData("lstm", "ln-channels")]
    [InlineData("gru", "bn")]
    [InlineData("gru", "rms")]
    public void An_engine_trains_observes_and_evaluates_by_all_statistics_and_reads_back_what_was_written(string model, string norm)
    {
        var network = ModelCatalog.Build(model, 8, Shortcut.IdentityAppended, Engines.Shape, Engines.Classes,
            NormCatalog.Create(new(norm, Places: norm is "bn" or "rms" ? PlaceSpan.One : null)));
        network.Check(6, 1);
        using var engine = Engines.Create("torch", new(network, Batch: 6));
        var batch = Engines.Batch(engine, 6, seed: 1);
        var losses = Enumerable.Range(0, 30).Select(_ => Score.Of(Engines.Train(engine, batch, 0.1), batch.Labels).MeanLoss).ToList();
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} became {losses[^1]}");

        engine.ForgetPopulation();
        engine.CollectPopulation(batch);
        var byBatch = Engines.Evaluate(engine, batch, NormStatistics.Batch);
        Numbers.Close(byBatch, Engines.Evaluate(engine, batch, NormStatistics.Population), 1e-3, "the same batch's own statistics");
        if (norm == "bn")
            Assert.NotEqual(byBatch, Engines.Evaluate(engine, batch));

        foreach (var (slot, shape) in network.Shapes())
        {
            var values = new float[6 * shape.Size];
            engine.Observe(batch, new(0), slot.Name, SlotSide.Output, values);
            Assert.True(values.Distinct().Count() > shape.Size, slot.Name);
        }

        var state = engine.Read();
        using var other = Engines.Create("torch", new(network, Batch: 6));
        other.Write(state);
        Engines.Same(state, other.Read());
        Assert.Equal(Engines.Evaluate(engine, batch), Engines.Evaluate(other, batch));
        Assert.Equal(Engines.Train(engine, batch, 0.1), Engines.Train(other, batch, 0.1));
    }

    [TorchFact]
    public void The_fast_engine_refuses_and_auto_takes_torch()
    {
        var machine = new Machine([new OneDnnEngineProvider(), new TorchEngineProvider()], new DataFolder(null));
        var settings = new RunSettings { Dataset = "synthetic", Model = "gru", Norm = new("ln-channels") };
        Assert.Equal("torch", machine.Resolve(settings).Engine);
        Assert.Equal("The onednn engine has no recurrent layers, which gru is made of: take --engine torch.",
            Assert.Throws<ExperimentException>(() => machine.Resolve(settings with { Engine = "onednn" })).Message);
        Assert.Equal("The onednn engine has no statistics of one place over several images, as --norm bn --places one takes them: take --engine torch.",
            Assert.Throws<ExperimentException>(() => machine.Resolve(new RunSettings { Dataset = "synthetic", Engine = "onednn", Norm = new("bn", Places: PlaceSpan.One) })).Message);
    }

    private static void AgreesByHand(RecurrentCell cell, string name, PlaceSpan? places)
    {
        using var scope = NewDisposeScope();
        var norm = NormCatalog.Create(new(name, Places: places));
        using Layer layer = new(cell, norm), byHand = new(cell, norm);
        byHand.Like(layer);
        var (x, dy) = (Numbers.Varied([Images, Channels, Rows, Columns], 1), Numbers.Varied([Images, Hidden], 2));
        var (ours, theirs) = (x.clone().requires_grad_(), x.clone().requires_grad_());
        var actual = layer.Forward(ours);
        (actual * dy).sum().backward();
        var expected = ByHand(cell, norm, theirs, byHand);
        (expected * dy).sum().backward();
        Numbers.Close(expected, actual, Tolerance, "output");
        Numbers.Close(theirs.grad!, ours.grad!, Tolerance, "gradient of x");
        foreach (var (pair, other) in layer.Parameters.Concat(layer.OfNorms).Zip(byHand.Parameters.Concat(byHand.OfNorms)))
            Numbers.Close(other.Values.grad!, pair.Values.grad!, Tolerance, pair.Name);
    }

    private static Tensor ByHand(RecurrentCell cell, Norm norm, Tensor x, Layer of)
    {
        var p = of.Parameters.ToDictionary(one => one.Name[4..], one => (Tensor)one.Values);
        Tensor Row(int t) => x.select(2, t).reshape(Images, Channels * Columns);
        Tensor Gate(string which, int first, int count) => p[which].narrow(0, first * Hidden, count * Hidden);
        var rows = Enumerable.Range(0, Rows).Select(Row).ToList();

        // Sums of some gates in every step; statistics over all steps are these of the input's sums alone.
        Tensor Input(string slot, int first, int count, int t)
        {
            var all = stack(rows.Select(row => row.matmul(Gate("weight_ih_l0", first, count).t())));
            return Normalized(slot, all.select(0, t), all);
        }

        Tensor Normalized(string slot, Tensor sums, Tensor? all)
        {
            var layer = of.Norms[$"rnn.{slot}"];
            Tensor mean, variance;
            switch (norm)
            {
                case { Name: "none" } or { Pooling.Places: PlaceSpan.All } when all is null || norm.Pooling is null:
                    return sums;
                case { Name: "bn", Pooling.Places: PlaceSpan.All }:
                    mean = all!.mean([0, 1]);
                    variance = ((all - mean) * (all - mean)).mean([0, 1]);
                    break;
                case { Name: "bn" }:
                    mean = sums.mean([0], keepdim: true);
                    variance = ((sums - mean) * (sums - mean)).mean([0], keepdim: true);
                    break;
                case { Name: "rms" }:
                    mean = zeros(1, float64);
                    variance = (sums * sums).mean([1], keepdim: true);
                    break;
                default:
                    mean = sums.mean([1], keepdim: true);
                    variance = ((sums - mean) * (sums - mean)).mean([1], keepdim: true);
                    break;
            }

            var y = (sums - mean) / (variance + Norm.Epsilon).sqrt() * layer.Gamma!;
            Assert.Equal(slot == "norm_cell" && norm.Affine.HasFlag(Affine.Shift), layer.Beta is not null);
            return layer.Beta is null ? y : y + layer.Beta;
        }

        Tensor FromHidden(string slot, Tensor h, int first, int count) => Normalized(slot, h.matmul(Gate("weight_hh_l0", first, count).t()), null);
        Tensor Bias(string which, int first, int count) => Gate($"bias_{which}_l0", first, count);

        var (state, c) = (zeros(Images, Hidden, float64), zeros(Images, Hidden, float64));
        for (var t = 0; t < Rows; t++)
        {
            if (cell == RecurrentCell.Lstm)
            {
                var sums = Input("norm_ih", 0, 4, t) + Bias("ih", 0, 4) + FromHidden("norm_hh", state, 0, 4) + Bias("hh", 0, 4);
                Tensor One(int gate) => sums.narrow(1, gate * Hidden, Hidden);
                c = (One(1).sigmoid() * c) + (One(0).sigmoid() * One(2).tanh());
                state = One(3).sigmoid() * Normalized("norm_cell", c, null).tanh();
            }
            else
            {
                var gates = (Input("norm_ih_gates", 0, 2, t) + Bias("ih", 0, 2) + FromHidden("norm_hh_gates", state, 0, 2) + Bias("hh", 0, 2)).sigmoid();
                var (r, z) = (gates.narrow(1, 0, Hidden), gates.narrow(1, Hidden, Hidden));
                var n = (Input("norm_ih_new", 2, 1, t) + Bias("ih", 2, 1) + (r * (FromHidden("norm_hh_new", state, 2, 1) + Bias("hh", 2, 1)))).tanh();
                state = ((1 - z) * n) + (z * state);
            }
        }

        return state;
    }

    private static Parameter[] Take(nn.Module theirs, Layer ours)
    {
        var parameters = theirs.named_parameters().Select(one => one.parameter).ToArray();
        using var noGrad = no_grad();
        foreach (var (one, other) in parameters.Zip(ours.Parameters))
            one.copy_(other.Values);
        return parameters;
    }

    /// <summary>A recurrent layer in fp64, with numbers in all of its parameters.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly RecurrentModule _module;

        public Layer(RecurrentCell cell, Norm norm, int steps = Rows)
        {
            var layer = new Recurrent("rnn", cell, Channels * Columns, Hidden, steps);
            _module = new RecurrentModule(layer, slot => Norms[slot.Name] = new NormLayer(slot.Of(norm), slot.Channels, steps, dtype: float64), dtype: float64);
            Mode = NormMode.Train;
            using var noGrad = no_grad();
            foreach (var (index, (name, values)) in Parameters.Concat(OfNorms).Index())
                values.copy_((Numbers.Varied(values.shape, index + 5) * 0.5) + (name.EndsWith("norm", StringComparison.Ordinal) ? 1 : 0));
        }

        public Dictionary<string, NormLayer> Norms { get; } = [];

        public List<(string Name, Parameter Values)> Parameters => [.. _module.Learnt];

        public List<(string Name, Parameter Values)> OfNorms =>
            [.. Norms.SelectMany(norm => new[] { norm.Value.Gamma, norm.Value.Beta }.OfType<Parameter>().Select(values => ($"{norm.Key} norm", values)))];

        public NormMode Mode
        {
            set
            {
                foreach (var norm in Norms.Values)
                    norm.Mode = value;
            }
        }

        public Tensor Forward(Tensor x) => _module.call(x);

        /// <summary>Copies another layer's parameters and running statistics. For steps beyond its last one, the statistics of the last one are used.</summary>
        public void Like(Layer other)
        {
            using var noGrad = no_grad();
            foreach (var (mine, its) in Parameters.Concat(OfNorms).Zip(other.Parameters.Concat(other.OfNorms)))
                mine.Values.copy_(its.Values);
            foreach (var (name, norm) in Norms.Where(norm => norm.Value.RunningMean is { } kept && kept.dim() > 1))
            {
                for (var step = 0; step < norm.RunningMean!.size(0); step++)
                {
                    var kept = Math.Min(step, other.Norms[name].RunningMean!.size(0) - 1);
                    norm.RunningMean[step] = other.Norms[name].RunningMean![kept];
                    norm.RunningVariance![step] = other.Norms[name].RunningVariance![kept];
                }

                norm.Mode = other.Norms[name].Mode;
            }
        }

        public void Dispose()
        {
            foreach (var norm in Norms.Values)
                norm.Dispose();
            _module.Dispose();
        }
    }
}
