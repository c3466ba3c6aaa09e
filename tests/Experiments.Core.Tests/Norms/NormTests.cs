using Experiments.Core.Norms;

namespace Experiments.Core.Tests.Norms;

public sealed class NormTests
{
    // A step of 3 workers with 2 images each, a layer of 20 channels: [S, N/S, G, C/G].
    [Theory]
    [InlineData("bn", 3, 2, 20, 1)]
    [InlineData("syncbn", 1, 6, 20, 1)]
    [InlineData("ln", 6, 1, 1, 20)]
    [InlineData("in", 6, 1, 20, 1)]
    public void A_norm_pools_the_cells_that_the_paper_says(string name, int sampleBlocks, int samples, int channelBlocks, int channels) =>
        Assert.Equal(new PoolingBlocks(sampleBlocks, samples, channelBlocks, channels, 1, 35), NormCatalog.Create(new(name)).Pooling!.Over(6, 3, 20, 35));

    [Fact]
    public void Group_norm_pools_neighbouring_channels_of_one_sample()
    {
        Assert.Equal(new PoolingBlocks(6, 1, 5, 4, 1, 35), NormCatalog.Create(new("gn", Groups: 5)).Pooling!.Over(6, 3, 20, 35));
        Assert.Equal(new PoolingBlocks(6, 1, 4, 5, 1, 35), NormCatalog.Create(new("gn", ChannelsPerGroup: 5)).Pooling!.Over(6, 3, 20, 35));
    }

    // Of 7 channels, half is 3.
    [Fact]
    public void IN_BN_pools_the_first_half_of_the_channels_as_IN_and_the_others_as_BN()
    {
        var parts = NormCatalog.Create(new("in-bn")).Parts(7).Select(part => part.Over(6, 3, 35)).ToList();
        Assert.Equal([new(6, 1, 3, 1, 1, 35) { ChannelsAfter = 4 }, new(3, 2, 4, 1, 1, 35) { ChannelsBefore = 3 }], parts);
        Assert.All(parts, part => Assert.Equal(7, part.AllChannels));
        Assert.Equal(NormCatalog.Create(new("bn")).Parts(1), NormCatalog.Create(new("in-bn")).Parts(1));
    }

    [Fact]
    public void Groups_that_do_not_divide_are_never_clamped() =>
        Assert.Throws<ArgumentException>(() => NormCatalog.Create(new("gn", Groups: 32)).Pooling!.Over(6, 3, 20, 35));

    [Fact]
    public void Group_norm_takes_the_papers_32_groups_by_default() =>
        Assert.Equal(new ChannelSpan.GroupOf(32), NormCatalog.Create(new("gn")).Pooling!.Channels);

    [Theory]
    [InlineData("bn", true)]
    [InlineData("syncbn", true)]
    [InlineData("ln", false)]
    [InlineData("in", false)]
    [InlineData("gn", false)]
    [InlineData("none", false)]
    public void Only_norms_over_samples_keep_running_statistics(string name, bool kept) =>
        Assert.Equal(kept, NormCatalog.Create(new(name)).HasRunningStatistics);

