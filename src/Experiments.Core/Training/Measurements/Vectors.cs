namespace Experiments.Core.Training.Measurements;

/// <summary>Arrays of a network taken together as one vector, in double precision.</summary>
internal static class Vectors
{
    /// <summary>The L2 norm.</summary>
    public static double Norm(IReadOnlyList<NamedArray> a) => Math.Sqrt(Product(a, a));

    /// <summary>The L2 norm of the difference.</summary>
    public static double Distance(IReadOnlyList<NamedArray> a, IReadOnlyList<NamedArray> b)
    {
        var sum = 0.0;
        foreach (var (x, y) in a.Zip(b))
        {
            for (var i = 0; i < x.Values.Length; i++)
                sum += ((double)x.Values[i] - y.Values[i]) * ((double)x.Values[i] - y.Values[i]);
        }

        return Math.Sqrt(sum);
    }

    /// <summary>The cosine of the angle between the two; not a number where one of them is zero.</summary>
    public static double Cosine(IReadOnlyList<NamedArray> a, IReadOnlyList<NamedArray> b) => Product(a, b) / Math.Sqrt(Product(a, a) * Product(b, b));

    /// <summary>a + factor * b.</summary>
    public static IReadOnlyList<NamedArray> Add(IReadOnlyList<NamedArray> a, double factor, IReadOnlyList<NamedArray> b) =>
        [.. a.Zip(b, (x, y) => x with { Values = Add(x.Values, factor, y.Values) })];

    private static float[] Add(float[] a, double factor, float[] b)
    {
        var sum = new float[a.Length];
        for (var i = 0; i < sum.Length; i++)
            sum[i] = (float)(a[i] + (factor * b[i]));
        return sum;
    }

    private static double Product(IReadOnlyList<NamedArray> a, IReadOnlyList<NamedArray> b)
    {
        var sum = 0.0;
        foreach (var (x, y) in a.Zip(b))
        {
            for (var i = 0; i < x.Values.Length; i++)
                sum += (double)x.Values[i] * y.Values[i];
        }

        return sum;
    }
}
