using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>Every norm of the catalogue against libtorch's own layer, with which it shares no code.</summary>
public sealed class NormLayerTests
{
    // All but the channels.
    private static readonly long[] s_batch = [0, 2, 3];

    /// <summary>[N, C, H, W], all different and H, W odd, so that a mixed-up axis shows.</summary>
    private static readonly long[][] s_shapes = [[4, 6, 5, 7], [2, 12, 3, 1], [1, 6, 9, 5]];

    /// <summary>Each norm; those that take groups as 3 groups and as 2 channels a group, and without where they may go without.</summary>
    public static TheoryData<string, string> Norms
    {
        get
        {
            var norms = new TheoryData<string, string>();
            foreach (var entry in NormCatalog.Entries)
            {
                foreach (var grouping in entry.Takes(NormCatalog.Options[0]) ? new[] { "3 groups", "2 channels", "-" }.SkipLast(entry.Defaults.Groups is null ? 0 : 1) : ["-"])
                    norms.Add(entry.Name, grouping);
            }

            return norms;
        }
    }

    // fp64 against fp64: different orders of summation over at most 420 values, at a mean of 1000 standard deviations.
    [TorchTheory]
    [MemberData(nameof(Norms))]
    public void Output_and_gradients_are_those_of_libtorchs_own_layer_in_fp64(string name, string grouping)
    {
        foreach (var shape in s_shapes)
        {
            foreach (var mean in new[] { 0, 1000 })
            {
                foreach (var channelsLast in new[] { false, true })
                {
                    using var scope = NewDisposeScope();
                    var (x, dy) = (Input(shape, mean, float64, channelsLast), Numbers.Varied(shape, 2));
                    using var layer = new Layer(NormOf(name, grouping), (int)shape[1], float64);
                    layer.Run(x, dy).AgreesWith(Libtorch(name, grouping, x, dy), 1e-10);
                }
            }
        }
    }

    // An fp32 mean is off by some 1e-7 of itself, which is that times |mean|/sd of what is normalized.
    [TorchTheory]
    [MemberData(nameof(Norms))]
    public void Output_and_gradients_in_fp32_are_near_those_of_libtorch_in_fp64_also_at_a_large_mean(string name, string grouping)
    {
        foreach (var shape in s_shapes)
        {
            foreach (var mean in new[] { 0, 30, 1000, 30000 })
            {
                foreach (var channelsLast in new[] { false, true })
                {
                    using var scope = NewDisposeScope();
                    var (x, dy) = (Input(shape, mean, float32, channelsLast), Numbers.Varied(shape, 2).to(float32));
                    using var layer = new Layer(NormOf(name, grouping), (int)shape[1], float32);
                    layer.Run(x, dy).AgreesWith(Libtorch(name, grouping, x.to(float64), dy.to(float64)), 1e-5 * Math.Max(1, mean));
                }
            }
        }
    }

    [TorchTheory]
    [MemberData(nameof(Norms))]
    public void Gradients_agree_with_central_differences(string name, string grouping)
    {
        using var scope = NewDisposeScope();
        long[] shape = [2, 6, 3, 1];
        var (x, dy) = (Input(shape, 3, float64, false), Numbers.Varied(shape, 2));
        using var layer = new Layer(NormOf(name, grouping), 6, float64, workers: 1);
        layer.Mode = NormMode.Batch;
        var outcome = layer.Run(x, dy);
        foreach (var (values, gradient) in new[] { (x, outcome.Dx), (layer.Gamma, outcome.DGamma), (layer.Beta, outcome.DBeta) })
        {
            if (values is null)
                continue;
            var elements = values.detach().view(-1).data<double>();
            var expected = new double[elements.Count];
            for (var i = 0; i < expected.Length; i++)
            {
                // The error of a central difference is of the order of its step squared, 1e-10, and rounding's of 1e-16/step.
                const double Step = 1e-5;
                var kept = elements[i];
                elements[i] = kept + Step;
                var above = Value();
                elements[i] = kept - Step;
                expected[i] = (above - Value()) / (2 * Step);
                elements[i] = kept;
            }

            Numbers.Close(expected, Numbers.Doubles(gradient!), 1e-7, "gradient");
        }

        double Value()
        {
            using var inner = NewDisposeScope();
            using var noGrad = no_grad();
            return (layer.Forward(x) * dy).sum().item<double>();
        }
    }

