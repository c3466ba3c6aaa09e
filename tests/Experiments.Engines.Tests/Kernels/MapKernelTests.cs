using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>The kernels that are not those of norms, against the plain formulas in fp64.</summary>
public sealed unsafe class MapKernelTests
{
    // fp32 sums of 35 values, and bfloat16's rounding of what is written in it.
    private const double Tolerance = 1e-6;
    private const double Bf16Tolerance = 1.0 / (1 << 8);

    [Theory]
    [MemberData(nameof(NormKernelTests.Channels), MemberType = typeof(NormKernelTests))]
    public void Average_pool_is_the_mean_of_each_channel_and_its_gradient_an_equal_share(int channels, Precision precision)
    {
        foreach (var (images, area) in new[] { (1, 1), (3, 1), (2, 9), (5, 35) })
        {
            using NativeArray x = new(Numbers.Varied(images * area * channels, 1), precision), y = new(images * channels);
            using NativeArray dy = new(Numbers.Varied(images * channels, 2)), dx = new(images * area * channels, precision);
            var kernels = MapKernels.For(precision, channels);
            kernels.AveragePool(x.Pointer, y.Floats, images, area, channels);
            kernels.AveragePoolGradient(dy.Floats, dx.Pointer, images, area, channels);
            var (means, shares) = (new double[images * channels], new double[images * area * channels]);
            for (var i = 0; i < shares.Length; i++)
            {
                var cell = (i / (area * channels) * channels) + (i % channels);
                means[cell] += x.Values[i] / area;
                shares[i] = dy.Values[cell] / area;
            }

            Numbers.Close(means, y.Values, Tolerance, "pool");
            Numbers.Close(shares, dx.Values, precision == Precision.Bf16 ? Bf16Tolerance : Tolerance, "gradient");
        }
    }

    [Theory]
    [InlineData(3, 6, 0, 5, 7, 2)]
    [InlineData(3, 6, 1, 5, 7, 2)]
    [InlineData(8, 16, 0, 5, 4, 2)]
    [InlineData(8, 16, 4, 5, 4, 2)]
    [InlineData(10, 20, 0, 6, 3, 2)]
    [InlineData(16, 32, 0, 4, 5, 2)]
    [InlineData(16, 32, 8, 4, 5, 2)]
    [InlineData(16, 48, 0, 3, 2, 1)]
    [InlineData(16, 48, 16, 3, 2, 1)]
    [InlineData(32, 64, 0, 1, 1, 2)]
    [InlineData(32, 64, 16, 1, 1, 2)]
    public void Padded_identity_takes_every_other_pixel_and_adds_channels_of_zeros(int channelsIn, int channelsOut, int before, int height, int width, int stride)
    {
        foreach (var precision in Enum.GetValues<Precision>())
        {
            const int Images = 3;
            var shape = new PaddedIdentityShape(channelsIn, channelsOut, height, width, stride, before);
            var kernels = MapKernels.For(precision, shape.CommonDivisor);
            using NativeArray x = new(Numbers.Varied(Images * height * width * channelsIn, 1), precision), dx = new(Images * height * width * channelsIn, precision);
            var count = Images * shape.OutHeight * shape.OutWidth * channelsOut;
            using NativeArray y = new(count, precision), dy = new(Numbers.Varied(count, 2), precision);
            kernels.PaddedIdentity(x.Pointer, y.Pointer, Images, shape);
            kernels.PaddedIdentityGradient(dy.Pointer, dx.Pointer, Images, shape);
            Assert.Equal(((height + stride - 1) / stride, (width + stride - 1) / stride), (shape.OutHeight, shape.OutWidth));

            var (xs, dys) = (x.Values, dy.Values);
            var (expected, gradient) = (new double[count], new double[xs.Length]);
            for (var to = 0; to < count; to++)
            {
                var (n, h, w, c) = (to / (shape.OutHeight * shape.OutWidth * channelsOut), to / (shape.OutWidth * channelsOut) % shape.OutHeight,
                    to / channelsOut % shape.OutWidth, to % channelsOut);
                var from = (((((n * height) + (h * stride)) * width) + (w * stride)) * channelsIn) + c - before;
                if (c >= before && c < before + channelsIn)
                    (expected[to], gradient[from]) = (xs[from], dys[to]);
            }

            Assert.Equal(expected, y.Values);
            Assert.Equal(gradient, dx.Values);
        }
    }

