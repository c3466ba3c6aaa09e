using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Experiments.Core.Data.Whitening;

/// <summary>
/// A [K, N] matrix laid out for products A B with matrices A [M, K]: in blocks of rows, each in panels of columns. A panel stays in the
/// first-level cache while rows of A are multiplied with it. An element of a product is always summed in the order of k, so the product of a
/// row of A has the same bits whether the row is alone or among others.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    // 256 rows of a panel are 24 KiB.
    private const int Depth = 256;

    private const int RowsAtOnce = 4;

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _panels;
    private readonly float[] _values;

    /// <summary>Makes room for a matrix.</summary>
    /// <param name="rows">K.</param>
    /// <param name="columns">N.</param>
    public PackedMatrix(int rows, int columns)
    {
        (_rows, _columns, _panels) = (rows, columns, (columns + Width - 1) / Width);
        _values = new float[checked(rows * _panels * Width)];
    }

    private static int Width => 3 * Vector256<float>.Count;

    /// <summary>Sets the [N] values of one row.</summary>
    public void SetRow(int row, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, _columns);
        var first = row / Depth * Depth;
        var depth = Math.Min(Depth, _rows - first);
        for (var panel = 0; panel < _panels; panel++)
        {
            var part = values[(panel * Width)..Math.Min(_columns, (panel + 1) * Width)];
            part.CopyTo(_values.AsSpan((((first * _panels) + (panel * depth) + row - first) * Width), part.Length));
        }
    }

    /// <summary>Adds the product A B to a result.</summary>
    /// <param name="left">A, [M, K].</param>
    /// <param name="result">[M, N] values.</param>
    public void AddProduct(ReadOnlySpan<float> left, Span<float> result)
    {
        var count = left.Length / _rows;
        ArgumentOutOfRangeException.ThrowIfNotEqual(left.Length, count * _rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, count * _columns);
        var edge = stackalloc float[RowsAtOnce * Width];
        fixed (float* a = left, values = _values, c = result)
        {
            for (var first = 0; first < _rows; first += Depth)
            {
                var depth = Math.Min(Depth, _rows - first);
                for (var panel = 0; panel < _panels; panel++)
                {
                    var b = values + (((first * _panels) + (panel * depth)) * (long)Width);
                    var columns = Math.Min(Width, _columns - (panel * Width));
                    for (var row = 0; row < count;)
                    {
                        var rows = count - row >= RowsAtOnce ? RowsAtOnce : 1;
                        var from = a + (row * (long)_rows) + first;
                        var to = c + (row * (long)_columns) + (panel * Width);
                        if (columns == Width)
                            AddTile(from, b, depth, to, _columns, rows);
                        else
                            AddEdge(from, b, depth, to, rows, columns, edge);
                        row += rows;
                    }
                }
            }
        }
    }

    // The last panel is padded with columns that the result does not have.
    private void AddEdge(float* a, float* b, int depth, float* c, int rows, int columns, float* edge)
    {
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(c + (row * (long)_columns), columns).CopyTo(new Span<float>(edge + (row * Width), Width));
        AddTile(a, b, depth, edge, Width, rows);
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(edge + (row * Width), columns).CopyTo(new Span<float>(c + (row * (long)_columns), columns));
    }

    private void AddTile(float* a, float* b, int depth, float* c, int stride, int rows)
    {
        if (rows == RowsAtOnce)
            AddFourRows(a, _rows, b, depth, c, stride);
        else
            AddRow(a, b, depth, c);
    }

    // The twelve sums stay in registers. They use four values of A and three vectors of B, so arithmetic and not loading limits the speed.
    private static void AddFourRows(float* a, int strideOfA, float* b, int depth, float* c, int strideOfC)
    {
        var n = Vector256<float>.Count;
        float* a1 = a + strideOfA, a2 = a1 + strideOfA, a3 = a2 + strideOfA;
        float* c1 = c + strideOfC, c2 = c1 + strideOfC, c3 = c2 + strideOfC;
        Vector256<float> s00 = Vector256.Load(c), s01 = Vector256.Load(c + n), s02 = Vector256.Load(c + n + n);
        Vector256<float> s10 = Vector256.Load(c1), s11 = Vector256.Load(c1 + n), s12 = Vector256.Load(c1 + n + n);
        Vector256<float> s20 = Vector256.Load(c2), s21 = Vector256.Load(c2 + n), s22 = Vector256.Load(c2 + n + n);
        Vector256<float> s30 = Vector256.Load(c3), s31 = Vector256.Load(c3 + n), s32 = Vector256.Load(c3 + n + n);
        for (var k = 0; k < depth; k++, b += 3 * n)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + n), b2 = Vector256.Load(b + n + n);
            var x = Vector256.Create(a[k]);
            (s00, s01, s02) = (Vector256.FusedMultiplyAdd(x, b0, s00), Vector256.FusedMultiplyAdd(x, b1, s01), Vector256.FusedMultiplyAdd(x, b2, s02));
            x = Vector256.Create(a1[k]);
            (s10, s11, s12) = (Vector256.FusedMultiplyAdd(x, b0, s10), Vector256.FusedMultiplyAdd(x, b1, s11), Vector256.FusedMultiplyAdd(x, b2, s12));
            x = Vector256.Create(a2[k]);
            (s20, s21, s22) = (Vector256.FusedMultiplyAdd(x, b0, s20), Vector256.FusedMultiplyAdd(x, b1, s21), Vector256.FusedMultiplyAdd(x, b2, s22));
            x = Vector256.Create(a3[k]);
            (s30, s31, s32) = (Vector256.FusedMultiplyAdd(x, b0, s30), Vector256.FusedMultiplyAdd(x, b1, s31), Vector256.FusedMultiplyAdd(x, b2, s32));
        }

        Store(c, s00, s01, s02);
        Store(c1, s10, s11, s12);
        Store(c2, s20, s21, s22);
        Store(c3, s30, s31, s32);
    }

    private static void AddRow(float* a, float* b, int depth, float* c)
    {
        var n = Vector256<float>.Count;
        Vector256<float> s0 = Vector256.Load(c), s1 = Vector256.Load(c + n), s2 = Vector256.Load(c + n + n);
        for (var k = 0; k < depth; k++, b += 3 * n)
        {
            var x = Vector256.Create(a[k]);
            s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b), s0);
            s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + n), s1);
            s2 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + n + n), s2);
        }

        Store(c, s0, s1, s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> s0, Vector256<float> s1, Vector256<float> s2)
    {
        s0.Store(c);
        s1.Store(c + Vector256<float>.Count);
        s2.Store(c + (2 * Vector256<float>.Count));
    }
}
