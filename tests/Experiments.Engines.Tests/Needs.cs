using System.Reflection;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.Torch;
using Xunit.Sdk;

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

/// <summary>A test that needs oneDNN, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OneDnnFactAttribute : FactAttribute
{
    public OneDnnFactAttribute() => Skip = Needs.OneDnn;
}

/// <summary>A test over data that needs oneDNN, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OneDnnTheoryAttribute : TheoryAttribute
{
    public OneDnnTheoryAttribute() => Skip = Needs.OneDnn;
}

/// <summary>A test of one engine beside the other.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BothEnginesFactAttribute : FactAttribute
{
    public BothEnginesFactAttribute() => Skip = Needs.Libtorch ?? Needs.OneDnn;
}

/// <summary>A test over data of one engine beside the other.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BothEnginesTheoryAttribute : TheoryAttribute
{
    public BothEnginesTheoryAttribute() => Skip = Needs.Libtorch ?? Needs.OneDnn;
}

/// <summary>
/// Rows of a theory for one engine: its name, and each of the values in turn where there are any. Skipped where the engine's library is
/// missing, with the reason, while the other engine's rows run.
/// </summary>
internal abstract class EngineRowsAttribute : DataAttribute
{
    private readonly string _engine;
    private readonly object[] _values;

    private protected EngineRowsAttribute(string engine, string? missing, object[] values) => (_engine, Skip, _values) = (engine, missing, values);

    /// <summary>Whether the values are the names of all norms of the catalogue.</summary>
    public bool EveryNorm { get; set; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => (EveryNorm, _values) switch
    {
        (true, _) => NormCatalog.Entries.Select(entry => new object[] { _engine, entry.Name }),
        (false, []) => [[_engine]],
        (false, _) => _values.Select(value => new[] { _engine, value }),
    };
}

/// <summary>The torch engine's rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnTorchAttribute(params object[] values) : EngineRowsAttribute("torch", Needs.Libtorch, values);

/// <summary>The onednn engine's rows.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnOneDnnAttribute(params object[] values) : EngineRowsAttribute("onednn", Needs.OneDnn, values);

/// <summary>A test over engines that needs PyTorch to compare with, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchTheoryAttribute : TheoryAttribute
{
    public PyTorchTheoryAttribute() => Skip = Needs.PyTorch;
}

/// <summary>What tests need: null if it is there, otherwise why the test is skipped.</summary>
internal static class Needs
{
    private static readonly Lazy<string?> s_pyTorch = new(() =>
        Reference.Run("-c", "import torch").ExitCode == 0 ? null : $"{Reference.Python} cannot import torch: on Debian, apt-get install python3-torch.");

    internal static string? Libtorch => new TorchEngineProvider().Unavailable("cpu", Precision.Fp32);

    internal static string? OneDnn => new OneDnnEngineProvider().Unavailable("cpu", Precision.Fp32);

    internal static string? PyTorch => s_pyTorch.Value;
}
