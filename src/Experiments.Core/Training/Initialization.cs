using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;

namespace Experiments.Core.Training;

/// <summary>The parameters that a training begins with.</summary>
public static class Initialization
{
    /// <summary>
    /// Convolutions: normal with variance 2 / (Out / groups * K * K) (He et al. 2015, by fan-out), bias 0. Norms: gamma 1, but 0 in the last
    /// norm of each residual branch; beta 0. Layer scales: <see cref="LayerScale.Initial"/>. Linear: normal with standard deviation 0.01, bias 0
    /// (Goyal et al. 2017, section 5.1). If weights are normalized, v is normal with standard deviation 0.05 and g is 1, until
    /// <see cref="FitToData"/> (Salimans &amp; Kingma 2016, section 3).
    /// Recurrent layers, gate by gate: the input's matrix normal with variance 2 / (In + Hidden) (Glorot &amp; Bengio 2010), the hidden state's
    /// matrix orthogonal (Saxe et al. 2014), biases 0, but 1 for the LSTM's forget gate (Jozefowicz et al. 2015); the gamma of a norm over
    /// samples is <see cref="NormSlot.ScaleOverSamples"/>.
    /// Transformers, as published: matrices normal with variance 2 / (In + Out) (Glorot &amp; Bengio 2010), the patches' matrix with variance
    /// 1 / In, positions with standard deviation 0.02, biases 0.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">All values follow from it.</param>
    /// <param name="scale">What the weights of convolutions and of the linear layer are multiplied by.</param>
    public static EngineState Create(Network network, long seed, double scale = 1)
    {
        var parameters = network.Parameters
            .Select(parameter => new NamedArray(parameter.Name, parameter.Shape, Values(parameter, network, seed, scale)))
            .ToList();
        var buffers = network.RunningStatistics
            .Select(buffer => new NamedArray(buffer.Name, buffer.Shape,
                Filled(buffer.Shape.Aggregate(1, (product, size) => product * size), buffer.Name.EndsWith("var", StringComparison.Ordinal) ? 1 : 0)))
            .ToList();
        return new EngineState(parameters, buffers, []);
    }

    /// <summary>
    /// Weight normalization's data-dependent initialisation (Salimans &amp; Kingma 2016, Eqn 6). For one convolution after the other, the
    /// given images go through the network. From the mean mu and the standard deviation sigma of each channel of the convolution's output
    /// t = v * x / ||v||, it sets g = 1 / sigma and b = -mu / sigma, so that the channel then has mean 0 and variance 1. If the norm subtracts
    /// the mean itself, b stays 0. Networks with other norms are left as they are.
    /// </summary>
    /// <param name="engine">The engine, with the initial state.</param>
    /// <param name="network">The network that it computes.</param>
    /// <param name="batch">The images.</param>
    public static void FitToData(IEngine engine, Network network, ImageBatch batch)
    {
        if (network.Norm.Weights != WeightTransform.Normalization)
            return;
        var state = engine.Read();
        var parameters = state.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Values);
        foreach (var (convolution, slot, shape) in Followed(network))
        {
            var values = new float[batch.Count * shape.Size];
            engine.Observe(batch, new StepSettings(0), slot.Name, SlotSide.Input, values);
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                var (mean, deviation) = Moments(values, channel, shape.Channels);
                parameters[Network.GainName(convolution)][channel] = (float)(1 / deviation);
                if (network.Norm.Pooling is null && parameters.TryGetValue($"{slot.Name}.bias", out var shift))
                    shift[channel] = (float)(-mean / deviation);
            }

