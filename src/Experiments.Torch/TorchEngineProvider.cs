using Experiments.Core;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>
/// The reference engine: libtorch with autograd, on the processor or on CUDA devices, in fp32. Its purpose is to be right, and to
/// use the GPU.
/// </summary>
public sealed class TorchEngineProvider : IEngineProvider
{
    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public string? Library => Torch.Library.Problem is null ? Torch.Library.Name : null;

    /// <summary>What becomes of memory that libtorch frees on the processor, in a few words: the speed of libtorch depends on it.</summary>
    public static string Memory => ProcessMemory.Keep()
        ? "glibc is told to keep the memory that libtorch frees"
        : "the C library is left to give back the memory that libtorch frees";

    /// <inheritdoc/>
    public IReadOnlyList<string> Devices => Torch.Library.Devices;

    /// <inheritdoc/>
    public string? Unavailable(string device, Precision precision)
    {
        if (Torch.Library.Problem is { } problem)
            return problem;
        if (precision != Precision.Fp32)
            return "The torch engine computes in fp32 only: take --precision fp32.";
        var devices = Devices;
        if (devices.Contains(device) || (device == "cuda" && devices.Count > 1))
            return null;
        return device.StartsWith("cuda", StringComparison.Ordinal) && devices.Count == 1
            ? $"There is no CUDA device that {Library} can use here, and so no {device}: take --device cpu, or, on a machine with an NVIDIA GPU and its driver, build with -p:Torch=cuda-linux (or cuda-windows)."
            : $"There is no device {device} here: take --device {string.Join(" or ", devices)}.";
    }

    /// <inheritdoc/>
    /// <exception cref="ExperimentException">The library, the device or the precision is not available here.</exception>
    public IEngine Create(EngineSettings settings) => Unavailable(settings.Device, settings.Precision) is { } reason
        ? throw new ExperimentException(reason, ExperimentException.Unavailable)
        : new TorchEngine(settings);
}
