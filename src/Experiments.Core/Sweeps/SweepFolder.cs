using Experiments.Core.Results;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>A results folder with the sweep that it belongs to, in <c>sweep.yaml</c>; runs that were started by hand have none.</summary>
/// <param name="results">The folder.</param>
public sealed class SweepFolder(ResultsFolder results)
{
    private string SweepPath => Path.Combine(Results.Root, "sweep.yaml");

    /// <summary>The folder's runs and CSVs.</summary>
    public ResultsFolder Results { get; } = results;

    /// <summary>The sweep that the folder belongs to; null where there is none.</summary>
    /// <exception cref="ExperimentException">Its file is damaged.</exception>
    public Sweep? Read() => File.Exists(SweepPath)
        ? SweepFile.Read(SweepPath) with { Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Results.Root))) }
        : null;

    /// <summary>
    /// Makes the folder this sweep's. What was left to the machine (data set, engine, device) is settled here: as it was when the sweep
    /// was first made, or now.
    /// </summary>
    /// <param name="asked">The sweep as it was asked for.</param>
    /// <param name="machine">What this machine has.</param>
    /// <returns>The sweep with nothing left open.</returns>
    /// <exception cref="ExperimentException">The folder belongs to another sweep; the message names the options that differ.</exception>
    public Sweep Claim(Sweep asked, Machine machine)
    {
        if (Read() is not { } there)
        {
            var resolved = asked.Resolve(machine);
            resolved.Runs();
            AtomicFile.WriteText(SweepPath, SweepFile.Write(resolved));
            return resolved;
        }

        var grid = asked.Grid;
        foreach (var (key, values) in there.Grid.Axes)
        {
            if (RunOptions.Find(key)!.Get(new RunSettings()) == RunSettings.Auto && (!grid.Axes.TryGetValue(key, out var given) || given.Any(value => value.Text == RunSettings.Auto)))
                grid = grid.With(key, values);
        }

        var again = (asked with { Grid = grid }).Resolve(machine);
        var differing = RunOptions.All.Select(option => option.Name).Where(key => Text(again, key) != Text(there, key)).ToList();
        if (differing.Count > 0)
            throw new ExperimentException($"{Results.Root} holds another sweep: "
                + string.Join("; ", differing.Select(key => $"{key} is {Text(there, key)} there and {Text(again, key)} now"))
                + ". Give --out a folder of its own.");
        if (SweepFile.Write(again) is var text && text != File.ReadAllText(SweepPath))
            AtomicFile.WriteText(SweepPath, text);
        return again;
    }

    /// <summary>Derives the folder's CSVs from its runs, in grid order where there is a grid.</summary>
    /// <returns>What could not be read and was left out.</returns>
    public IReadOnlyList<string> Rebuild() => Results.Rebuild(Read()?.Runs().Select(run => run.Id).ToList());

    /// <summary>The runs that have not ended yet; failed ones are run again.</summary>
    public IReadOnlyList<Run> Missing(IReadOnlyList<Run> runs) => [.. runs.Where(run => !HasEnded(run))];

    /// <summary>Whether a run has ended, well or by diverging.</summary>
    public bool HasEnded(Run run)
    {
        try
        {
            return Results.ReadRow(run.Id) is { Status: not RunStatus.Failed };
        }
        catch (ExperimentException)
        {
            // A damaged row is no row: the run is trained again.
            return false;
        }
    }

    private static string Text(Sweep sweep, string key) => sweep.Grid.Axes.TryGetValue(key, out var values)
        ? string.Join(", ", values.Select(value => value.Own is { } own ? $"{value.Text} ({own.Key} {own.Text})" : value.Text))
        : "not given";
}