    [TorchFact]
    public void GroupNorm_with_one_group_equals_LayerNorm()
    {
        using var scope = NewDisposeScope();
        var (x, dy) = (Input([3, 6, 5, 7], 1, float64, false), Numbers.Varied([3, 6, 5, 7], 2));
        using Layer group = new(NormCatalog.Create(new("gn", Groups: 1)), 6, float64), layer = new(NormCatalog.Create(new("ln")), 6, float64);
        group.Run(x, dy).AgreesWith(layer.Run(x, dy), 0);
    }

    [TorchFact]
    public void GroupNorm_with_a_group_for_every_channel_equals_InstanceNorm()
    {
        using var scope = NewDisposeScope();
        var (x, dy) = (Input([3, 6, 5, 7], 1, float64, false), Numbers.Varied([3, 6, 5, 7], 2));
        using Layer group = new(NormCatalog.Create(new("gn", Groups: 6)), 6, float64), instance = new(NormCatalog.Create(new("in")), 6, float64);
        group.Run(x, dy).AgreesWith(instance.Run(x, dy), 0);
    }

    // The paper's layers scale and shift each channel; PyTorch's LayerNorm over (C, H, W) each element.
    [TorchFact]
    public void LayerNorm_has_a_gamma_and_a_beta_for_each_channel_and_not_for_each_element()
    {
        using var scope = NewDisposeScope();
        var x = Input([3, 6, 5, 7], 1, float64, false);
        using var layer = new Layer(NormCatalog.Create(new("ln")), 6, float64);
        Assert.Equal([6L], layer.Gamma!.shape);
        Assert.Equal([6L], layer.Beta!.shape);
        var plain = nn.functional.layer_norm(x, [6, 5, 7], eps: Norm.Epsilon);
        Numbers.Close((plain * layer.Gamma.view(6, 1, 1)) + layer.Beta.view(6, 1, 1), layer.Forward(x), 1e-12, "y");
    }

    [TorchFact]
    public void GroupNorm_output_does_not_depend_on_the_rest_of_the_batch_and_BatchNorm_output_does()
    {
        using var scope = NewDisposeScope();
        var batch = Input([4, 6, 5, 7], 1, float64, false);
        var other = cat([batch.narrow(0, 0, 1), Numbers.Varied([3, 6, 5, 7], 3)], 0);
        foreach (var (name, depends) in new[] { ("gn", false), ("ln", false), ("in", false), ("bn", true), ("syncbn", true) })
        {
            using var layer = new Layer(NormCatalog.Create(new(name, name == "gn" ? 3 : null)), 6, float64);
            layer.Mode = NormMode.Batch;
            var difference = (layer.Forward(batch).narrow(0, 0, 1) - layer.Forward(other).narrow(0, 0, 1)).abs().max().item<double>();
            Assert.True(depends ? difference > 0.01 : difference == 0, $"{name}: {difference}");
        }
    }

    [TorchFact]
    public void BatchNorm_normalizes_with_the_biased_variance_and_keeps_the_unbiased_one()
    {
        using var scope = NewDisposeScope();
        var x = Input([2, 6, 3, 1], 2, float64, false);
        using var layer = new Layer(NormCatalog.Create(new("bn")), 6, float64);
        var before = (Mean: layer.RunningMean!.clone(), Variance: layer.RunningVariance!.clone());
        var normalized = (layer.Forward(x) - layer.Beta!.view(6, 1, 1)) / layer.Gamma!.view(6, 1, 1);
        var (biased, mean) = x.var_mean([0, 2, 3], unbiased: false, keepdim: true);
        Numbers.Close((x - mean) / (biased + Norm.Epsilon).sqrt(), normalized, 1e-12, "normalized");
        Numbers.Close((before.Mean * 0.9) + (mean.flatten() * 0.1), layer.RunningMean!, 1e-12, "running mean");
        Numbers.Close((before.Variance * 0.9) + (x.var([0, 2, 3], unbiased: true) * 0.1), layer.RunningVariance!, 1e-12, "running variance");
    }

