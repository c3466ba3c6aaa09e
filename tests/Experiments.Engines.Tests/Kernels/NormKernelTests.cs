using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>Each pass of a norm layer, and all of them with the pooling between, against the plain twin.</summary>
public sealed class NormKernelTests
{
    // Rounding to nearest is off by at most half a unit in the last place.
    private const double Fp32Rounding = 1.0 / (1 << 24);
    private const double Bf16Rounding = 1.0 / (1 << 8);

    /// <summary>Channels for every vector width there is on a machine: divided by 32, 16, 8, and by none.</summary>
    public static TheoryData<int, Precision> Channels
    {
        get
        {
            var rows = new TheoryData<int, Precision>();
            foreach (var channels in new[] { 3, 8, 10, 16, 24, 32, 48, 64 })
            {
                rows.Add(channels, Precision.Fp32);
                rows.Add(channels, Precision.Bf16);
            }

            return rows;
        }
    }

    public static TheoryData<string, int, Precision> Norms
    {
        get
        {
            var rows = new TheoryData<string, int, Precision>();
            foreach (var entry in NormCatalog.Entries)
            {
                foreach (var workers in new[] { 1, 2 })
                {
                    rows.Add(entry.Name, workers, Precision.Fp32);
                    rows.Add(entry.Name, workers, Precision.Bf16);
                }
            }

            return rows;
        }
    }

    /// <summary>Numbers of images and areas, some of them odd and some 1; no map is square.</summary>
    private static readonly (int Images, int Area)[] s_sizes = [(1, 1), (3, 1), (2, 3), (1, 7), (5, 15), (4, 6)];

    private static readonly double[] s_means = [0, 30, 1000, 30000];

    // Means are rounded to fp32, and area * 2^-24 is the most that the sum of area offsets can lose; M2 loses up to n times as much to what
    // cancels, n being the area.
    [Theory]
    [MemberData(nameof(Channels))]
    public void Moments_are_each_cells_mean_and_squared_deviations_at_any_mean(int channels, Precision precision)
    {
        foreach (var (images, area) in s_sizes)
        {
            foreach (var mean in s_means)
            {
                using var bench = new NormBench(precision, images, area, channels);
                var map = bench.Map(Input(images, area, channels, mean));
                bench.Moments(map);
                var (x, means, deviations) = (map.Values, bench.Mean, bench.Deviations);
                for (var cell = 0; cell < images * channels; cell++)
                {
                    var set = Enumerable.Range(0, area).Select(p => (((cell / channels * area) + p) * channels) + (cell % channels)).ToArray();
                    var (expectedMean, expectedDeviations) = (Twin.Mean(x, set), Twin.Deviations(x, set));
                    var spread = Math.Sqrt(expectedDeviations);
                    Near(expectedMean, means[cell], 2 * Fp32Rounding * (Math.Abs(expectedMean) + (area * spread)), $"mean of cell {cell} at {mean}");
                    Near(expectedDeviations, deviations[cell], 8 * area * Fp32Rounding * expectedDeviations, $"M2 of cell {cell} at {mean}");
                }
            }
        }
    }

    // x - mean is exact to a rounding, and each of the three terms loses another one or two; the rounding to bfloat16 comes last.
    [Theory]
    [MemberData(nameof(Channels))]
    public void Normalization_with_residual_and_ReLU_is_the_formula(int channels, Precision precision)
    {
        foreach (var (images, area) in s_sizes)
        {
            foreach (var (residual, relu) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                using var bench = WithTables(precision, images, area, channels, 1000);
                var (x, r, y) = (bench.Map(Input(images, area, channels, 1000)), bench.Map(Numbers.Varied(images * area * channels, 5)), bench.Map());
                bench.Normalize(x, residual ? r : null, y, relu);
                var (xs, rs, ys) = (x.Values, r.Values, y.Values);
                Assert.Contains(ys, value => value > 0);
                for (var i = 0; i < ys.Length; i++)
                {
                    var (cell, c) = ((i / (area * channels) * channels) + (i % channels), i % channels);
                    var (scaled, shift, added) = ((xs[i] - bench.Mean[cell]) * bench.Scale[cell], bench.Shift[c], residual ? rs[i] : 0);
                    var expected = relu ? Math.Max(0, scaled + shift + added) : scaled + shift + added;
                    var tolerance = (4 * Fp32Rounding * (Math.Abs(scaled) + Math.Abs(shift) + Math.Abs(added))) + (Bf16(precision) * Math.Abs(expected));
                    Near(expected, ys[i], tolerance, $"y[{i}] with residual {residual} and ReLU {relu}");
                }

                // Computed in place, it gives the same bits.
                bench.Normalize(x, residual ? r : null, x, relu);
                Assert.Equal(ys, x.Values);
            }
        }
    }

