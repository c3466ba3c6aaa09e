using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data;

/// <summary>Keeps all images it is given.</summary>
internal sealed class Collector : IImageSink
{
    public Dictionary<(DatasetPart Part, int Index), (byte Label, byte[] Pixels)> Images { get; } = [];

    public void Put(DatasetPart part, int index, int label, ReadOnlySpan<byte> pixels) => Images.Add((part, index), ((byte)label, pixels.ToArray()));
}