    [TorchTheory]
    [InlineData("bn")]
    [InlineData("syncbn")]
    public void Moving_averages_over_several_steps_are_libtorchs(string name)
    {
        using var scope = NewDisposeScope();
        using var layer = new Layer(NormCatalog.Create(new(name)), 6, float64);
        var (mean, variance) = (layer.RunningMean!.clone(), layer.RunningVariance!.clone());
        for (var step = 0; step < 5; step++)
        {
            var x = Input([4, 6, 3, 5], step, float64, false);
            layer.Forward(x);
            nn.functional.batch_norm(x, mean, variance, null, null, training: true, momentum: 0.1, eps: Norm.Epsilon);
        }

        Numbers.Close(mean, layer.RunningMean!, 1e-12, "running mean");
        Numbers.Close(variance, layer.RunningVariance!, 1e-12, "running variance");
    }

    // TorchSharp's own layers on the halves of the channels, in three steps and in evaluation; of 7 channels, 3 have IN.
    [TorchTheory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(16)]
    public void InstanceBatchNorm_is_InstanceNorm2d_of_the_first_half_of_the_channels_and_BatchNorm2d_of_the_others(int channels)
    {
        using var scope = NewDisposeScope();
        var half = channels / 2;
        using var layer = new NormLayer(NormCatalog.Create(new("in-bn")), channels, dtype: float64);
        using var instance = nn.InstanceNorm2d(half, affine: true, dtype: float64);
        using var batch = nn.BatchNorm2d(channels - half, dtype: float64);
        using (no_grad())
        {
            layer.Gamma!.copy_(Numbers.Varied([channels], 3) + 1.5);
            layer.Beta!.copy_(Numbers.Varied([channels], 4));
            foreach (var (name, values) in instance.named_parameters())
                values.copy_((name == "weight" ? layer.Gamma : layer.Beta).narrow(0, 0, half));
            foreach (var (name, values) in batch.named_parameters())
                values.copy_((name == "weight" ? layer.Gamma : layer.Beta).narrow(0, half, channels - half));
        }

        for (var step = 0; step < 4; step++)
        {
            if (step == 3)
            {
                layer.eval();
                instance.eval();
                batch.eval();
            }

            var (x, dy) = (Input([4, channels, 5, 3], 10 * step, float64, channelsLast: step == 1), Numbers.Varied([4, channels, 5, 3], 2));
            var (ours, theirs) = (x.detach().clone().requires_grad_(), x.detach().clone().requires_grad_());
            var y = layer.call(ours);
            var expected = cat([instance.call(theirs.narrow(1, 0, half)), batch.call(theirs.narrow(1, half, channels - half))], 1);
            y.backward([dy]);
            expected.backward([dy]);
            Numbers.Close(expected, y, 1e-10, $"y of step {step}");
            Numbers.Close(theirs.grad!, ours.grad!, 1e-10, $"dx of step {step}");
        }

        Numbers.Close(cat([instance.weight!.grad!, batch.weight!.grad!], 0), layer.Gamma.grad!, 1e-9, "dgamma");
        Numbers.Close(cat([instance.bias!.grad!, batch.bias!.grad!], 0), layer.Beta.grad!, 1e-9, "dbeta");
        Numbers.Close(cat([zeros(half, float64), batch.running_mean!], 0), layer.RunningMean!, 1e-12, "running mean");
        Numbers.Close(cat([ones(half, float64), batch.running_var!], 0), layer.RunningVariance!, 1e-12, "running variance");
    }

    // Hoffer et al. 2017, algorithm 1: the moving averages take up one virtual batch after the other.
    [TorchFact]
    public void Moving_averages_of_virtual_batches_are_those_of_as_many_steps()
    {
        using var scope = NewDisposeScope();
        using Layer ghost = new(NormCatalog.Create(new("ghost-bn", VirtualBatch: 2)), 6, float64), single = new(NormCatalog.Create(new("bn")), 6, float64);
        var x = Input([6, 6, 3, 5], 1, float64, false);
        ghost.Forward(x);
        foreach (var pair in Pairs(x))
            single.Forward(pair);
        Numbers.Close(single.RunningMean!, ghost.RunningMean!, 1e-12, "running mean");
        Numbers.Close(single.RunningVariance!, ghost.RunningVariance!, 1e-12, "running variance");
    }

    [TorchTheory]
    [InlineData(NormMode.Batch)]
    [InlineData(NormMode.MovingAverage)]
    [InlineData(NormMode.Collect)]
    internal void Only_training_moves_the_averages(NormMode mode)
    {
        using var scope = NewDisposeScope();
        using var layer = new Layer(NormCatalog.Create(new("bn")), 6, float64);
        var (mean, variance) = (layer.RunningMean!.clone(), layer.RunningVariance!.clone());
        layer.Mode = mode;
        using (no_grad())
            layer.Forward(Input([4, 6, 3, 5], 1, float64, false));
        Numbers.Close(mean, layer.RunningMean!, 0, "running mean");
        Numbers.Close(variance, layer.RunningVariance!, 0, "running variance");
    }

