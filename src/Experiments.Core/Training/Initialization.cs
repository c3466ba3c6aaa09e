using Experiments.Core.Networks;

namespace Experiments.Core.Training;

/// <summary>The parameters that a training begins with.</summary>
public static class Initialization
{
    /// <summary>
    /// Convolutions: normal with variance 2 / (Out * K * K) (He et al. 2015, by fan-out). gamma 1, and 0 in the last norm of each
    /// residual branch; beta 0. Linear: normal with standard deviation 0.01, bias 0 (Goyal et al. 2017, section 5.1).
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">All values follow from it.</param>
    public static EngineState Create(Network network, long seed)
    {
        var parameters = network.Parameters.Index()
            .Select(pair => new NamedArray(pair.Item.Name, pair.Item.Shape, Values(pair.Item, seed, pair.Index)))
            .ToList();
        var buffers = network.Norm.HasRunningStatistics
            ? network.NormSlots.SelectMany(slot => new NamedArray[]
            {
                new($"{slot.Name}.running_mean", [slot.Channels], new float[slot.Channels]),
                new($"{slot.Name}.running_var", [slot.Channels], Filled(slot.Channels, 1)),
            }).ToList()
            : [];
        return new EngineState(parameters, buffers, []);
    }

    private static float[] Values(Parameter parameter, long seed, int position) => parameter switch
    {
        { Kind: ParameterKind.ConvolutionWeight, Layer: Convolution c } => Normal(parameter.Size, Math.Sqrt(2.0 / (c.Out * c.Kernel * c.Kernel)), seed, position),
        { Kind: ParameterKind.LinearWeight } => Normal(parameter.Size, 0.01, seed, position),
        { Kind: ParameterKind.LinearBias or ParameterKind.Shift } => new float[parameter.Size],
        { Kind: ParameterKind.Scale, Layer: NormSlot slot } => Filled(parameter.Size, slot.EndsResidual ? 0 : 1),
        _ => throw new ArgumentOutOfRangeException(nameof(parameter), parameter, "unknown kind"),
    };

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
