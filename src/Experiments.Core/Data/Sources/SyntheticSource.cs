using System.Runtime.ExceptionServices;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>Images that the program makes, so that everything can be tried without a file.</summary>
public sealed record SyntheticSource : DatasetSource
{
    /// <inheritdoc/>
    public override string HowToGet => "It needs no files: the program makes its images";

    internal override IReadOnlyList<string> Places(string path) => [];

    // The fingerprint changes with the way images are made, so an old cache is not taken for the new images.
    internal override FoundSource? Find(string path) => new("made by the program", []) { Fingerprint = $"synthetic {SyntheticImages.Version}" };

    internal override IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set) => [];

    internal override IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null)
    {
        try
        {
            foreach (var part in Enum.GetValues<DatasetPart>())
            {
                Parallel.For(0, set.Count(part), () => new byte[set.Shape.Size], (index, _, pixels) =>
                {
                    var label = SyntheticImages.Draw(part, index, pixels);
                    sink.Put(part, index, label, pixels);
                    return pixels;
                }, _ => { });
            }
        }
        catch (AggregateException several)
        {
            // All threads fail for the same reason, the disk; the first exception is enough.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return [];
    }
}
