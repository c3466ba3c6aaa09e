namespace Experiments.Core.Data;

/// <summary>Products and the inverse square root of symmetric [n, n] matrices, on all cores, for n in the thousands.</summary>
internal static class SymmetricMatrix
{
    // Rows of a product that one thread makes at a time; 96 x 256 values of the left factor stay in the second cache.
    private const int RowsAtOnce = 96;

    /// <summary>
    /// A^-1/2 by Newton and Schulz's iteration with the scaling of Chen and Chow, "A stable scaling of Newton-Schulz for improving the
    /// sign function computation of a Hermitian matrix" (Argonne preprint ANL/MCS-P5059-0114, 2014): M = A / s, Z = I / sqrt(s), and in
    /// each step Z := q(M) Z and M := q(M)^2 M with q(m) = rho (3 - rho^2 m) / 2, which takes M to I and Z to A^-1/2. Some ten steps of
    /// three products: for n = 3072 a fraction of the time that an eigendecomposition takes.
    /// </summary>
    /// <param name="matrix">A, [n, n]; overwritten.</param>
    /// <param name="n">Rows and columns.</param>
    /// <param name="smallest">A lower bound of the eigenvalues, more than 0.</param>
    /// <returns>A^-1/2.</returns>
    public static double[] InverseSquareRoot(double[] matrix, int n, double smallest)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(matrix.Length, n * n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smallest);
        var largest = RowSumNorm(matrix, n);
        var (m, z) = (matrix, new double[n * n]);
        var (square, product) = (new double[n * n], new double[n * n]);
        for (var i = 0; i < m.Length; i++)
            m[i] /= largest;
        for (var i = 0; i < n; i++)
            z[(i * n) + i] = 1 / Math.Sqrt(largest);

        // The square roots of M's eigenvalues lie in [low, 1]; p(x) = x q(x^2) takes that interval to [p(low), 1].
        for (var low = Math.Sqrt(smallest / largest); 1 - low > 1e-13;)
        {
            var rho = Math.Sqrt(3 / (1 + low + (low * low)));
            var (a, b) = (1.5 * rho, -0.5 * rho * rho * rho);
            var packed = Packed(m, n, n);
            Multiply(m, packed, n, square);
            Multiply(z, packed, n, product);
            for (var i = 0; i < z.Length; i++)
                z[i] = (a * z[i]) + (b * product[i]);
            Multiply(square, packed, n, product);
            for (var i = 0; i < m.Length; i++)
                m[i] = (a * a * m[i]) + (2 * a * b * square[i]) + (b * b * product[i]);
            low = Math.Min(1, low * (a + (b * low * low)));
        }

        return z;
    }

    /// <summary>Adds X^T X to the upper triangle of a symmetric matrix.</summary>
    /// <param name="x">X, [rows, n].</param>
    /// <param name="rows">Rows of X.</param>
    /// <param name="n">Columns of X.</param>
    /// <param name="result">[n, n] values.</param>
    public static void AddGram(double[] x, int rows, int n, double[] result)
    {
        var packed = Packed(x, rows, n);
        Parallel.For(0, Blocks(n), block =>
        {
            var (first, count) = Block(block, n);
            var transposed = new double[count * rows];
            for (var row = 0; row < rows; row++)
            {
                for (var i = 0; i < count; i++)
                    transposed[(i * rows) + row] = x[(row * n) + first + i];
            }

            packed.AddProduct(transposed, result.AsSpan(first * n, count * n), first);
        });
    }

    /// <summary>Copies the upper triangle into the lower one.</summary>
    public static void Mirror(double[] matrix, int n) => Parallel.For(0, Blocks(n), block =>
    {
        var (first, count) = Block(block, n);
        for (var column = 0; column < first + count; column++)
        {
            for (var row = Math.Max(first, column + 1); row < first + count; row++)
                matrix[(row * n) + column] = matrix[(column * n) + row];
        }
    });

    // A product of polynomials of one symmetric matrix is symmetric, so half of it need not be computed.
    private static void Multiply(double[] left, PackedMatrix<double> right, int n, double[] result)
    {
        Parallel.For(0, Blocks(n), block =>
        {
            var (first, count) = Block(block, n);
            var rows = result.AsSpan(first * n, count * n);
            rows.Clear();
            right.AddProduct(left.AsSpan(first * n, count * n), rows, first);
        });
        Mirror(result, n);
    }

    private static PackedMatrix<double> Packed(double[] matrix, int rows, int columns)
    {
        var packed = new PackedMatrix<double>(rows, columns);
        Parallel.For(0, rows, row => packed.SetRow(row, matrix.AsSpan(row * columns, columns)));
        return packed;
    }

    private static double RowSumNorm(double[] matrix, int n)
    {
        var largest = 0.0;
        for (var row = 0; row < n; row++)
        {
            var sum = 0.0;
            foreach (var value in matrix.AsSpan(row * n, n))
                sum += Math.Abs(value);
            largest = Math.Max(largest, sum);
        }

        return largest;
    }

    private static int Blocks(int n) => (n + RowsAtOnce - 1) / RowsAtOnce;

    private static (int First, int Count) Block(int block, int n) => (block * RowsAtOnce, Math.Min(RowsAtOnce, n - (block * RowsAtOnce)));
}
