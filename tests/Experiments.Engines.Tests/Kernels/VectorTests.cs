using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>Every width of vector computes the same bits; widths that this processor lacks are computed in software.</summary>
public sealed unsafe class VectorTests
{
    private const int Channels = 64;
    private const int Images = 3;
    private const int Area = 7;

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public void Norm_kernels_give_the_same_bits_in_every_width(Precision precision)
    {
        var expected = Run(precision, new NormKernels<Vector1, Fp32>(Channels), new NormKernels<Vector1, Bf16>(Channels));
        Assert.DoesNotContain(expected, double.IsNaN);
        Assert.Equal(expected, Run(precision, new NormKernels<Vector8, Fp32>(Channels), new NormKernels<Vector8, Bf16>(Channels)));
        Assert.Equal(expected, Run(precision, new NormKernels<Vector16, Fp32>(Channels), new NormKernels<Vector16, Bf16>(Channels)));
        Assert.Equal(expected, Run(precision, new NormKernels<Pair<Vector8>, Fp32>(Channels), new NormKernels<Pair<Vector8>, Bf16>(Channels)));
        Assert.Equal(expected, Run(precision, new NormKernels<Pair<Vector16>, Fp32>(Channels), new NormKernels<Pair<Vector16>, Bf16>(Channels)));

        static double[] Run(Precision precision, NormKernels fp32, NormKernels bf16)
        {
            using var bench = new NormBench(precision, Images, Area, Channels, precision == Precision.Bf16 ? bf16 : fp32) { Shift = Numbers.Varied(Channels, 1) };
            var (x, r, dy, dy2) = (Map(2), Map(3), Map(4), Map(5));
            var (y, g, dx) = (bench.Map(), bench.Map(), bench.Map());
            bench.Moments(x);
            bench.Scale = Numbers.Varied(Images * Channels, 6);
            bench.Level = Numbers.Varied(Images * Channels, 7);
            bench.Slope = Numbers.Varied(Images * Channels, 8);
            bench.Normalize(x, r, y, relu: true);
            bench.GradientSums(dy, dy2, x, y, g, ReluMask.FromOutput);
            double[] first = [.. bench.Mean, .. bench.Deviations, .. bench.Sum, .. bench.Product, .. y.Values, .. g.Values];
            bench.GradientSums(dy, null, x, null, dy, ReluMask.FromInput);
            bench.InputGradient(dy, x, dx, maskFromInput: true);
            return [.. first, .. bench.Sum, .. bench.Product, .. dx.Values];

            NativeArray Map(int seed) => bench.Map(Numbers.Varied(Images * Area * Channels, seed));
        }
    }

    [Fact]
    public void Numbers_that_are_none_pass_through_and_comparisons_are_the_same_in_every_width()
    {
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 1e-40f, -1e-40f, 2.5f];
        float[] values = [.. Enumerable.Range(0, 32).Select(i => special[i % special.Length])];
        var expected = Run<Vector1>();
        Assert.True(float.IsNaN(expected[0]), "ReLU hides what is not a number");
        Assert.Equal([float.PositiveInfinity, 0, 0, 0], expected[1..5]);
        Assert.Equal(expected, Run<Vector8>());
        Assert.Equal(expected, Run<Vector16>());
        Assert.Equal(expected, Run<Pair<Vector8>>());
        Assert.Equal(expected, Run<Pair<Vector16>>());

        float[] Run<TVector>()
            where TVector : unmanaged, IVector<TVector>
        {
            var results = new float[4 * values.Length];
            var rounded = stackalloc Bf16[values.Length];
            fixed (float* from = values, to = results)
            {
                for (var i = 0; i < values.Length; i += TVector.Width)
                {
                    var x = TVector.Load(from + i);
                    TVector.Store(TVector.Relu(x), to + i);
                    TVector.Store(TVector.WherePositive(x, TVector.Of(3)), to + values.Length + i);
                    TVector.Store(TVector.MultiplyAdd(x, x, TVector.Of(1)) - x, to + (2 * values.Length) + i);
                    TVector.Store(x, rounded);
                    TVector.Store(TVector.Load(rounded), to + (3 * values.Length) + i);
                }
            }

            return results;
        }
    }
}
