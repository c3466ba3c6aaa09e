using Experiments.Core.Data;
using Experiments.Core.Runs;
using Experiments.Images;
using Experiments.OneDnn;
using Experiments.Torch;

namespace Experiments;

/// <summary>This machine, as the commands see it.</summary>
internal static class ThisMachine
{
    /// <summary>The folder of the data sets, and what decodes images of one's own.</summary>
    /// <param name="path">The folder; null: the default.</param>
    public static DataFolder Data(string? path) => new(path, new SkiaImageDecoder());

    /// <summary>The engines, the preferred one first, and the data sets in a folder.</summary>
    /// <param name="data">The folder of the data sets; null: the default.</param>
    /// <param name="forOthers">Whether runs are computed on other machines.</param>
    public static Machine With(string? data, bool forOthers = false) =>
        new([new OneDnnEngineProvider(), new TorchEngineProvider()], Data(data), Console.Error.WriteLine) { ForOthers = forOthers };
}
