using Experiments.Core.Training;
using Experiments.OneDnn.Interop;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>oneDNN's convolutions as the engine uses them, against the plain sum.</summary>
public sealed unsafe class ConvolutionTests
{
    // fp32 sums of at most 5 * 9 * 16 products, the expected ones in fp64: relative to the largest value.
    private const double Tolerance = 1e-5;

    [OneDnnTheory]
    [InlineData(3, 4, 3, 1)]
    [InlineData(4, 8, 3, 2)]
    [InlineData(4, 8, 1, 2)]
    [InlineData(8, 16, 1, 2)]
    [InlineData(8, 16, 3, 2)]
    [InlineData(20, 40, 1, 2)]
    [InlineData(10, 20, 1, 2)]
    [InlineData(10, 20, 3, 2)]
    [InlineData(16, 16, 3, 1)]
    [InlineData(16, 32, 1, 2)]
    [InlineData(3, 16, 3, 2)]
    [InlineData(3, 8, 2, 2, 1, true)]
    [InlineData(3, 32, 4, 4, 1, true)]
    [InlineData(16, 32, 2, 2, 1, true)]
    [InlineData(6, 10, 1, 1, 1, true)]
    [InlineData(32, 128, 1, 1, 1, true)]
    [InlineData(6, 6, 7, 1, 6, true)]
    [InlineData(8, 8, 7, 1, 8)]
    [InlineData(32, 32, 7, 1, 32, true)]
    [InlineData(32, 32, 7, 2, 32)]
    [InlineData(16, 16, 3, 2, 16)]
    [InlineData(8, 16, 3, 1, 4, true)]
    public void All_passes_are_the_plain_sums_and_write_nothing_beside_their_arrays(int channelsIn, int channelsOut, int kernel, int stride, int groups = 1, bool hasBias = false)
    {
        using var team = new OpenMP(1);
        team.Enter();
        foreach (var (images, height, width) in new[] { (1, 12, 10), (2, 7, 5), (4, 12, 10), (5, 6, 5), (3, 3, 3), (2, 2, 2), (1, 1, 1) })
        {
            if (kernel == stride && Math.Min(height, width) < kernel)
                continue;
            var shape = new ConvolutionShape(images, channelsIn, height, width, channelsOut, kernel, stride, kernel == stride ? 0 : (kernel - 1) / 2, groups, hasBias);
            var weights = Numbers.Varied(channelsOut * channelsIn / groups * kernel * kernel, 1);
            var bias = hasBias ? Numbers.Varied(channelsOut, 4) : new double[channelsOut];
            var x = Numbers.Varied(images * height * width * channelsIn, 2);
            var dy = Numbers.Varied(images * shape.OutHeight * shape.OutWidth * channelsOut, 3);
            var (y, dx, dw, db) = Plain(shape, x, weights, bias, dy);

            using var context = new OneDnnContext();
            using var forward = new ConvolutionPrimitive(context, Propagation.ForwardTraining, shape, DataType.Fp32, null);
            using var byWeights = new ConvolutionPrimitive(context, Propagation.BackwardWeights, shape, DataType.Fp32, forward);
            using var byInput = new ConvolutionPrimitive(context, Propagation.BackwardData, shape, DataType.Fp32, forward);
            using NativeArray source = new(x), destination = new(y.Length), gradient = new(dy), sourceGradient = new(x.Length);
            using NativeArray forwardWeights = new(Ordered(weights, forward.WeightOrder())), inputWeights = new(Ordered(weights, byInput.WeightOrder()));
            using var weightGradient = new NativeArray(byWeights.WeightOrder().Length);
            using NativeArray biases = new(bias), biasGradient = new(channelsOut);
            using NativeArray scratch0 = Scratch(forward), scratch1 = Scratch(byWeights), scratch2 = Scratch(byInput);
            forward.Execute(source.Pointer, forwardWeights.Pointer, destination.Pointer, scratch0.Pointer, biases.Floats);
            byWeights.Execute(source.Pointer, weightGradient.Pointer, gradient.Pointer, scratch1.Pointer, biasGradient.Floats);
            byInput.Execute(sourceGradient.Pointer, inputWeights.Pointer, gradient.Pointer, scratch2.Pointer);

            Numbers.Close(y, destination.Values, Tolerance, $"{shape} by {forward.Implementation}");
            Numbers.Close(dx, sourceGradient.Values, Tolerance, $"input gradient of {shape} by {byInput.Implementation}");
            Numbers.Close(Ordered(dw, byWeights.WeightOrder()), weightGradient.Values, Tolerance, $"weight gradient of {shape} by {byWeights.Implementation}");
            if (hasBias)
                Numbers.Close(db, biasGradient.Values, Tolerance, $"bias gradient of {shape} by {byWeights.Implementation}");
        }

        static NativeArray Scratch(ConvolutionPrimitive primitive) => new((int)(primitive.ScratchBytes + sizeof(float) - 1) / sizeof(float));
    }

