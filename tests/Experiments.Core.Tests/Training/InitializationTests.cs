using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Training;

public sealed class InitializationTests
{
    private static readonly Network Resnet = ModelCatalog.Build("resnet20", null, Shortcut.Projection, new ImageShape(3, 32, 32), 10, NormCatalog.Create(new("bn")));

    [Fact]
    public void Convolutions_are_normal_with_the_variance_of_their_fan_out()
    {
        var weights = Initialization.Create(Resnet, seed: 1).Parameters.Single(array => array.Name == "layer3.2.conv2.weight").Values;
        Assert.Equal(0, weights.Average(), 0.002);
        Assert.Equal(Math.Sqrt(2.0 / (64 * 9)), Math.Sqrt(weights.Average(w => w * w)), 0.0005);
    }

    [Fact]
    public void Gamma_is_0_at_the_end_of_each_residual_branch_and_1_elsewhere()
    {
        var scales = Initialization.Create(Resnet, seed: 1).Parameters.Where(array => array.Name.Contains("norm", StringComparison.Ordinal) && array.Name.EndsWith(".weight", StringComparison.Ordinal));
        Assert.All(scales, scale => Assert.All(scale.Values, value => Assert.Equal(scale.Name.EndsWith(".norm2.weight", StringComparison.Ordinal) ? 0 : 1, value)));
    }

    [Fact]
    public void It_follows_from_the_seed_alone()
    {
        static float[] All(long seed) => [.. Initialization.Create(Resnet, seed).Parameters.SelectMany(array => array.Values)];
        Assert.Equal(All(3), All(3));
        Assert.NotEqual(All(3), All(4));
    }

    [Fact]
    public void Two_norms_begin_with_the_same_convolutions()
    {
        var group = Resnet with { Norm = NormCatalog.Create(new("gn", Groups: 8)) };
        Assert.Equal(Initialization.Create(Resnet, 1).Parameters.Select(a => a.Values), Initialization.Create(group, 1).Parameters.Select(a => a.Values));
        foreach (var options in new NormOptions[] { new("none"), new("bn", Affine: Affine.None), new("gn", Groups: 8, WeightStandardization: true) })
        {
            var other = Initialization.Create(Resnet with { Norm = NormCatalog.Create(options) }, 1).Parameters;
            foreach (var weights in Initialization.Create(Resnet, 1).Parameters.Where(array => array.Shape.Count > 1))
                Assert.Equal(weights.Values, other.Single(array => array.Name == weights.Name).Values);
        }
    }

    [Fact]
    public void The_scale_multiplies_the_weights_and_nothing_else()
    {
        foreach (var (plain, scaled) in Initialization.Create(Resnet, 1).Parameters.Zip(Initialization.Create(Resnet, 1, scale: 4).Parameters))
            Assert.Equal(plain.Values.Select(value => plain.Shape.Count > 1 ? 4 * value : value), scaled.Values);
    }

    // Salimans & Kingma 2016, section 3: v from N(0, 0.05).
    [Fact]
    public void Normalized_weights_begin_with_a_gain_of_1_and_v_of_standard_deviation_a_twentieth()
    {
        var parameters = Initialization.Create(Resnet with { Norm = NormCatalog.Create(new("wn")) }, 1).Parameters;
        Assert.Equal(0.05, Math.Sqrt(parameters.Single(array => array.Name == "layer3.2.conv2.weight_v").Values.Average(v => v * v)), 0.001);
        Assert.All(parameters.Single(array => array.Name == "layer3.2.conv2.weight_g").Values, gain => Assert.Equal(1, gain));
    }
}
