using Experiments.Core.Data;
using MathNet.Numerics.LinearAlgebra;

namespace Experiments.Core.Tests.Data;

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

        var doubles = (double[])c.Clone();
        Packed(b, k, n).AddProduct(a, doubles);
        Assert.All(expected.Zip(doubles), pair => Assert.Equal(pair.First, pair.Second, 1e-11));

        // Sums of up to 513 products of about 1, in 24 bits.
        var singles = Single(c);
        Packed(Single(b), k, n).AddProduct(Single(a), singles);
        Assert.All(expected.Zip(singles), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(97)]
    [InlineData(200)]
    public void The_inverse_square_root_is_that_of_an_eigendecomposition(int n)
    {
        // Eigenvalues from 1e-3 to about 50, as those of images are.
        var vectors = Matrix<double>.Build.Dense(n, n, Random(4, n * n)).QR().Q;
        double[] values = [.. Enumerable.Range(0, n).Select(i => 1e-3 * Math.Pow(5e4, i / (double)n))];
        Matrix<double> Power(double exponent) => vectors * Matrix<double>.Build.DenseOfDiagonalArray([.. values.Select(v => Math.Pow(v, exponent))]) * vectors.Transpose();
        var root = Matrix<double>.Build.Dense(n, n, SymmetricMatrix.InverseSquareRoot(Power(1).ToColumnMajorArray(), n, 1e-3));
        Assert.InRange((root - Power(-0.5)).Enumerate().Max(Math.Abs), 0, 1e-9);
    }

    private static PackedMatrix<T> Packed<T>(T[] values, int rows, int columns)
        where T : unmanaged
    {
        var packed = new PackedMatrix<T>(rows, columns);
        for (var row = 0; row < rows; row++)
            packed.SetRow(row, values.AsSpan(row * columns, columns));
        return packed;
    }

    private static double[] Random(ulong seed, int count)
    {
        var random = new RandomStream(seed, RandomPurpose.Benchmark);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    private static float[] Single(double[] values) => Array.ConvertAll(values, value => (float)value);
}