    // Sums of area terms lose up to area roundings of their largest partial sum. Where the output is within rounding of 0 the cut may fall
    // either way: there the gradient that comes in is 0.
    [Theory]
    [MemberData(nameof(Channels))]
    internal void Gradient_sums_are_over_what_the_ReLU_let_through(int channels, Precision precision)
    {
        foreach (var (images, area) in s_sizes)
        {
            foreach (var (second, mask) in from second in new[] { false, true } from mask in Enum.GetValues<ReluMask>() select (second, mask))
            {
                using var bench = WithTables(precision, images, area, channels, 30);
                var (x, y) = (bench.Map(Input(images, area, channels, 30)), bench.Map());
                bench.Normalize(x, mask == ReluMask.FromOutput ? bench.Map(Numbers.Varied(images * area * channels, 5)) : null, y, mask != ReluMask.None);
                var (xs, ys) = (x.Values, y.Values);
                var unclear = Enumerable.Range(0, xs.Length).Where(i => Math.Abs(Before(i)) < 1e-4).ToHashSet();
                var (dy, dy2) = (Varied(6), Varied(7));
                var g = bench.Map();
                bench.GradientSums(dy, second ? dy2 : null, x, y, g, mask);
                var (dys, dy2s, gs) = (dy.Values, dy2.Values, g.Values);
                var (sums, products, magnitudes) = (new double[images * channels], new double[images * channels], new double[images * channels]);
                for (var i = 0; i < xs.Length; i++)
                {
                    var cell = (i / (area * channels) * channels) + (i % channels);
                    var passes = mask switch { ReluMask.FromInput => Before(i) > 0, ReluMask.FromOutput => ys[i] > 0, _ => true };
                    var gradient = passes ? dys[i] + (second ? dy2s[i] : 0) : 0;
                    if (second || mask == ReluMask.FromOutput)
                        Near(gradient, gs[i], (Fp32Rounding + Bf16(precision)) * Math.Abs(gradient), $"g[{i}]");
                    else
                        Assert.True(double.IsNaN(gs[i]), "g was written where it follows from dy and x");
                    sums[cell] += gradient;
                    products[cell] += gradient * (xs[i] - bench.Mean[cell]);
                    magnitudes[cell] += Math.Abs(gradient) * (1 + Math.Abs(xs[i] - bench.Mean[cell]));
                }

                for (var cell = 0; cell < sums.Length; cell++)
                {
                    Near(sums[cell], bench.Sum[cell], 2 * area * Fp32Rounding * magnitudes[cell], $"sum of cell {cell}, {mask}");
                    Near(products[cell], bench.Product[cell], 2 * area * Fp32Rounding * magnitudes[cell], $"product of cell {cell}, {mask}");
                }

                // With g written over dy, it gives the same bits.
                var (sum, product) = (bench.Sum, bench.Product);
                bench.GradientSums(dy, second ? dy2 : null, x, y, dy, mask);
                Assert.Equal(sum, bench.Sum);
                Assert.Equal(product, bench.Product);
                Assert.Equal(second || mask == ReluMask.FromOutput ? gs : dys, dy.Values);

                double Before(int i)
                {
                    var cell = (i / (area * channels) * channels) + (i % channels);
                    return ((xs[i] - bench.Mean[cell]) * bench.Scale[cell]) + bench.Shift[i % channels];
                }

                NativeArray Varied(int seed) =>
                    bench.Map([.. Numbers.Varied(xs.Length, seed).Select((value, i) => mask == ReluMask.FromInput && unclear.Contains(i) ? 0 : value)]);
            }
        }
    }

