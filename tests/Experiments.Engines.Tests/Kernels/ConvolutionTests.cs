using Experiments.OneDnn.Interop;

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
    public void All_passes_are_the_plain_sums_and_write_nothing_beside_their_arrays(int channelsIn, int channelsOut, int kernel, int stride)
    {
        using var team = new OpenMP(1);
        team.Enter();
        foreach (var (images, height, width) in new[] { (1, 12, 10), (2, 7, 5), (4, 12, 10), (5, 6, 5), (3, 3, 3), (2, 2, 2), (1, 1, 1) })
        {
            var shape = new ConvolutionShape(images, channelsIn, height, width, channelsOut, kernel, stride, (kernel - 1) / 2);
            var weights = Numbers.Varied(channelsOut * channelsIn * kernel * kernel, 1);
            var x = Numbers.Varied(images * height * width * channelsIn, 2);
            var dy = Numbers.Varied(images * shape.OutHeight * shape.OutWidth * channelsOut, 3);
            var (y, dx, dw) = Plain(shape, x, weights, dy);

            using var context = new OneDnnContext();
            using var forward = new ConvolutionPrimitive(context, Propagation.ForwardTraining, shape, DataType.Fp32, null);
            using var byWeights = new ConvolutionPrimitive(context, Propagation.BackwardWeights, shape, DataType.Fp32, forward);
            using var byInput = new ConvolutionPrimitive(context, Propagation.BackwardData, shape, DataType.Fp32, forward);
            using NativeArray source = new(x), destination = new(y.Length), gradient = new(dy), sourceGradient = new(x.Length);
            using NativeArray forwardWeights = new(Ordered(weights, forward.WeightOrder())), inputWeights = new(Ordered(weights, byInput.WeightOrder()));
            using var weightGradient = new NativeArray(byWeights.WeightOrder().Length);
            using NativeArray scratch0 = Scratch(forward), scratch1 = Scratch(byWeights), scratch2 = Scratch(byInput);
            forward.Bind(source.Pointer, forwardWeights.Pointer, destination.Pointer, scratch0.Pointer);
            byWeights.Bind(source.Pointer, weightGradient.Pointer, gradient.Pointer, scratch1.Pointer);
            byInput.Bind(sourceGradient.Pointer, inputWeights.Pointer, gradient.Pointer, scratch2.Pointer);
            forward.Execute();
            byWeights.Execute();
            byInput.Execute();

            Numbers.Close(y, destination.Values, Tolerance, $"{shape} by {forward.Implementation}");
            Numbers.Close(dx, sourceGradient.Values, Tolerance, $"input gradient of {shape} by {byInput.Implementation}");
            Numbers.Close(Ordered(dw, byWeights.WeightOrder()), weightGradient.Values, Tolerance, $"weight gradient of {shape} by {byWeights.Implementation}");
        }

        static NativeArray Scratch(ConvolutionPrimitive primitive) => new((int)(primitive.ScratchBytes + sizeof(float) - 1) / sizeof(float));
    }

    [OneDnnFact]
    public void Every_weight_has_one_place_and_padding_is_told_from_weights()
    {
        using var context = new OneDnnContext();
        foreach (var (channelsIn, channelsOut, kernel) in new[] { (3, 10, 3), (10, 12, 1), (16, 32, 3), (64, 64, 3) })
        {
            var shape = new ConvolutionShape(2, channelsIn, 7, 5, channelsOut, kernel, 1, kernel / 2);
            using var primitive = new ConvolutionPrimitive(context, Propagation.ForwardTraining, shape, DataType.Fp32, null);
            var order = primitive.WeightOrder();
            Assert.Equal(Enumerable.Range(0, channelsIn * channelsOut * kernel * kernel), order.Where(index => index >= 0).Order());
            Assert.All(order, index => Assert.InRange(index, -1, (channelsIn * channelsOut * kernel * kernel) - 1));
        }
    }

    private static double[] Ordered(double[] values, int[] order) => [.. order.Select(index => index < 0 ? 0 : values[index])];

    /// <summary>y[n,p,q,o] = sum over i, r, s of w[o,i,r,s] * x[n, stride*p+r-padding, stride*q+s-padding, i], and its derivatives.</summary>
    private static (double[] Y, double[] Dx, double[] Dw) Plain(ConvolutionShape shape, double[] x, double[] weights, double[] dy)
    {
        var (y, dx, dw) = (new double[dy.Length], new double[x.Length], new double[weights.Length]);
        for (var n = 0; n < shape.Images; n++)
        {
            for (var (p, q) = (0, 0); p < shape.OutHeight; (p, q) = q + 1 < shape.OutWidth ? (p, q + 1) : (p + 1, 0))
            {
                for (var (r, s) = (0, 0); r < shape.Kernel; (r, s) = s + 1 < shape.Kernel ? (r, s + 1) : (r + 1, 0))
                {
                    var (h, w) = ((shape.Stride * p) + r - shape.Padding, (shape.Stride * q) + s - shape.Padding);
                    if (h < 0 || h >= shape.Height || w < 0 || w >= shape.Width)
                        continue;
                    for (var i = 0; i < shape.In; i++)
                    {
                        for (var o = 0; o < shape.Out; o++)
                        {
                            var to = (((((n * shape.OutHeight) + p) * shape.OutWidth) + q) * shape.Out) + o;
                            var from = (((((n * shape.Height) + h) * shape.Width) + w) * shape.In) + i;
                            var weight = (((((o * shape.In) + i) * shape.Kernel) + r) * shape.Kernel) + s;
                            y[to] += weights[weight] * x[from];
                            dx[from] += weights[weight] * dy[to];
                            dw[weight] += x[from] * dy[to];
                        }
                    }
                }
            }
        }

        return (y, dx, dw);
    }
}
