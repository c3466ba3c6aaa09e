using System.Collections.Immutable;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>The user's own images in arrays: IDX files, or a NumPy archive. Their sizes and labels were read when they were described.</summary>
internal sealed record ArraySource : DatasetSource
{
    /// <summary>The folder or archive.</summary>
    public required string Place { get; init; }

    /// <summary>The files.</summary>
    public required ImmutableArray<string> Files { get; init; }

    /// <summary>What the prepared images depend on besides the files: how they are split.</summary>
    public required string Variant { get; init; }

    /// <summary>The arrays.</summary>
    public required ImmutableArray<LabelledArray> Arrays { get; init; }

    /// <inheritdoc/>
    public override string HowToGet => $"It lies at {Place}";

    internal override FoundSource? Find(string path) => Files.All(File.Exists) ? FoundSource.Own(Place, Files, Variant) : null;

    internal override IReadOnlyList<string> Places(string path) => Files;

    internal override IReadOnlyList<string> Glance(FoundSource found, DatasetDescription set) => [];

    internal override IReadOnlyList<string> Read(FoundSource found, DatasetDescription set, IImageSink sink, IImageDecoder? decoder = null)
    {
        var mistakes = new List<string>();
        foreach (var array in Arrays)
        {
            ExperimentException.Try(() => array.Images.Read((index, pixels) =>
            {
                var (part, position) = array.Places[index];
                sink.Put(part, position, array.Labels[index], pixels);
            }), mistakes);
        }

        return mistakes;
    }

    internal override string NameOf(DatasetPart part, int index) => Arrays
        .Select(array => (array.Images.Where, Index: Array.IndexOf(array.Places, (part, index))))
        .Where(found => found.Index >= 0).Select(found => $"image {found.Index} of {found.Where}").FirstOrDefault(base.NameOf(part, index));

    internal override string Sizes() => $"images of {Arrays[0].Images.Shape}";
}

/// <summary>An array of images, with the label of each and its place in the set.</summary>
/// <param name="Images">The images.</param>
/// <param name="Labels">[N] labels, from 0.</param>
/// <param name="Places">[N] places: for each image, the part of the set and the position in that part.</param>
internal sealed record LabelledArray(ImageArray Images, int[] Labels, (DatasetPart Part, int Index)[] Places);
