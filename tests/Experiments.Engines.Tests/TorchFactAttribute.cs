using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>A test that needs libtorch, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = Needs.Libtorch;
}

/// <summary>A test over data that needs libtorch, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = Needs.Libtorch;
}

/// <summary>A test that needs libtorch and, to compare with, PyTorch; skipped where either is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchFactAttribute : FactAttribute
{
    public PyTorchFactAttribute() => Skip = Needs.Libtorch ?? Needs.PyTorch;
}

/// <summary>A test over data that needs libtorch and PyTorch; skipped where either is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchTheoryAttribute : TheoryAttribute
{
    public PyTorchTheoryAttribute() => Skip = Needs.Libtorch ?? Needs.PyTorch;
}

/// <summary>What tests need; null where it is there, else why the test is skipped.</summary>
internal static class Needs
{
    private static readonly Lazy<string?> s_pyTorch = new(() =>
        Reference.Run("-c", "import torch").ExitCode == 0 ? null : $"{Reference.Python} cannot import torch: on Debian, apt-get install python3-torch.");

    internal static string? Libtorch => new TorchEngineProvider().Unavailable("cpu", Precision.Fp32);

    internal static string? PyTorch => s_pyTorch.Value;
}
