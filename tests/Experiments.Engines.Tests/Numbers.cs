using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>Inputs and comparisons.</summary>
internal static class Numbers
{
    /// <summary>Different numbers of both signs with a standard deviation of about 1, the same for the same seed.</summary>
    internal static double[] Varied(long count, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
        return values;
    }

    internal static Tensor Varied(long[] shape, int seed) => tensor(Varied(shape.Aggregate(1L, (product, size) => product * size), seed), shape);

    /// <summary>The largest difference is at most the tolerance times the largest expected value (maximum norm).</summary>
    internal static void Close(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        Close(Doubles(expected), Doubles(actual), tolerance, what);
    }

    internal static void Close(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        var difference = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(difference <= tolerance * largest, $"{what}: differs by {difference:g3} at a largest value of {largest:g3}, tolerance {tolerance:g3}");
    }

    internal static void Close(float[] expected, float[] actual, double tolerance, string what) =>
        Close(Array.ConvertAll(expected, value => (double)value), Array.ConvertAll(actual, value => (double)value), tolerance, what);

    internal static double[] Doubles(Tensor values) => values.detach().to(float64).contiguous().view(-1).data<double>().ToArray();
}

/// <summary>A norm layer alone, with its input, gamma, beta and running statistics.</summary>
internal sealed class Layer : IDisposable
{
    private readonly NormLayer _module;

    internal Layer(Norm norm, int channels, ScalarType type, int workers = 1, bool byDefinition = false, int places = 1)
    {
        _module = new NormLayer(norm, channels, places, workers, dtype: type) { AlwaysByDefinition = byDefinition };
        using var noGrad = no_grad();
        Gamma?.copy_(Numbers.Varied([channels], 11) + 1.5);
        Beta?.copy_(Numbers.Varied([channels], 12));
        RunningMean?.copy_(Numbers.Varied(RunningMean.shape, 13));
        RunningVariance?.copy_(Numbers.Varied(RunningVariance.shape, 14).square().add(0.5));
    }

    internal Parameter? Gamma => _module.Gamma;

    internal Parameter? Beta => _module.Beta;

    internal Tensor? RunningMean => _module.RunningMean;

    internal Tensor? RunningVariance => _module.RunningVariance;

    internal NormMode Mode
    {
        set => _module.Mode = value;
    }

    internal Tensor Forward(Tensor x) => _module.call(x);

    internal Tensor At(Tensor x, int step) => _module.At(x, step);

    /// <summary>Output, and the gradients of input, gamma and beta, for a given gradient of the output.</summary>
    internal Outcome Run(Tensor x, Tensor dy)
    {
        var input = x.detach().requires_grad_();
        var y = Forward(input);
        y.backward([dy]);
        return new Outcome(y, input.grad!, Gamma?.grad, Beta?.grad);
    }

    public void Dispose() => _module.Dispose();
}

/// <summary>What a norm layer makes of an input: y, and the gradients of input, gamma and beta.</summary>
internal sealed record Outcome(Tensor Y, Tensor Dx, Tensor? DGamma, Tensor? DBeta)
{
    /// <summary>Compares all four with a reference.</summary>
    internal void AgreesWith(Outcome expected, double tolerance)
    {
        Numbers.Close(expected.Y, Y, tolerance, "y");
        Numbers.Close(expected.Dx, Dx, tolerance, "dx");
        Assert.Equal(expected.DGamma is null, DGamma is null);
        Assert.Equal(expected.DBeta is null, DBeta is null);
        if (DGamma is not null)
            Numbers.Close(expected.DGamma!, DGamma, tolerance, "dgamma");
        if (DBeta is not null)
            Numbers.Close(expected.DBeta!, DBeta, tolerance, "dbeta");
    }
}