    // Three terms, each with a rounding or two, that may cancel.
    [Theory]
    [MemberData(nameof(Channels))]
    public void Input_gradient_is_the_formula(int channels, Precision precision)
    {
        foreach (var (images, area) in s_sizes)
        {
            foreach (var masked in new[] { false, true })
            {
                using var bench = WithTables(precision, images, area, channels, 30);
                bench.Level = Numbers.Varied(images * channels, 23);
                bench.Slope = Numbers.Varied(images * channels, 24);
                var (g, x, dx) = (bench.Map(Numbers.Varied(images * area * channels, 6)), bench.Map(Input(images, area, channels, 30)), bench.Map());
                bench.InputGradient(g, x, dx, masked);
                var (gs, xs, dxs) = (g.Values, x.Values, dx.Values);
                for (var i = 0; i < xs.Length; i++)
                {
                    var cell = (i / (area * channels) * channels) + (i % channels);
                    var centred = xs[i] - bench.Mean[cell];
                    var before = (centred * bench.Scale[cell]) + bench.Shift[i % channels];
                    if (masked && Math.Abs(before) < 1e-4)
                        continue;
                    var (direct, byMean, byVariance) = (masked && before <= 0 ? 0 : gs[i] * bench.Scale[cell], bench.Level[cell], bench.Slope[cell] * centred);
                    var expected = direct - byMean - byVariance;
                    var tolerance = (4 * Fp32Rounding * (Math.Abs(direct) + Math.Abs(byMean) + Math.Abs(byVariance))) + (Bf16(precision) * Math.Abs(expected));
                    Near(expected, dxs[i], tolerance, $"dx[{i}]");
                }

                // Written over x, or over g, it gives the same bits.
                var (xCopy, gCopy) = (bench.Map(xs), bench.Map(gs));
                bench.InputGradient(g, xCopy, xCopy, masked);
                bench.InputGradient(gCopy, x, gCopy, masked);
                Assert.Equal(dxs, xCopy.Values);
                Assert.Equal(dxs, gCopy.Values);
            }
        }
    }

    // A mean in fp32 is off by up to 2^-24 of itself, which moves everything that is normalized by so many standard deviations; a sum of a
    // few hundred terms adds some 1e-6 (relative to the largest value). In bfloat16 outputs are rounded besides, and so are gradients that
    // are written between two passes.
    [Theory]
    [MemberData(nameof(Norms))]
    public unsafe void A_whole_layer_is_the_twin_forward_and_backward(string name, int workers, Precision precision)
    {
        foreach (var channels in new[] { 6, 8, 16, 32 })
        {
            foreach (var (mean, residual, relu) in from mean in s_means from residual in new[] { false, true } from relu in new[] { false, true } select (mean, residual, relu))
            {
                const int Images = 4, Area = 15;
                var norm = Engines.NormOf(name);
                var layer = new LayerOnBench(norm, precision, Images, workers, Area, channels, mean, residual, relu);
                using var bench = layer.Bench;
                var (dx, g, dGamma, dBeta) = layer.Twin.Backward(layer.X, layer.Residual, relu, layer.Dy);
                var y = layer.Twin.Forward(layer.X, layer.Residual, relu);

                // The gradient by the input is a difference of these terms.
                var scale = layer.Twin.Sets.Count == 0 ? 1
                    : layer.Twin.Sets.Max(set => 1 / Math.Sqrt((Twin.Deviations(layer.X, set) / set.Length) + Norm.Epsilon)) * layer.Twin.Gamma.Max(Math.Abs);
                var tolerance = 1e-6 + (4 * Fp32Rounding * mean);
                var rounding = tolerance + (2 * Bf16(precision));
                Numbers.Close(y, layer.Y, rounding, $"y at {mean}");
                Near(dx, layer.Dx, rounding * scale * layer.Dy.Max(Math.Abs), $"dx at {mean}");
                if (layer.G is not null)
                    Numbers.Close(g, layer.G, Bf16(precision), "g");
                Numbers.Close(dBeta, layer.DBeta, 1e-6, "dbeta");
                if (norm.Affine.HasFlag(Affine.Scale))
                    Near(dGamma, layer.DGamma, tolerance * Area * Images * scale, $"dgamma at {mean}");
            }
        }
    }

