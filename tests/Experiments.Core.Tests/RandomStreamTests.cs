namespace Experiments.Core.Tests;

public sealed class RandomStreamTests
{
    // The known answers that Salmon et al. publish with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdcceb, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint a, uint b, uint c, uint d) =>
        Assert.Equal((a, b, c, d), RandomStream.Philox(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Streams_of_different_purposes_epochs_and_items_differ_and_repeat()
    {
        static double First(ulong seed, RandomPurpose purpose, int epoch, int item) => new RandomStream(seed, purpose, epoch, item).NextDouble();
        var values = new[]
        {
            First(1, RandomPurpose.DataOrder, 0, 0), First(2, RandomPurpose.DataOrder, 0, 0), First(1, RandomPurpose.Augmentation, 0, 0),
            First(1, RandomPurpose.DataOrder, 1, 0), First(1, RandomPurpose.DataOrder, 0, 1),
        };
        Assert.Equal(values.Length, values.Distinct().Count());
        Assert.Equal(values[0], First(1, RandomPurpose.DataOrder, 0, 0));
    }

    [Fact]
    public void Normal_numbers_have_mean_0_and_variance_1()
    {
        var random = new RandomStream(7, RandomPurpose.Initialization);
        var values = Enumerable.Range(0, 100_000).Select(_ => random.NextNormal()).ToArray();
        var mean = values.Average();
        Assert.Equal(0, mean, 0.02);
        Assert.Equal(1, values.Select(v => (v - mean) * (v - mean)).Average(), 0.02);
        Assert.Equal(0.6827, values.Count(v => Math.Abs(v) < 1) / 100_000.0, 0.01);
    }

    [Fact]
    public void Bounded_integers_are_uniform_over_the_whole_range()
    {
        var random = new RandomStream(7, RandomPurpose.DataOrder);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.NextInt32(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }
}
