using Experiments.Core;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Interop;

namespace Experiments.OneDnn;

/// <summary>
/// The fast engine for processors: networks compiled into a fixed list of kernels, convolutions by oneDNN and everything else in vector
/// code of our own, in fp32 or bfloat16.
/// </summary>
public sealed class OneDnnEngineProvider : IEngineProvider
{
    /// <summary>The environment variable that lets bfloat16 be emulated where the processor has no support for it.</summary>
    public const string EmulateBf16Variable = "EXPERIMENTS_EMULATE_BF16";

    private static readonly Lazy<bool> s_hasBf16 = new(HasBf16);

    private static bool WantsEmulation => Environment.GetEnvironmentVariable(EmulateBf16Variable) == "1";

    /// <inheritdoc/>
    public string Name => "onednn";

    /// <inheritdoc/>
    public string? Library => OneDnnLibrary.Problem is null ? OneDnnLibrary.Name : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Devices => OneDnnLibrary.Problem is null ? ["cpu"] : [];

    /// <inheritdoc/>
    public string? Unavailable(string device, Precision precision)
    {
        if (OneDnnLibrary.Problem is { } problem)
            return problem;
        if (device != "cpu")
            return $"The onednn engine computes on the processor only, not on {device}: take --device cpu, or --engine torch.";
        if (precision == Precision.Bf16 && !s_hasBf16.Value && !WantsEmulation)
        {
            return $"{OneDnnLibrary.Name} has no bfloat16 convolutions for this processor (they need AVX-512, and are faster than fp32 only with AMX): take --precision fp32, "
                + $"or set {EmulateBf16Variable}=1 to get the same numbers as on such a processor, but slowly.";
        }

        return null;
    }

    /// <inheritdoc/>
    public string? Refuses(RunSettings settings) =>
        Refuses(settings.Model, ModelCatalog.IsRecurrent(settings.Model), ModelCatalog.IsTransformer(settings.Model), NormCatalog.Create(settings.Norm));

    /// <inheritdoc/>
    /// <exception cref="ExperimentException">The library, device or precision is not available here, or the engine cannot compute the network.</exception>
    public IEngine Create(EngineSettings settings) => Refuses(settings.Network) is { } refused ? throw new ExperimentException(refused)
        : Unavailable(settings.Device, settings.Precision) is { } reason
        ? throw new ExperimentException(reason, ExperimentException.Unavailable)
        : new OneDnnEngine(settings, settings.Precision == Precision.Bf16 && !s_hasBf16.Value);

    private static string? Refuses(Network network) =>
        Refuses(network.Model, network.IsRecurrent, network.AllLayers.Any(layer => layer is SelfAttention), network.Norm);

    private static string? Refuses(string model, bool isRecurrent, bool isTransformer, Norm norm) =>
        isRecurrent ? $"The onednn engine has no recurrent layers, which {model} is made of: take --engine torch."
        : isTransformer ? $"The onednn engine has no attention, which {model} is made of: take --engine torch."
        : norm.Pooling is { OverSamples: true, Places: PlaceSpan.One }
        ? $"The onednn engine has no statistics of one place over several images, as --norm {norm.Name} --places one takes them: take --engine torch." : null;

    /// <summary>The library's name, for the record.</summary>
    internal static string NameOf(bool emulateBf16) => emulateBf16 ? $"{OneDnnLibrary.Name}, bf16 emulated" : OneDnnLibrary.Name;

    /// <summary>Whether the library has convolutions in bfloat16 for this processor: tries to make the three passes of one.</summary>
    private static bool HasBf16()
    {
        using var context = new OneDnnContext();
        try
        {
            var shape = new ConvolutionShape(1, 16, 8, 8, 16, 3, 1, 1);
            using var forward = new ConvolutionPrimitive(context, Propagation.ForwardTraining, shape, DataType.Bf16, null);
            using var byWeights = new ConvolutionPrimitive(context, Propagation.BackwardWeights, shape, DataType.Bf16, forward);
            using var byInput = new ConvolutionPrimitive(context, Propagation.BackwardData, shape, DataType.Bf16, forward);
            return true;
        }
        catch (OneDnnException)
        {
            return false;
        }
    }
}