    [TorchFact]
    public void Evaluation_by_moving_averages_is_libtorchs()
    {
        using var scope = NewDisposeScope();
        using var layer = new Layer(NormCatalog.Create(new("bn")), 6, float64);
        var x = Input([4, 6, 3, 5], 2, float64, false);
        layer.Mode = NormMode.MovingAverage;
        using var noGrad = no_grad();
        var expected = nn.functional.batch_norm(x, layer.RunningMean!, layer.RunningVariance!, layer.Gamma, layer.Beta, training: false, eps: Norm.Epsilon);
        Numbers.Close(expected, layer.Forward(x), 1e-12, "y");
    }

    /// <summary>BN of each place: what recurrent networks take with a sequence's steps as places (Cooijmans et al. 2017).</summary>
    private static readonly Norm s_atEachPlace = new("bn", new(new SampleSpan.Worker(), new ChannelSpan.One(), PlaceSpan.One), Affine.ScaleAndShift);

    // Libtorch's BN over the vectors [N, C] of each place, with the same gamma and beta and with running statistics of its own.
    [TorchTheory]
    [InlineData(6, false)]
    [InlineData(6, true)]
    [InlineData(8, true)]
    public void BatchNorm_of_each_place_is_libtorchs_of_each_place_alone_with_running_statistics_of_its_own(int channels, bool stepByStep)
    {
        const int Samples = 4, Places = 5;
        using var scope = NewDisposeScope();
        using var layer = new Layer(s_atEachPlace, channels, float64, places: Places);
        Assert.Equal([Places, channels], layer.RunningMean!.shape);
        var (means, variances) = (layer.RunningMean.clone(), layer.RunningVariance!.clone());
        var (x, dy) = (Input([Samples, channels, Places, 1], 30, float64, channelsLast: false).select(3, 0), Numbers.Varied([Samples, channels, Places], 2));
        Tensor[] arguments = [x.detach().clone().requires_grad_(), layer.Gamma!.detach().clone().requires_grad_(), layer.Beta!.detach().clone().requires_grad_()];
        var expected = stack(Enumerable.Range(0, Places).Select(place => nn.functional.batch_norm(
            arguments[0].select(2, place), means.select(0, place), variances.select(0, place), arguments[1], arguments[2], training: true, eps: Norm.Epsilon)), 2);
        expected.backward([dy]);

        var input = x.detach().requires_grad_();
        var y = stepByStep ? stack(Enumerable.Range(0, Places).Select(place => layer.At(input.select(2, place), place)), 2) : layer.Forward(input);
        y.backward([dy]);
        new Outcome(y, input.grad!, layer.Gamma.grad, layer.Beta.grad).AgreesWith(new(expected, arguments[0].grad!, arguments[1].grad, arguments[2].grad), 1e-10);
        Numbers.Close(means, layer.RunningMean, 1e-12, "running means");
        Numbers.Close(variances, layer.RunningVariance, 1e-12, "running variances");

        // Evaluation, and beyond the last place by the last one's statistics.
        layer.Mode = NormMode.MovingAverage;
        using var noGrad = no_grad();
        foreach (var place in Enumerable.Range(0, Places + 2))
        {
            var kept = Math.Min(place, Places - 1);
            var stored = nn.functional.batch_norm(
                x.select(2, kept), means.select(0, kept), variances.select(0, kept), layer.Gamma, layer.Beta, training: false, eps: Norm.Epsilon);
            Numbers.Close(stored, layer.At(x.select(2, kept), place), 1e-10, $"place {place}");
        }

        Numbers.Close(layer.At(x.select(2, 3), 3), layer.Forward(x).select(2, 3), 1e-12, "all places at once");
    }

    [TorchFact]
    public void LayerNorm_over_channels_treats_each_place_alone_and_LayerNorm_does_not()
    {
        using var scope = NewDisposeScope();
        var x = Input([3, 6, 5, 7], 1, float64, false);
        var other = x.clone();
        other.narrow(3, 1, 6).copy_(Numbers.Varied([3, 6, 5, 6], 9));
        foreach (var (name, depends) in new[] { ("ln-channels", false), ("ln", true) })
        {
            using var layer = new Layer(NormCatalog.Create(new(name)), 6, float64);
            var difference = (layer.Forward(x) - layer.Forward(other)).narrow(3, 0, 1).abs().max().item<double>();
            Assert.True(depends ? difference > 0.01 : difference == 0, $"{name}: {difference}");
        }
    }