    // As above, in groups that every vector width divides and that none does, with two gradients, and without a gradient by the input.
    [Theory]
    [MemberData(nameof(Channels))]
    public unsafe void A_norm_of_each_place_is_the_twin_in_groups_and_for_every_use_of_its_statistics(int channels, Precision precision)
    {
        foreach (var (images, area) in s_sizes)
        {
            var cases =
                from groups in new[] { 1, 2, 4 }
                where channels % groups == 0 && channels > groups
                from use in Enum.GetValues<StatisticsUse>()
                from mean in s_means
                select (groups, use, mean);
            foreach (var (groups, use, mean) in cases)
            {
                var norm = NormCatalog.Create(new("gn", groups, Places: PlaceSpan.One)) with { Use = use };
                using var bench = new NormBench(precision, images, area, channels);
                var (x, y, dx) = (bench.Map(Input(images, area, channels, mean)), bench.Map(), bench.Map());
                var (dy, dy2) = (bench.Map(Numbers.Varied(images * area * channels, 6)), bench.Map(Numbers.Varied(images * area * channels, 8)));
                using NativeArray gamma = new([.. Numbers.Varied(channels, 11).Select(value => value + 1.5)]), beta = new(Numbers.Varied(channels, 12));
                using NativeArray statistics = new(2 * images * area * groups), byGamma = new(channels), byBeta = new(channels);
                var twin = new Twin(norm, images, 1, area, channels) { Gamma = gamma.Values, Beta = beta.Values };
                double[] sum = [.. dy.Values.Zip(dy2.Values, (a, b) => a + b)];
                var (expected, (expectedDx, _, dGamma, dBeta)) = (twin.Forward(x.Values, null, false), twin.Backward(x.Values, null, false, sum));

                var kernels = PlaceNormKernels.For(precision, channels, groups, use);
                kernels.Forward(x.Pointer, y.Pointer, gamma.Floats, beta.Floats, statistics.Floats, images * area);
                kernels.Backward(dy.Pointer, dy2.Pointer, x.Pointer, dx.Pointer, gamma.Floats, statistics.Floats, byGamma.Floats, byBeta.Floats, images * area);
                var scale = Math.Max(1, twin.Sets.Max(set => 1 / Math.Sqrt((Twin.Deviations(x.Values, set) / set.Length) + Norm.Epsilon)));
                var tolerance = (1e-5 + (4 * Fp32Rounding * mean)) * scale;
                Numbers.Close(expected, y.Values, tolerance + Bf16(precision), $"y of {groups} groups at {mean} with {use}");
                Near(expectedDx, dx.Values, (tolerance + Bf16(precision)) * scale * sum.Max(Math.Abs) * 3, $"dx of {groups} groups at {mean} with {use}");
                Numbers.Close(dBeta, byBeta.Values, 1e-5, "dbeta");
                Near(dGamma, byGamma.Values, tolerance * area * images * 10, $"dgamma of {groups} groups at {mean} with {use}");

                // Without a gradient by the input, or with it written over dy, it gives the same bits.
                var (bits, gammaBits) = (dx.Values, byGamma.Values);
                kernels.Backward(dy.Pointer, dy2.Pointer, x.Pointer, null, gamma.Floats, statistics.Floats, byGamma.Floats, byBeta.Floats, images * area);
                Assert.Equal(gammaBits, byGamma.Values);
                kernels.Backward(dy.Pointer, dy2.Pointer, x.Pointer, dy.Pointer, gamma.Floats, statistics.Floats, byGamma.Floats, byBeta.Floats, images * area);
                Assert.Equal(bits, dy.Values);
            }
        }
    }

    // No mean is subtracted from x, and sums of squares do not cancel: relative to the result, rounding is as at a mean of 0.
    [Theory]
    [MemberData(nameof(Channels))]
    public void Scaling_without_centring_loses_nothing_at_a_large_mean(int channels, Precision precision)
    {
        foreach (var mean in s_means)
        {
            const int Images = 4, Area = 15;
            var norm = NormCatalog.Create(new("ln")) with { Use = StatisticsUse.Scale };
            var layer = new LayerOnBench(norm, precision, Images, 1, Area, channels, mean, residual: false, relu: false);
            using var bench = layer.Bench;
            var (dx, _, dGamma, _) = layer.Twin.Backward(layer.X, null, false, layer.Dy);
            Numbers.Close(layer.Twin.Forward(layer.X, null, false), layer.Y, 1e-6 + Bf16(precision), $"y at {mean}");
            Numbers.Close(dx, layer.Dx, 2e-6 + Bf16(precision), $"dx at {mean}");
            Numbers.Close(dGamma, layer.DGamma, 2e-6, $"dgamma at {mean}");
        }
    }

