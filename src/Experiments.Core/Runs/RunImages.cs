using Experiments.Core.Data;
using Experiments.Core.Data.Sources;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>The data sets of runs, each described only once: describing images of one's own means listing and opening their files.</summary>
internal sealed class RunImages
{
    private readonly Dictionary<(string, int?, double?, long?), DatasetDescription> _known = [];
    private readonly Dictionary<(DatasetDescription, string), DatasetDescription> _parts = [];

    /// <summary>The name of the data set that settings ask for, in results.</summary>
    public static string NameOf(RunSettings settings) => OwnImages.IsPath(settings.Dataset) ? OwnImages.NameOf(settings.Dataset) : settings.Dataset;

    /// <summary>The data set that settings ask for.</summary>
    /// <exception cref="ExperimentException">There is no such data set, or it does not take an option that is given.</exception>
    public DatasetDescription Of(RunSettings settings)
    {
        var set = WholeOf(settings);
        if (settings.Classes is not { } classes)
            return set;
        if (!_parts.TryGetValue((set, classes), out var part))
            _parts.Add((set, classes), part = ClassSelection.Of(set, classes));
        return part;
    }

    private DatasetDescription WholeOf(RunSettings settings)
    {
        if (!OwnImages.IsPath(settings.Dataset))
        {
            var given = RunOptions.OfImages.Where(key => RunOptions.Find(key)!.Get(settings) is not null).Select(key => $"--{key}").ToList();
            return given.Count == 0 ? DatasetCatalog.Find(settings.Dataset)
                : throw new ExperimentException($"{string.Join(" and ", given)} {(given.Count == 1 ? "goes" : "go")} with images of your own (--dataset PATH), not with {settings.Dataset}: leave it out.");
        }

        if (settings is { SplitSeed: not null, TestPart: null })
            throw new ExperimentException("--split-seed chooses the test images of --test-part: give that too, or leave it out.");
        var key = (settings.Dataset, settings.ImageSize, settings.TestPart, settings.SplitSeed);
        if (!_known.TryGetValue(key, out var set))
            _known.Add(key, set = OwnImages.Describe(settings.Dataset, new(settings.ImageSize, settings.TestPart, settings.SplitSeed ?? 0)));
        return set;
    }
}