            engine.Write(state);
        }
    }

    /// <summary>Every convolution with the slot that follows it.</summary>
    private static IEnumerable<(Convolution Convolution, NormSlot Slot, ImageShape Shape)> Followed(Network network) =>
        network.Convolutions.Zip(network.Shapes(), (convolution, slot) => (convolution, slot.Slot, slot.Shape));

    private static (double Mean, double Deviation) Moments(float[] values, int channel, int channels)
    {
        var count = values.Length / channels;
        double mean = 0, squares = 0;
        for (var i = channel; i < values.Length; i += channels)
            mean += (double)values[i] / count;
        for (var i = channel; i < values.Length; i += channels)
            squares += (values[i] - mean) * (values[i] - mean);
        return (mean, Math.Sqrt((squares / count) + Norm.Epsilon));
    }

    private static float[] Values(Parameter parameter, Network network, long seed, double scale) => parameter switch
    {
        { Kind: ParameterKind.ConvolutionWeight, Layer: Convolution c } =>
            Normal(parameter.Size, scale * Deviation(c, network.Norm), seed, Position(parameter, network)),
        { Layer: Recurrent r } when parameter.Name == r.InputWeight =>
            Normal(parameter.Size, scale * Math.Sqrt(2.0 / (r.In + r.Hidden)), seed, Position(parameter, network)),
        { Layer: Recurrent r } when parameter.Name == r.HiddenWeight => Orthogonal(r.Gates, r.Hidden, scale, seed, Position(parameter, network)),
        { Layer: Recurrent { Cell: RecurrentCell.Lstm } r } when parameter.Name == r.InputBias =>
            [.. Enumerable.Range(0, parameter.Size).Select(value => value / r.Hidden == 1 ? 1f : 0f)],
        { Layer: SelfAttention a, Kind: ParameterKind.LinearWeight } => Normal(parameter.Size, scale / Math.Sqrt(a.Channels), seed, Position(parameter, network)),
        { Kind: ParameterKind.Position } => Normal(parameter.Size, PositionDeviation, seed, Position(parameter, network)),
        { Kind: ParameterKind.LinearWeight } => Normal(parameter.Size, scale * 0.01, seed, Position(parameter, network)),
        { Kind: ParameterKind.ConvolutionBias or ParameterKind.LinearBias or ParameterKind.Shift } => new float[parameter.Size],
        { Kind: ParameterKind.Scale, Layer: LayerScale s } => Filled(parameter.Size, (float)s.Initial),
        { Kind: ParameterKind.Scale, Layer: NormSlot slot } => Filled(parameter.Size, (float)(slot.EndsResidual ? 0 : network.Norm.Pooling is { OverSamples: true } ? slot.ScaleOverSamples : 1)),
        { Kind: ParameterKind.Gain } => Filled(parameter.Size, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(parameter), parameter, "unknown kind"),
    };

    /// <summary>
    /// A weight's position in the network with a gamma and a beta in every slot: so networks that differ in what their norm learns begin with
    /// the same weights.
    /// </summary>
    private static int Position(Parameter parameter, Network network) => (network with { Norm = new Norm("", null, Affine.ScaleAndShift) })
        .Parameters.Index().First(pair => pair.Item.Layer == parameter.Layer && (parameter.Layer is not (Recurrent or SelfAttention) || pair.Item.Name == parameter.Name)).Index;

    /// <summary>Square matrices with orthonormal rows, one below the other: rows of normal numbers, each made orthogonal to those before it.</summary>
    private static float[] Orthogonal(int matrices, int size, double scale, long seed, int position)
    {
        var random = new RandomStream((ulong)seed, RandomPurpose.Initialization, item: position);
        var values = new float[matrices * size * size];
        for (var matrix = 0; matrix < matrices; matrix++)
        {
            var rows = new List<double[]>();
            while (rows.Count < size)
            {
                var row = new double[size];
                for (var i = 0; i < size; i++)
                    row[i] = random.NextNormal();

                // Twice, since rounding errors of a long row remain after the first time.
                foreach (var other in rows.Concat(rows))
                {
                    var product = Dot(row, other);
                    for (var i = 0; i < size; i++)
                        row[i] -= product * other[i];
                }

                var length = Math.Sqrt(Dot(row, row));
                for (var i = 0; i < size; i++)
                {
                    row[i] /= length;
                    values[(((matrix * size) + rows.Count) * size) + i] = (float)(scale * row[i]);
                }

                rows.Add(row);
            }
        }

        return values;
    }

    private const double PositionDeviation = 0.02;

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Deviation(Convolution convolution, Norm norm) =>
        norm.Weights == WeightTransform.Normalization ? 0.05 : convolution.Deviation is { } own ? own : Math.Sqrt(2.0 * convolution.Groups / (convolution.Out * convolution.Kernel * convolution.Kernel));

    private static float[] Normal(int size, double deviation, long seed, int position)
    {
        var random = new RandomStream((ulong)seed, RandomPurpose.Initialization, item: position);
        var values = new float[size];
        for (var i = 0; i < size; i++)
            values[i] = (float)(deviation * random.NextNormal());
        return values;
    }

    private static float[] Filled(int size, float value)
    {
        var values = new float[size];
        Array.Fill(values, value);
        return values;
    }
}
