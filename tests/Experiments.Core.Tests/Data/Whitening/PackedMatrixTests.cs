using Experiments.Core.Data.Whitening;

namespace Experiments.Core.Tests.Data.Whitening;

public sealed class PackedMatrixTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 300, 37)]
    [InlineData(4, 256, 24)]
    [InlineData(9, 513, 50)]
    public void Products_are_those_of_the_definition_whatever_the_sizes(int m, int k, int n)
    {
        var (a, b, c) = (Random(1, m * k), Random(2, k * n), Random(3, m * n));
        var expected = new double[m * n];
        for (var row = 0; row < m; row++)
        {
            for (var column = 0; column < n; column++)
                expected[(row * n) + column] = c[(row * n) + column] + Enumerable.Range(0, k).Sum(i => a[(row * k) + i] * b[(i * n) + column]);
        }

        // Sums of up to 513 products of about 1, in 24 bits.
        var singles = Single(c);
        var packed = new PackedMatrix(k, n);
        for (var row = 0; row < k; row++)
            packed.SetRow(row, Single(b).AsSpan(row * n, n));
        packed.AddProduct(Single(a), singles);
        Assert.All(expected.Zip(singles), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    private static double[] Random(ulong seed, int count)
    {
        var random = new RandomStream(seed, RandomPurpose.Benchmark);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    private static float[] Single(double[] values) => Array.ConvertAll(values, value => (float)value);
}