    // The error function's approximation is off by 1.5e-7 times |x| / 2, rounding to bfloat16 by half a unit in the last place.
    [Theory]
    [InlineData(3, Precision.Fp32)]
    [InlineData(8, Precision.Fp32)]
    [InlineData(16, Precision.Fp32)]
    [InlineData(3, Precision.Bf16)]
    [InlineData(16, Precision.Bf16)]
    public unsafe void Gelu_is_x_times_the_normal_distribution_and_its_gradient_the_slope_of_that(int channels, Precision precision)
    {
        const int Places = 401;
        var count = Places * channels;
        var kernels = MapKernels.For(precision, channels);
        using NativeArray x = new([.. Enumerable.Range(0, count).Select(i => (i - (count / 2)) * 20.0 / count)], precision), y = new(count, precision), dx = new(count, precision);
        using NativeArray dy = new(Numbers.Varied(count, 2), precision), dy2 = new(Numbers.Varied(count, 3), precision);
        kernels.Gelu(x.Pointer, y.Pointer, count);
        var rounding = precision == Precision.Bf16 ? 1.0 / (1 << 8) : 0;
        var (xs, ys, dys, dy2s) = (x.Values, y.Values, dy.Values, dy2.Values);
        foreach (var two in new[] { false, true })
        {
            kernels.GeluGradient(dy.Pointer, two ? dy2.Pointer : null, x.Pointer, dx.Pointer, count);
            var dxs = dx.Values;
            for (var i = 0; i < count; i++)
            {
                var value = xs[i];
                var below = 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-value / Math.Sqrt(2));
                var gradient = (dys[i] + (two ? dy2s[i] : 0)) * (below + (value * Math.Exp(-value * value / 2) / Math.Sqrt(2 * Math.PI)));
                Assert.Equal(value * below, ys[i], (2e-7 * Math.Max(1, Math.Abs(value))) + (rounding * Math.Abs(value * below)));
                Assert.Equal(gradient, dxs[i], 2e-6 + (rounding * Math.Abs(gradient)));
            }
        }
    }

    // Three roundings in fp32, of values of the order of 1.
    [Theory]
    [InlineData(0.9, 1e-2)]
    [InlineData(0.9, 0)]
    [InlineData(0, 1e-2)]
    public void Update_is_SGD_as_PyTorch_writes_it(double momentum, double decay)
    {
        const int Count = 48;
        using NativeArray w = new(Numbers.Varied(Count, 1)), g = new(Numbers.Varied(Count, 2)), v = new(Numbers.Varied(Count, 3));
        var (expectedW, expectedV) = (w.Values, v.Values);
        foreach (var rate in new[] { 0.1, 0.05 })
        {
            ParameterKernels.Update(w.Floats, g.Floats, v.Floats, Count, (float)rate, (float)momentum, (float)decay);
            for (var i = 0; i < Count; i++)
            {
                expectedV[i] = (momentum * expectedV[i]) + (g.Values[i] + (decay * expectedW[i]));
                expectedW[i] -= rate * expectedV[i];
            }
        }

        Numbers.Close(expectedV, v.Values, Tolerance, "v");
        Numbers.Close(expectedW, w.Values, Tolerance, "w");
    }

    // A handful of roundings in fp32; the averages of squares are not negative.
    [Theory]
    [InlineData(0.9, 0.999, 1e-2)]
    [InlineData(0, 0.5, 0)]
    public void Update_is_AdamW_as_PyTorch_writes_it(double beta1, double beta2, double decay)
    {
        const int Count = 48;
        using NativeArray w = new(Numbers.Varied(Count, 1)), g = new(Numbers.Varied(Count, 2)), m = new(Numbers.Varied(Count, 3)),
            s = new([.. Numbers.Varied(Count, 4).Select(Math.Abs)]);
        var (expectedW, expectedM, expectedS) = (w.Values, m.Values, s.Values);
        foreach (var (before, rate) in new[] { 0.1, 0.05 }.Index())
        {
            var t = before + 3;
            ParameterKernels.UpdateAdamW(w.Floats, g.Floats, m.Floats, s.Floats, Count, UpdateStep.OfAdamW(rate, t, beta1, beta2), beta1, beta2, decay);
            for (var i = 0; i < Count; i++)
            {
                expectedM[i] = (beta1 * expectedM[i]) + ((1 - beta1) * g.Values[i]);
                expectedS[i] = (beta2 * expectedS[i]) + ((1 - beta2) * g.Values[i] * g.Values[i]);
                expectedW[i] -= rate * decay * expectedW[i];
                expectedW[i] -= rate * (expectedM[i] / (1 - Math.Pow(beta1, t))) / (Math.Sqrt(expectedS[i] / (1 - Math.Pow(beta2, t))) + OptimizerDefaults.Epsilon);
            }
        }

        Numbers.Close(expectedM, m.Values, Tolerance, "m");
        Numbers.Close(expectedS, s.Values, Tolerance, "s");
        Numbers.Close(expectedW, w.Values, Tolerance, "w");
    }

    // Exponentials in fp64, the result in fp32.
    [Fact]
    public void Cross_entropy_gradient_is_that_of_the_mean_loss_by_central_differences()
    {
        const int Classes = 5;
        int[] labels = [0, 4, 2, 2];
        // Of different sizes: also where all but one score would overflow or vanish if their exponentials were taken as they are.
        var scores = Numbers.Varied(labels.Length * Classes, 1).Select((value, i) => value + (i / Classes == 1 ? 1000 : i / Classes == 2 ? -1000 : 0)).ToArray();
        using NativeArray s = new(scores), g = new(scores.Length);
        ParameterKernels.CrossEntropyGradient(s.Floats, labels, g.Floats, Classes);
        var values = s.Values;
        var expected = values.Select((kept, i) =>
        {
            const double Step = 1e-4;
            values[i] = kept + Step;
            var above = Loss();
            values[i] = kept - Step;
            var slope = (above - Loss()) / (2 * Step);
            values[i] = kept;
            return slope;
        }).ToArray();
        Numbers.Close(expected, g.Values, Tolerance, "gradient");

        double Loss() => labels.Select((label, n) =>
        {
            var row = values[(n * Classes)..((n + 1) * Classes)];
            var largest = row.Max();
            return Math.Log(row.Sum(score => Math.Exp(score - largest))) + largest - row[label];
        }).Average();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(21)]
    [InlineData(64)]
    public void Dot_and_scaled_sum_are_the_plain_sums_for_any_count(int count)
    {
        using NativeArray a = new(Numbers.Varied(count, 1)), b = new(Numbers.Varied(count, 2)), to = new(Numbers.Varied(count, 3));
        Assert.Equal(a.Values.Zip(b.Values, (x, y) => x * y).Sum(), ParameterKernels.Dot(a.Floats, b.Floats, count), count * 1e-6);
        var expected = a.Values.Zip(to.Values, (x, y) => (1.5 * x) + y).ToArray();
        ParameterKernels.AddScaled(1.5f, a.Floats, to.Floats, count);
        Numbers.Close(expected, to.Values, Tolerance, "sum");
    }

    [Fact]
    public void Gather_takes_each_value_from_its_place_and_rounds_it_for_bfloat16()
    {
        int[] places = [4, 0, 0, 9, 2, 7, 5, 1, 3, 9, 8];
        using NativeArray from = new(Numbers.Varied(10, 1)), to = new(places.Length), rounded = new(places.Length, Precision.Bf16);
        fixed (int* order = places)
        {
            ParameterKernels.Gather(from.Floats, order, to.Floats, places.Length);
            ParameterKernels.Gather(from.Floats, order, (Bf16*)rounded.Pointer, places.Length);
        }

        Assert.Equal(places.Select(place => from.Values[place]), to.Values);
        Assert.Equal(places.Select(place => (double)Bf16.Round((float)from.Values[place]).ToSingle()), rounded.Values);
        ParameterKernels.RoundInPlace(to.Floats, places.Length);
        Assert.Equal(rounded.Values, to.Values);
        ParameterKernels.Widen((Bf16*)rounded.Pointer, to.Floats, places.Length);
        Assert.Equal(rounded.Values, to.Values);
    }
}