    // fp64 differences of the twin's output, off by their step squared, against the kernels in fp32.
    [Theory]
    [MemberData(nameof(Norms))]
    public void Gradients_agree_with_central_differences(string name, int workers, Precision precision)
    {
        const int Images = 4, Area = 3, Channels = 8;
        var norm = Engines.NormOf(name);
        var layer = new LayerOnBench(norm, precision, Images, workers, Area, Channels, mean: 1, residual: true, relu: true);
        using var bench = layer.Bench;
        var twin = layer.Twin;
        var analytic = twin.Backward(layer.X, layer.Residual, true, layer.Dy);
        var tolerance = 1e-5 + (4 * Bf16(precision));
        foreach (var (values, ofTwin, ofKernel, what) in new[]
        {
            (layer.X, analytic.Dx, layer.Dx, "dx"), (layer.Residual!, analytic.G, layer.G!, "residual"),
            (twin.Gamma, analytic.DGamma, layer.DGamma, "dgamma"), (twin.Beta, analytic.DBeta, layer.DBeta, "dbeta"),
        })
        {
            if (what == "dgamma" && !norm.Affine.HasFlag(Affine.Scale))
                continue;
            var expected = values.Select((kept, i) =>
            {
                const double Step = 1e-6;
                values[i] = kept + Step;
                var above = Value();
                values[i] = kept - Step;
                var slope = (above - Value()) / (2 * Step);
                values[i] = kept;
                return slope;
            }).ToArray();
            Numbers.Close(expected, ofTwin, 1e-7, $"the twin's {what}");
            Numbers.Close(expected, ofKernel, tolerance, what);
        }

        double Value() => twin.Forward(layer.X, layer.Residual, true).Zip(layer.Dy, (y, dy) => y * dy).Sum();
    }

    private static double Bf16(Precision precision) => precision == Precision.Bf16 ? Bf16Rounding : 0;

