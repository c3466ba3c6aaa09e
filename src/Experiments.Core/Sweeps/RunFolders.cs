using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>
/// Finds the folders of runs in a results folder, also those that an earlier version of the program gave other names. Such a folder keeps its name; its
/// <c>run.yaml</c>, or its row if there is none, tells which run it belongs to.
/// </summary>
/// <param name="results">The results folder.</param>
internal sealed class RunFolders(ResultsFolder results)
{
    private readonly List<string> _names = [.. results.RunNames.Order(StringComparer.Ordinal)];
    private readonly Dictionary<string, IReadOnlyList<string>> _identities = [];

    /// <summary>The runs that <c>run.yaml</c> in a folder describes: one if all is well, none if the file cannot be read.</summary>
    public static IReadOnlyList<Run> WrittenIn(ResultsFolder results, string name)
    {
        var file = Path.Combine(results.PathOf(name), "run.yaml");
        var runs = new List<Run>();
        if (File.Exists(file))
            ExperimentException.Try(() => runs.AddRange(SweepFile.AsWritten(SweepFile.Read(file)).Runs().Select(run => run.In(name))), []);
        return runs;
    }

    /// <summary>
    /// The name of the folder in which a run has ended, or got furthest; if it has none, the name of the folder that it will have.
    /// </summary>
    /// <param name="settings">The run's settings, with the values that follow from others.</param>
    public string NameOf(RunSettings settings)
    {
        var name = RunIdentity.NameOf(settings);
        if (HasEnded(name))
            return name;
        var identity = RunIdentity.Of(settings);
        var folders = _names.Where(other => other != name && MayBeOf(settings, other) && IsOf(settings, identity, other)).ToList();
        return folders.Prepend(name).MaxBy(Reached)!;
    }

    // Every version began the name with the norm and ended it with the seed and a hash of 8 digits.
    private static bool MayBeOf(RunSettings settings, string name) => name.StartsWith($"{settings.Norm.Name}-", StringComparison.Ordinal)
        && name.Length > 9 && name[..^9].EndsWith(FormattableString.Invariant($"-s{settings.Seed}"), StringComparison.Ordinal);

    private bool IsOf(RunSettings settings, string identity, string name)
    {
        if (!_identities.TryGetValue(name, out var written))
            _identities[name] = written = IdentitiesIn(name);
        return written.Count > 0 ? written.Contains(identity) : RowOf(name) is { } row && IsOf(settings, identity, row);
    }

    private List<string> IdentitiesIn(string name)
    {
        var file = Path.Combine(results.PathOf(name), "run.yaml");
        var identities = new List<string>();
        if (File.Exists(file))
            ExperimentException.Try(() => identities.AddRange(SweepFile.AsWritten(SweepFile.Read(file)).Settings().Select(RunIdentity.Of)), []);
        return identities;
    }

    // A row does not say what was measured. The files beside it do, except the layer and the number of points.
    private bool IsOf(RunSettings settings, string identity, RunRow row)
    {
        var measured = MeasurementFiles.All.Where(one => File.Exists(Path.Combine(results.PathOf(row.Run), one.File))).Aggregate(MeasurementKinds.None, (all, one) => all | one.Measurement);
        if (row.Status == RunStatus.Diverged)
            measured |= settings.Measure & Run.AfterTraining; // a diverged run ends without these
        var same = false;
        ExperimentException.Try(() => same = identity == RunIdentity.Of(Run.Complete(RunRecord.SettingsOf(row) with
        {
            Measure = measured,
            MeasureLayer = settings.MeasureLayer,
            MeasurePoints = settings.MeasurePoints,
        })), []);
        return same;
    }

    private int Reached(string name) => HasEnded(name) ? 3 : Directory.Exists(results.CheckpointsOf(name)) || results.IsUnderWay(name) ? 2 : Directory.Exists(results.PathOf(name)) ? 1 : 0;

    private bool HasEnded(string name) => RowOf(name) is { Status: not RunStatus.Failed };

    private RunRow? RowOf(string name)
    {
        RunRow? row = null;
        ExperimentException.Try(() => row = results.ReadRow(name), []);
        return row;
    }
}