    [Fact]
    public void Groups_for_a_norm_without_groups_are_refused() =>
        Assert.Contains("--groups does not belong to --norm bn",
            Assert.Throws<ExperimentException>(() => NormCatalog.Create(new("bn", Groups: 8))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("wn")]
    [InlineData("wn-mean-only-bn")]
    public void Weights_are_not_transformed_twice(string norm) =>
        Assert.Contains("--weight-standardization on does not go with",
            Assert.Throws<ExperimentException>(() => NormCatalog.Create(new(norm, WeightStandardization: true))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_option_of_another_norm_is_refused_with_the_norms_that_have_it() =>
        Assert.Contains("--r-max does not belong to --norm gn: Group Normalization has none; leave it out, or take --norm batch-renorm.",
            Assert.Throws<ExperimentException>(() => NormCatalog.Create(new("gn", RMax: 2))).Message, StringComparison.Ordinal);

    // A step of 3 workers with 4 images each: virtual batches lie within a worker, and of 3 images there is less than one.
    [Fact]
    public void A_virtual_batch_lies_within_a_worker()
    {
        var pooling = NormCatalog.Create(new("ghost-bn", VirtualBatch: 2)).Pooling!;
        Assert.Equal(new PoolingBlocks(6, 2, 20, 1, 1, 35), pooling.Over(12, 3, 20, 35));
        Assert.Equal(2, Norm.BlocksToKeep(pooling.Over(12, 3, 20, 35).SampleBlocks, workers: 3));
        Assert.Equal(new PoolingBlocks(1, 1, 20, 1, 1, 35), pooling.Over(1, 1, 20, 35));
        Assert.Throws<ArgumentException>(() => pooling.Over(9, 3, 20, 35));
        Assert.Equal(new PoolingBlocks(6, 2, 5, 4, 1, 35), NormCatalog.Create(new("bgn", Groups: 5, VirtualBatch: 2)).Pooling!.Over(12, 3, 20, 35));
    }

    // Ioffe 2017, algorithm 1.
    [Theory]
    [InlineData(1.0, 2.0, 3.0)]
    [InlineData(0.0, 1.0, 0.0)]
    [InlineData(0.5, 1.5, 1.5)]
    public void Batch_renormalization_corrects_within_its_limits_which_rise_from_those_of_batch_normalization(double ramp, double r, double d)
    {
        var renorm = new BatchRenorm(RMax: 2, DMax: 3);
        Assert.Equal((r, d), renorm.Correct(mean: 100, deviation: 50, movingMean: 0, movingDeviation: 1, ramp));
        Assert.Equal((1 / r, -d), renorm.Correct(mean: -100, deviation: 0.01, movingMean: 0, movingDeviation: 1, ramp));
    }

    [Fact]
    public void Batch_renormalization_by_its_own_limits_normalizes_with_the_moving_averages()
    {
        var (r, d) = new BatchRenorm(RMax: 3, DMax: 5).Correct(mean: 2, deviation: 4, movingMean: 1, movingDeviation: 5, ramp: 1);
        Assert.Equal((7.0 - 1) / 5, ((7.0 - 2) / 4 * r) + d, 1e-12);
    }

    // Santurkar et al. 2018: mu ~ U(-0.5, 0.5) and sigma ~ U(1, 1.25) for each channel, m within 0.1 of mu and s of N(sigma, 0.1) for each sample.
    [Fact]
    public void Noise_has_the_published_distribution_and_follows_from_seed_step_layer_and_channel()
    {
        const int Samples = 200, Channels = 300;
        var (scales, shifts) = (new float[Samples * Channels], new float[Samples * Channels]);
        ActivationNoise.Draw(seed: 3, step: 5, slot: 2, Channels, scales, shifts);
        var means = new List<double>();
        var factors = new List<double>();
        for (var channel = 0; channel < Channels; channel++)
        {
            var own = shifts.Where((_, cell) => cell % Channels == channel).Select(value => (double)value).ToList();
            Assert.InRange(own.Max() - own.Min(), 0.15, 0.2);
            means.Add(own.Average());
            var scale = scales.Where((_, cell) => cell % Channels == channel).Select(value => (double)value).ToList();
            factors.Add(scale.Average());
            Assert.Equal(0.1, Math.Sqrt(scale.Average(value => (value - factors[^1]) * (value - factors[^1]))), 0.03);
        }

        Assert.InRange(means.Min(), -0.52, -0.45);
        Assert.InRange(means.Max(), 0.45, 0.52);
        Assert.Equal(0, means.Average(), 0.05);
        Assert.InRange(factors.Min(), 0.97, 1.03);
        Assert.InRange(factors.Max(), 1.22, 1.28);
        var (again, other) = (new float[2 * Channels], new float[2 * Channels]);
        ActivationNoise.Draw(seed: 3, step: 5, slot: 2, Channels, again, other);
        Assert.Equal(scales[..(2 * Channels)], again);
        ActivationNoise.Draw(seed: 3, step: 6, slot: 2, Channels, other, again);
        Assert.NotEqual(scales[..(2 * Channels)], other);
    }

    [Fact]
    public void Both_ways_of_grouping_exclude_each_other() =>
        Assert.Throws<ExperimentException>(() => NormCatalog.Create(new("gn", Groups: 8, ChannelsPerGroup: 4)));

    [Theory]
    [InlineData("gm", "gn")]
    [InlineData("snycbn", "syncbn")]
    [InlineData("BN", "bn")]
    [InlineData("layer-norm", "ln")]
    [InlineData("BatchNorm", "bn")]
    [InlineData("batch-renormalization", "batch-renorm")]
    public void A_misspelt_norm_is_answered_with_the_nearest_name(string typed, string meant) =>
        Assert.Contains($"Did you mean '{meant}'", Assert.Throws<ExperimentException>(() => NormCatalog.Find(typed)).Message, StringComparison.Ordinal);

    [Fact]
    public void Each_norm_takes_the_options_that_it_has_defaults_for_and_no_others()
    {
        string[] Takers(string option) => [.. NormCatalog.Entries.Where(entry => entry.Takes(NormCatalog.Options.Single(one => one.Name == option))).Select(entry => entry.Name)];
        Assert.Equal(["gn", "bgn", "rms"], Takers("groups"));
        Assert.Equal(["gn", "bgn", "rms"], Takers("channels-per-group"));
        Assert.Equal(["ghost-bn", "bgn"], Takers("virtual-batch"));
        Assert.Equal(["batch-renorm"], Takers("r-max"));
        foreach (var entry in NormCatalog.Entries)
        {
            foreach (var option in NormCatalog.Options)
                Assert.True(entry.Takes(option) == (Record.Exception(() => NormCatalog.Create(option.Set(new(entry.Name), 1))) is null), $"{entry.Name} {option.Name}");
        }
    }
}