    private static void Near(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: {actual:r} instead of {expected:r}, tolerance {tolerance:g3}");

    private static void Near(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Near(expected[i], actual[i], tolerance, $"{what}[{i}]");
    }

    /// <summary>[images, area, C] of standard deviation 1, each channel with a mean a little different.</summary>
    private static double[] Input(int images, int area, int channels, double mean)
    {
        var (values, offsets) = (Numbers.Varied(images * area * channels, 1), Numbers.Varied(channels, 7));
        return [.. values.Select((value, i) => mean + value + (0.3 * offsets[i % channels]))];
    }

    private static NormBench WithTables(Precision precision, int images, int area, int channels, double mean) => new(precision, images, area, channels)
    {
        Mean = [.. Numbers.Varied(images * channels, 20).Select(value => mean + (0.1 * value))],
        Scale = [.. Numbers.Varied(images * channels, 21).Select(value => 1.5 + (0.4 * value))],
        Shift = Numbers.Varied(channels, 22),
    };

    /// <summary>A layer computed by the kernels with the pooling between them, as the engine does, and the twin of the same values.</summary>
    private sealed unsafe class LayerOnBench
    {
        internal LayerOnBench(Norm norm, Precision precision, int images, int workers, int area, int channels, double mean, bool residual, bool relu)
        {
            var (hasGamma, hasBeta) = (norm.Affine.HasFlag(Affine.Scale), norm.Affine.HasFlag(Affine.Shift));
            using NativeArray gamma = new([.. Numbers.Varied(channels, 11).Select(value => value + 1.5)]), beta = new(Numbers.Varied(channels, 12));
            Bench = new NormBench(precision, images, area, channels, shiftForEachImage: true);
            var (x, y, dx) = (Bench.Map(Input(images, area, channels, mean)), Bench.Map(), Bench.Map());
            var (r, dy, g) = (residual ? Bench.Map(Numbers.Varied(images * area * channels, 5)) : null, Bench.Map(Numbers.Varied(images * area * channels, 6)), Bench.Map());
            (X, Residual, Dy) = (x.Values, r?.Values, dy.Values);
            Twin = hasGamma ? new Twin(norm, images, workers, area, channels) { Gamma = gamma.Values, Beta = hasBeta ? beta.Values : new double[channels] }
                : new Twin(norm, images, workers, area, channels) { Beta = hasBeta ? beta.Values : new double[channels] };

            // Where the output is within rounding of 0 the ReLU's cut may fall either way: no gradient comes in there.
            var before = Twin.Forward(X, Residual, relu: false);
            var unclear = precision == Precision.Bf16 && norm.Pooling?.Places == PlaceSpan.One ? 0.05 : 1e-3;
            Dy = [.. Dy.Select((value, i) => relu && Math.Abs(before[i]) < unclear * Math.Max(1, mean / 100) ? 0 : value)];
            dy.Values = Dy;

            PoolingBlocks[] parts = norm.Pooling is null ? [new(images, 1, 1, channels, 1, area)] : [.. norm.Parts(channels).Select(part => part.Over(images, workers, area))];
            var blocks = parts[^1];
            if (norm.Pooling?.Places == PlaceSpan.One)
            {
                ((Y, Dx, G), DGamma, DBeta) = AtEachPlace(Bench, norm, blocks.ChannelBlocks, gamma, beta, (x, r, y, dy, g, dx), relu);
                return;
            }

            var statistics = parts.Sum(part => part.SampleBlocks * part.ChannelBlocks);
            var (means, deviations, inverses) = (new double[statistics], new double[statistics], new double[statistics]);
            var (byGamma, byBeta) = (new NativeArray(channels), new NativeArray(channels));
            var mask = !relu ? ReluMask.None : residual ? ReluMask.FromOutput : ReluMask.FromInput;
            double[] factors = [.. Statistics(blocks).Select(at => Twin.Correction(at.Block, at.Group).R)], levels = [.. Statistics(blocks).Select(at => Twin.Correction(at.Block, at.Group).D)];
            var cells = from image in Enumerable.Range(0, images) from channel in Enumerable.Range(0, channels) select Twin.Noise(image, channel);
            using NativeArray noiseScale = new([.. cells.Select(cell => cell.S)]), noiseShift = new([.. cells.Select(cell => cell.M)]);
            fixed (double* meanPointer = means, deviationPointer = deviations, inversePointer = inverses, factorPointer = factors, levelPointer = levels)
            {
                var correction = default(NormCorrection);
                if (norm.Renorm is not null)
                {
                    correction.R = factorPointer;
                    correction.D = levelPointer;
                }

                if (norm.IsNoisy)
                {
                    correction.NoiseScale = noiseScale.Floats;
                    correction.NoiseShift = noiseShift.Floats;
                }

                if (norm.Pooling is null)
                {
                    (Bench.Mean, Bench.Scale) = (new double[images * channels], [.. Enumerable.Repeat(1.0, images * channels)]);
                    (Bench.Level, Bench.Slope) = (new double[images * channels], new double[images * channels]);
                    Array.Fill(inverses, 1);
                    correction.Apply(Bench.Tables, 0, new PoolingBlocks(1, images, 1, channels, 1, area), null, hasBeta ? beta.Floats : null);
                }
                else
                {
                    Bench.Moments(x);
                    foreach (var (part, s, at) in Blocks(parts))
                    {
                        NormPooling.PoolMoments(Bench.Tables, s * part.Samples, part, norm.Use, area, hasGamma ? gamma.Floats : null,
                            meanPointer + at, deviationPointer + at, inversePointer + at);
                    }

                    // A norm of several parts has no correction: one block then has all channels' shifts.
                    foreach (var (part, s, _) in parts.Length == 1 ? Blocks(parts) : [(new PoolingBlocks(1, images, 1, channels, 1, area), 0, 0)])
                        correction.Apply(Bench.Tables, s, part, hasGamma ? gamma.Floats : null, hasBeta ? beta.Floats : null);
                }

                Bench.Normalize(x, r, y, relu);
                Bench.GradientSums(dy, null, x, y, g, mask);
                foreach (var (part, s, at) in norm.Pooling is null ? [] : Blocks(parts))
                    NormPooling.PoolGradients(Bench.Tables, s * part.Samples, part, norm.Use, area, inversePointer + at);

                Bench.InputGradient(mask == ReluMask.FromOutput ? g : dy, x, dx, mask == ReluMask.FromInput);
                foreach (var (part, _, at) in Blocks(parts).Where(block => block.Index == 0))
                    NormPooling.AffineGradients(Bench.Tables, part, inversePointer + at, correction, byGamma.Floats, byBeta.Floats);
            }

            (Y, Dx, G) = (y.Values, dx.Values, mask == ReluMask.FromOutput ? g.Values : null);
            (DGamma, DBeta) = (byGamma.Values, byBeta.Values);
            byGamma.Dispose();
            byBeta.Dispose();
        }

        /// <summary>The norm of each place, then a sum and a ReLU without a norm, as the engine does it.</summary>
        private static ((double[] Y, double[] Dx, double[]? G), double[] DGamma, double[] DBeta) AtEachPlace(
            NormBench bench, Norm norm, int groups, NativeArray gamma, NativeArray beta,
            (NativeArray X, NativeArray? R, NativeArray Y, NativeArray Dy, NativeArray G, NativeArray Dx) maps, bool relu)
        {
            var kernels = PlaceNormKernels.For(bench.Precision, bench.Channels, groups, norm.Use);
            var cells = bench.Images * bench.Channels;
            using NativeArray ones = new([.. Enumerable.Repeat(1.0, cells)]), zeros = new(new double[cells]);
            using NativeArray statistics = new(2 * bench.Images * bench.Area * groups), byGamma = new(bench.Channels), byBeta = new(bench.Channels);
            var normalized = bench.Map();
            var gammas = norm.Affine.HasFlag(Affine.Scale) ? gamma.Floats : ones.Floats;
            kernels.Forward(maps.X.Pointer, normalized.Pointer, gammas, norm.Affine.HasFlag(Affine.Shift) ? beta.Floats : zeros.Floats, statistics.Floats, bench.Images * bench.Area);
            (bench.Mean, bench.Scale, bench.Shift, bench.Level, bench.Slope) = (zeros.Values, ones.Values, zeros.Values, zeros.Values, zeros.Values);
            bench.Normalize(normalized, maps.R, maps.Y, relu);
            var y = maps.Y.Values;
            bench.GradientSums(maps.Dy, null, normalized, maps.Y, maps.G, relu ? ReluMask.FromOutput : ReluMask.None);
            kernels.Backward(relu ? maps.G.Pointer : maps.Dy.Pointer, null, maps.X.Pointer, maps.Dx.Pointer, gammas, statistics.Floats, byGamma.Floats, byBeta.Floats, bench.Images * bench.Area);
            return ((y, maps.Dx.Values, relu ? maps.G.Values : null), byGamma.Values, byBeta.Values);
        }

        // Each part's blocks of samples, and where a block's statistics begin.
        private static List<(PoolingBlocks Part, int Index, int At)> Blocks(IEnumerable<PoolingBlocks> parts)
        {
            var (blocks, at) = (new List<(PoolingBlocks, int, int)>(), 0);
            foreach (var part in parts)
            {
                for (var block = 0; block < part.SampleBlocks; block++, at += part.ChannelBlocks)
                    blocks.Add((part, block, at));
            }

            return blocks;
        }

        private static IEnumerable<(int Block, int Group)> Statistics(PoolingBlocks blocks) =>
            from block in Enumerable.Range(0, blocks.SampleBlocks) from g in Enumerable.Range(0, blocks.ChannelBlocks) select (block, g);

        internal NormBench Bench { get; }

        internal Twin Twin { get; }

        internal double[] X { get; }

        internal double[]? Residual { get; }

        internal double[] Dy { get; }

        internal double[] Y { get; }

        internal double[] Dx { get; }

        /// <summary>The gradient by the residual, where it is not simply dy.</summary>
        internal double[]? G { get; }

        internal double[] DGamma { get; }

        internal double[] DBeta { get; }
    }
}