    // torchvision's GroupNorm of vectors [N, C] is GN over the channels of one place.
    [TorchTheory]
    [InlineData("gn")]
    [InlineData("rms")]
    public void Groups_of_the_channels_of_one_place_are_those_of_as_many_vectors(string name)
    {
        using var scope = NewDisposeScope();
        var norm = NormCatalog.Create(new(name, Groups: 3, Places: PlaceSpan.One));
        var (x, dy) = (Input([2, 6, 5, 3], 30, float64, channelsLast: true), Numbers.Varied([2, 6, 5, 3], 2));
        using Layer places = new(norm, 6, float64), vectors = new(NormCatalog.Create(new(name, Groups: 3)), 6, float64);
        Tensor Vectors(Tensor map) => map.permute(0, 2, 3, 1).reshape(-1, 6);
        Tensor Map(Tensor rows) => rows.view(2, 5, 3, 6).permute(0, 3, 1, 2);
        var expected = vectors.Run(Vectors(x), Vectors(dy));
        places.Run(x, dy).AgreesWith(expected with { Y = Map(expected.Y), Dx = Map(expected.Dx) }, 1e-10);
    }

    internal static Norm NormOf(string name, string grouping) => grouping switch
    {
        "3 groups" => NormCatalog.Create(new(name, Groups: 3, VirtualBatch: VirtualBatchOf(name))),
        "2 channels" => NormCatalog.Create(new(name, ChannelsPerGroup: 2, VirtualBatch: VirtualBatchOf(name))),
        _ => NormCatalog.Create(new(name, VirtualBatch: VirtualBatchOf(name))),
    };

    private static int? VirtualBatchOf(string name) => NormCatalog.Find(name).Defaults.VirtualBatch is null ? null : 2;

    /// <summary>x with a mean of so many standard deviations, a little different from channel to channel.</summary>
    internal static Tensor Input(long[] shape, double mean, ScalarType type, bool channelsLast)
    {
        var x = Numbers.Varied(shape, 1) + (Numbers.Varied([shape[1], 1, 1], 7) * 0.3) + mean;
        x = channelsLast ? x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : x;
        return x.to(type);
    }

    /// <summary>The same layer of libtorch, differentiated by libtorch.</summary>
    private static Outcome Libtorch(string name, string grouping, Tensor x, Tensor dy)
    {
        var channels = x.shape[1];
        using var twin = new Layer(NormOf(name, grouping), (int)channels, float64);
        // Channels first: of a map with channels last, libtorch's group_norm takes the variance as E[x^2] - E[x]^2, and at a mean of
        // 1000 standard deviations is itself off by 1e-9.
        var input = x.detach().contiguous().requires_grad_();
        var gamma = twin.Gamma?.detach().clone().requires_grad_();
        var beta = twin.Beta?.detach().clone().requires_grad_();
        var y = name switch
        {
            "none" or "wn" => input + beta!.view(channels, 1, 1),
            "mean-only-bn" or "wn-mean-only-bn" => input - input.mean(s_batch, keepdim: true) + beta!.view(channels, 1, 1),
            "batch-renorm" => Renormalized(twin, input, gamma!, beta!),
            "noisy-bn" => Noisy(nn.functional.batch_norm(input, null, null, gamma, beta, training: true, eps: Norm.Epsilon)),
            "ghost-bn" => cat([.. Pairs(input).Select(pair => nn.functional.batch_norm(pair, null, null, gamma, beta, training: true, eps: Norm.Epsilon))], 0),
            "bgn" => cat([.. Pairs(input).Select(pair => OverSamples(pair, grouping == "3 groups" ? 3 : channels / 2, gamma!, beta!))], 0),
            "bn" or "syncbn" => nn.functional.batch_norm(input, null, null, gamma, beta, training: true, eps: Norm.Epsilon),
            "ln" => nn.functional.group_norm(input, 1, gamma, beta, Norm.Epsilon),
            "in-bn" => Halves(input, gamma!, beta!),
            "in" => nn.functional.instance_norm(input, weight: gamma, bias: beta, eps: Norm.Epsilon),
            "gn" => nn.functional.group_norm(input, grouping == "3 groups" ? 3 : channels / 2, gamma, beta, Norm.Epsilon),
            "ln-channels" => nn.functional.layer_norm(input.permute(0, 2, 3, 1).contiguous(), [channels], gamma, beta, Norm.Epsilon).permute(0, 3, 1, 2),
            "rms" => RootMeanSquare(input, grouping switch { "3 groups" => 3, "2 channels" => channels / 2, _ => 1 }) * gamma!.view(channels, 1, 1),
            _ => throw new ArgumentException($"Which of libtorch's layers is {name}? Every norm of the catalogue is compared with one."),
        };
        y.backward([dy]);
        return new Outcome(y, input.grad!, gamma?.grad, beta?.grad);
    }

