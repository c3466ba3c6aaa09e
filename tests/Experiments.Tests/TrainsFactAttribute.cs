using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments.Tests;

/// <summary>A test that trains, and says why it is skipped where the engine is missing.</summary>
internal class TrainsFactAttribute : FactAttribute
{
    public TrainsFactAttribute(string engine = "onednn")
    {
        IEngineProvider provider = engine == "torch" ? new TorchEngineProvider() : new OneDnnEngineProvider();
        if (provider.Unavailable("cpu", Precision.Fp32) is { } answer)
            Skip = answer;
    }
}
