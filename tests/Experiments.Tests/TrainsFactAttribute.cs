using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Tests;

/// <summary>A test that trains, and says why it is skipped where no engine can.</summary>
internal class TrainsFactAttribute : FactAttribute
{
    public TrainsFactAttribute()
    {
        if (new TorchEngineProvider().Unavailable("cpu", Precision.Fp32) is { } answer)
            Skip = answer;
    }
}