    // Sums of at most 49 products, in bfloat16 of what is exact in it and rounded once more at the end. The gradients by weights are added to.
    [Theory]
    [InlineData(3, 7, 1, Precision.Fp32)]
    [InlineData(8, 7, 1, Precision.Fp32)]
    [InlineData(16, 7, 2, Precision.Fp32)]
    [InlineData(32, 3, 2, Precision.Fp32)]
    [InlineData(10, 3, 3, Precision.Fp32)]
    [InlineData(10, 7, 1, Precision.Bf16)]
    [InlineData(16, 3, 2, Precision.Bf16)]
    public void Depthwise_passes_are_the_plain_sums(int channels, int kernel, int stride, Precision precision)
    {
        foreach (var (images, height, width) in new[] { (1, 12, 10), (2, 7, 5), (3, 9, 14), (2, 3, 4), (2, 2, 3), (1, 1, 1) })
        {
            foreach (var hasBias in new[] { false, true })
            {
                var shape = new ConvolutionShape(images, channels, height, width, channels, kernel, stride, (kernel - 1) / 2, channels, hasBias);
                var weights = Numbers.Varied(channels * kernel * kernel, 1);
                var bias = hasBias ? Numbers.Varied(channels, 4) : new double[channels];
                using NativeArray x = new(Numbers.Varied(images * height * width * channels, 2), precision);
                using NativeArray dy = new(Numbers.Varied(images * shape.OutHeight * shape.OutWidth * channels, 3), precision);
                var (y, dx, dw, db) = Plain(shape, x.Values, weights, bias, dy.Values);

                int[] order = [.. Enumerable.Range(0, weights.Length).Select(place => (place % channels * kernel * kernel) + (place / channels))];
                var before = Numbers.Varied(weights.Length, 5);
                using NativeArray w = new(Ordered(weights, order)), b = new(bias), byWeights = new(before), byBias = new(new double[channels]);
                using NativeArray output = new(y.Length, precision), inputGradient = new(dx.Length, precision);
                var kernels = DepthwiseKernels.For(precision, new(channels, height, width, kernel, stride, (kernel - 1) / 2));
                kernels.Forward(x.Pointer, w.Floats, hasBias ? b.Floats : null, output.Pointer, images);
                kernels.InputGradient(dy.Pointer, w.Floats, inputGradient.Pointer, images);
                kernels.WeightGradient(dy.Pointer, x.Pointer, byWeights.Floats, images, 0, 2);
                kernels.WeightGradient(dy.Pointer, x.Pointer, byWeights.Floats, images, 2, (kernel * kernel) - 2);
                kernels.BiasGradient(dy.Pointer, byBias.Floats, images);

                var rounding = Tolerance + (precision == Precision.Bf16 ? 1.0 / (1 << 8) : 0);
                Numbers.Close(y, output.Values, rounding, $"{shape}");
                Numbers.Close(dx, inputGradient.Values, rounding, $"input gradient of {shape}");
                Numbers.Close([.. Ordered(dw, order).Zip(before, (a, c) => a + c)], byWeights.Values, Tolerance, $"weight gradient of {shape}");
                Numbers.Close(db, byBias.Values, Tolerance, $"bias gradient of {shape}");
            }
        }
    }

    [OneDnnFact]
    public void Every_weight_has_one_place_and_padding_is_told_from_weights()
    {
        using var context = new OneDnnContext();
        foreach (var (channelsIn, channelsOut, kernel, groups) in new[] { (3, 10, 3, 1), (10, 12, 1, 1), (16, 32, 3, 1), (64, 64, 3, 1), (10, 10, 7, 10), (32, 32, 7, 32) })
        {
            var shape = new ConvolutionShape(2, channelsIn, 7, 5, channelsOut, kernel, 1, kernel / 2, groups);
            using var primitive = new ConvolutionPrimitive(context, Propagation.ForwardTraining, shape, DataType.Fp32, null);
            var order = primitive.WeightOrder();
            Assert.Equal(Enumerable.Range(0, channelsIn * channelsOut / groups * kernel * kernel), order.Where(index => index >= 0).Order());
            Assert.All(order, index => Assert.InRange(index, -1, (channelsIn * channelsOut / groups * kernel * kernel) - 1));
        }
    }

    private static double[] Ordered(double[] values, int[] order) => [.. order.Select(index => index < 0 ? 0 : values[index])];

    /// <summary>
    /// y[n,p,q,o] = b[o] + sum over i, r, s of w[o,i,r,s] * x[n, stride*p+r-padding, stride*q+s-padding, first+i], and its derivatives; first is
    /// the first channel of the group that o is in.
    /// </summary>
    private static (double[] Y, double[] Dx, double[] Dw, double[] Db) Plain(ConvolutionShape shape, double[] x, double[] weights, double[] bias, double[] dy)
    {
        var (y, dx, dw) = (new double[dy.Length], new double[x.Length], new double[weights.Length]);
        var (inGroup, outGroup) = (shape.In / shape.Groups, shape.Out / shape.Groups);
        var db = new double[shape.Out];
        for (var to = 0; to < dy.Length; to++)
        {
            y[to] += bias[to % shape.Out];
            db[to % shape.Out] += dy[to];
        }

        for (var n = 0; n < shape.Images; n++)
        {
            for (var (p, q) = (0, 0); p < shape.OutHeight; (p, q) = q + 1 < shape.OutWidth ? (p, q + 1) : (p + 1, 0))
            {
                for (var (r, s) = (0, 0); r < shape.Kernel; (r, s) = s + 1 < shape.Kernel ? (r, s + 1) : (r + 1, 0))
                {
                    var (h, w) = ((shape.Stride * p) + r - shape.Padding, (shape.Stride * q) + s - shape.Padding);
                    if (h < 0 || h >= shape.Height || w < 0 || w >= shape.Width)
                        continue;
                    for (var i = 0; i < inGroup; i++)
                    {
                        for (var o = 0; o < shape.Out; o++)
                        {
                            var to = (((((n * shape.OutHeight) + p) * shape.OutWidth) + q) * shape.Out) + o;
                            var from = (((((n * shape.Height) + h) * shape.Width) + w) * shape.In) + (o / outGroup * inGroup) + i;
                            var weight = (((((o * inGroup) + i) * shape.Kernel) + r) * shape.Kernel) + s;
                            y[to] += weights[weight] * x[from];
                            dx[from] += weights[weight] * dy[to];
                            dw[weight] += x[from] * dy[to];
                        }
                    }
                }
            }
        }

        return (y, dx, dw, db);
    }
}
