using Experiments.Core.Norms;

namespace Experiments.Core.Tests;

public sealed class NormTests
{
    // A step of 3 workers with 2 images each, a layer of 20 channels: [S, N/S, G, C/G].
    [Theory]
    [InlineData("bn", 3, 2, 20, 1)]
    [InlineData("syncbn", 1, 6, 20, 1)]
    [InlineData("ln", 6, 1, 1, 20)]
    [InlineData("in", 6, 1, 20, 1)]
    public void A_norm_pools_the_cells_that_the_paper_says(string name, int sampleBlocks, int samples, int channelBlocks, int channels) =>
        Assert.Equal(new PoolingBlocks(sampleBlocks, samples, channelBlocks, channels), NormCatalog.Create(new(name)).Pooling!.Over(6, 3, 20));

    [Fact]
    public void Group_norm_pools_neighbouring_channels_of_one_sample()
    {
        Assert.Equal(new PoolingBlocks(6, 1, 5, 4), NormCatalog.Create(new("gn", Groups: 5)).Pooling!.Over(6, 3, 20));
        Assert.Equal(new PoolingBlocks(6, 1, 4, 5), NormCatalog.Create(new("gn", ChannelsPerGroup: 5)).Pooling!.Over(6, 3, 20));
    }

    [Fact]
    public void Groups_that_do_not_divide_are_never_clamped() =>
        Assert.Throws<ArgumentException>(() => NormCatalog.Create(new("gn", Groups: 32)).Pooling!.Over(6, 3, 20));

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

    [Fact]
    public void Both_ways_of_grouping_exclude_each_other() =>
        Assert.Throws<ExperimentException>(() => NormCatalog.Create(new("gn", Groups: 8, ChannelsPerGroup: 4)));

    [Theory]
    [InlineData("gm", "gn")]
    [InlineData("snycbn", "syncbn")]
    [InlineData("BN", "bn")]
    public void A_misspelt_norm_is_answered_with_the_nearest_name(string typed, string meant) =>
        Assert.Contains($"Did you mean '{meant}'?", Assert.Throws<ExperimentException>(() => NormCatalog.Find(typed)).Message, StringComparison.Ordinal);
}