    /// <summary>Ioffe 2017, algorithm 1, with r_max 3 and d_max 5, from libtorch's elementary operations.</summary>
    private static Tensor Renormalized(Layer twin, Tensor x, Tensor gamma, Tensor beta)
    {
        var (mean, deviation) = (x.mean(s_batch, keepdim: true), (x.var(s_batch, unbiased: false, keepdim: true) + Norm.Epsilon).sqrt());
        var (movingMean, movingDeviation) = (twin.RunningMean!.view(1, -1, 1, 1), (twin.RunningVariance!.view(1, -1, 1, 1) + Norm.Epsilon).sqrt());
        var r = (deviation / movingDeviation).detach().clamp(1.0 / 3, 3);
        var d = ((mean - movingMean) / movingDeviation).detach().clamp(-5, 5);
        return (((((x - mean) / deviation) * r) + d) * gamma.view(-1, 1, 1)) + beta.view(-1, 1, 1);
    }

    /// <summary>Zhang &amp; Sennrich 2019, Eqn 4, from libtorch's vector norm: RMS(x) = ||x|| / sqrt(n), to which epsilon is added squared.</summary>
    private static Tensor RootMeanSquare(Tensor x, long groups)
    {
        var vectors = x.view(x.size(0), groups, -1);
        var length = linalg.vector_norm(vectors, 2, [2], keepdim: true);
        return (vectors / ((length * length / vectors.size(2)) + Norm.Epsilon).sqrt()).view_as(x);
    }

    /// <summary>GN over several samples at once: GN of one sample that has them stacked along H.</summary>
    private static Tensor OverSamples(Tensor x, long groups, Tensor gamma, Tensor beta)
    {
        var (n, c, h, w) = (x.size(0), x.size(1), x.size(2), x.size(3));
        var stacked = x.permute(1, 0, 2, 3).reshape(1, c, n * h, w);
        return nn.functional.group_norm(stacked, groups, gamma, beta, Norm.Epsilon).view(c, n, h, w).permute(1, 0, 2, 3);
    }

    /// <summary>Pan et al. 2018: libtorch's IN and BN of the halves of the channels, one beside the other.</summary>
    private static Tensor Halves(Tensor x, Tensor gamma, Tensor beta)
    {
        var (half, rest) = (x.size(1) / 2, x.size(1) - (x.size(1) / 2));
        return cat(
        [
            nn.functional.instance_norm(x.narrow(1, 0, half), weight: gamma.narrow(0, 0, half), bias: beta.narrow(0, 0, half), eps: Norm.Epsilon),
            nn.functional.batch_norm(x.narrow(1, half, rest), null, null, gamma.narrow(0, half, rest), beta.narrow(0, half, rest), training: true, eps: Norm.Epsilon),
        ], 1);
    }

    private static IEnumerable<Tensor> Pairs(Tensor x) =>
        Enumerable.Range(0, (int)(x.size(0) + 1) / 2).Select(pair => x.narrow(0, 2 * pair, Math.Min(2, x.size(0) - (2 * pair))));

    private static Tensor Noisy(Tensor y)
    {
        var (scales, shifts) = (new float[y.size(0) * y.size(1)], new float[y.size(0) * y.size(1)]);
        ActivationNoise.Draw(seed: 1, step: 0, slot: 0, (int)y.size(1), scales, shifts);
        return (y * tensor(scales).to(y.dtype).view(y.size(0), y.size(1), 1, 1)) + tensor(shifts).to(y.dtype).view(y.size(0), y.size(1), 1, 1);
    }
}
