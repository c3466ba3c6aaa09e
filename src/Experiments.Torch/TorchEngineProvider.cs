using System.Globalization;
using Experiments.Core;
using Experiments.Core.Training;

namespace Experiments.Torch;

/// <summary>
/// The reference engine: libtorch with autograd, on the processor or on CUDA devices, in fp32. It is there to be right, and to
/// reach the GPU.
/// </summary>
public sealed class TorchEngineProvider : IEngineProvider
{
    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public string? Library => Torch.Library.Problem is null ? Torch.Library.Name : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Devices => Torch.Library.Problem is null
        ? [.. Enumerable.Range(0, cuda.device_count()).Select(index => string.Create(CultureInfo.InvariantCulture, $"cuda:{index}")), "cpu"]
        : [];

    /// <inheritdoc/>
    public string? Unavailable(string device, Precision precision)
    {
        if (Torch.Library.Problem is { } problem)
            return problem;
        if (precision != Precision.Fp32)
            return "The torch engine computes in fp32 only: take --precision fp32.";
        if (Devices.Contains(device) || (device == "cuda" && cuda.is_available()))
            return null;
        var known = string.Join(" or ", Devices);
        return device.StartsWith("cuda", StringComparison.Ordinal) && !cuda.is_available()
            ? $"There is no CUDA device that {Library} can use here, and so no {device}: take --device cpu, or install a libtorch with CUDA and its driver."
            : $"There is no device {device} here: take --device {known}.";
    }

    /// <inheritdoc/>
    /// <exception cref="ExperimentException">The library, the device or the precision is not available here.</exception>
    public IEngine Create(EngineSettings settings) => Unavailable(settings.Device, settings.Precision) is { } reason
        ? throw new ExperimentException(reason, ExperimentException.Unavailable)
        : new TorchEngine(settings);
}
