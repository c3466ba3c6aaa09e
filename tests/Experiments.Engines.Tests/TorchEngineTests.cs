using System.Runtime.InteropServices;
using Experiments.Core;
using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>What only the torch engine does.</summary>
public sealed class TorchEngineTests
{
    [TorchFact]
    public void The_provider_says_what_it_has_and_what_it_lacks()
    {
        var provider = new TorchEngineProvider();
        Assert.Equal("torch", provider.Name);
        Assert.Equal("cpu", provider.Devices[^1]);
        Assert.Matches(@"^TorchSharp \d+\.\d+\.\d+ \(libtorch \d+\.\d+\.\d+\)$", provider.Library);
        Assert.Null(provider.Unavailable("cpu", Precision.Fp32));
        Assert.Contains("--precision fp32", provider.Unavailable("cpu", Precision.Bf16), StringComparison.Ordinal);
        Assert.Contains("cuda:99", provider.Unavailable("cuda:99", Precision.Fp32), StringComparison.Ordinal);
        Assert.Contains("gpu0", provider.Unavailable("gpu0", Precision.Fp32), StringComparison.Ordinal);
        var settings = new EngineSettings(Engines.ResNet("bn"), 2, Precision: Precision.Bf16);
        Assert.Equal(ExperimentException.Unavailable, Assert.Throws<ExperimentException>(() => provider.Create(settings)).ExitCode);
    }

    [Fact]
    public void It_says_what_becomes_of_memory_that_is_freed() => Assert.Equal(
        RuntimeInformation.RuntimeIdentifier.StartsWith("linux", StringComparison.Ordinal) && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal),
        TorchEngineProvider.Memory.StartsWith("glibc is told to keep ", StringComparison.Ordinal));
}
