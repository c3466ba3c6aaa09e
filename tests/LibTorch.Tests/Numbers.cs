namespace LibTorch.Tests;

/// <summary>Inputs and references in plain C#, sharing no code with what they test.</summary>
internal static class Numbers
{
    /// <summary>Different numbers of both signs, none of them zero, spread over about ±2.</summary>
    internal static double[] Varied(int count, int seed = 1)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = 2 * Math.Sin((1.7 * i) + (0.9 * seed)) + (0.01 * ((i % 7) + 1));
        return values;
    }

    internal static Tensor Varied(long[] shape, int seed = 1, bool requiresGrad = false) =>
        tensor(Varied((int)shape.Aggregate(1L, (product, size) => product * size), seed), shape, requires_grad: requiresGrad);

    internal static void Same(double[] expected, Tensor actual, double tolerance = 1e-12)
    {
        var values = actual.data<double>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var difference = Math.Abs(expected[i] - values[i]);
            Assert.True(difference <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"at {i}: expected {expected[i]}, got {values[i]}");
        }
    }

    /// <summary>
    /// Compares the gradient of a sum of weighted results with central differences, element by element. Everything is fp64: with a
    /// step of 1e-6 the differences are good to about 1e-9.
    /// </summary>
    internal static void GradientsAgree(Func<Tensor[], Tensor> function, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope();
        using var first = function(inputs);
        var weights = Varied(first.shape, 5);
        foreach (var input in inputs)
            input.grad = null;
        (first * weights).sum().backward();

        double Value()
        {
            using var inner = NewDisposeScope();
            using (no_grad())
                return (function(inputs) * weights).sum().item<double>();
        }

        foreach (var input in inputs)
        {
            var gradient = input.grad!.data<double>().ToArray();
            var elements = input.detach().data<double>();
            for (var i = 0; i < gradient.Length; i++)
            {
                const double Step = 1e-6;
                var kept = elements[i];
                elements[i] = kept + Step;
                var above = Value();
                elements[i] = kept - Step;
                var below = Value();
                elements[i] = kept;
                Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-7);
            }
        }
    }
}
