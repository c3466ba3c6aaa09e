using System.Collections.Immutable;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>A results folder with the sweep that it belongs to, in <c>sweep.yaml</c>; a folder of runs that were started by hand has no such file.</summary>
/// <param name="results">The folder.</param>
public sealed class SweepFolder(ResultsFolder results)
{
    /// <summary>The name of the sweep's file.</summary>
    public const string FileName = "sweep.yaml";

    private const string SweepLock = ".sweep.lock";

    private string SweepPath => Path.Combine(Results.Root, FileName);

    /// <summary>The folder's runs and CSVs.</summary>
    public ResultsFolder Results { get; } = results;

    /// <summary>The sweep of the runs whose weights a sweep's runs begin with, and their folder within this one; null: there are none.</summary>
    public (Sweep Sweep, SweepFolder Folder)? Pretraining(Sweep sweep) => sweep.Pretraining is not { } before ? null
        : (before, new SweepFolder(new ResultsFolder(Path.Combine(Results.Root, StartingState.PretrainFolder))));

    /// <summary>The sweep that the folder belongs to; null where there is none.</summary>
    /// <exception cref="ExperimentException">Its file is damaged.</exception>
    public Sweep? Read() => File.Exists(SweepPath)
        ? SweepFile.AsWritten(SweepFile.Read(SweepPath)) with { Name = Results.Name }
        : null;

    /// <summary>Checks that no file is in the folder's place.</summary>
    /// <exception cref="ExperimentException">There is a file in its place.</exception>
    public void CheckIsNoFile()
    {
        if (File.Exists(Results.Root))
            throw new ExperimentException($"{Results.Root} is a file: --out takes a folder.");
    }

    /// <summary>The runs of a sweep in grid order, each under the name of its folder here, which an earlier version of the program may have given.</summary>
    /// <exception cref="ExperimentException">Runs that cannot be trained, all of them at once.</exception>
    public IReadOnlyList<Run> RunsOf(Sweep sweep)
    {
        var folders = new RunFolders(Results);
        return [.. sweep.Runs().Select(run => run.In(folders.NameOf(run.Settings)))];
    }

    /// <summary>A run under the name of its folder here.</summary>
    public Run Find(Run run) => run.In(new RunFolders(Results).NameOf(run.Settings));

    /// <summary>The names of folders here that hold results of other runs than these.</summary>
    public IReadOnlyList<string> OthersThan(IReadOnlyList<Run> runs) => [.. Results.StartedRuns.Except(runs.Select(run => run.Id)).Order(StringComparer.Ordinal)];

    /// <summary>Who works on the sweep now, in words; null where nobody does.</summary>
    public string? Holder => FolderLock.IsHeld(Results.Root, SweepLock) ? FolderLock.Holder(Results.Root, SweepLock) ?? "one that has not said who" : null;

    /// <summary>Makes this process the only one that works on the sweep. A dead process does not keep others out.</summary>
    /// <returns>Lets other processes work on the sweep again when it is disposed.</returns>
    /// <exception cref="ExperimentException">Another process works on the sweep, or the folder cannot be written to.</exception>
    public IDisposable Hold()
    {
        try
        {
            return FolderLock.Take(Results.Root, TimeSpan.FromSeconds(1), SweepLock);
        }
        catch (ExperimentException e) when (e.ExitCode == ExperimentException.Busy)
        {
            throw new ExperimentException($"{e.Message} `sweep {Results.Root} --status` shows how far it is.", e.ExitCode, e);
        }
    }

    /// <summary>
    /// Opens every data set of the runs that are missing, so that none of them has to prepare it, and checks that its images are those that
    /// earlier runs of the folder were trained on. Nothing is written into the folder.
    /// </summary>
    /// <param name="asked">As in <see cref="Claim"/>.</param>
    /// <param name="machine">As in <see cref="Claim"/>.</param>
    /// <param name="cancellation">Ends the preparation of data sets.</param>
    /// <returns>The checksum of each data set's images, by its name.</returns>
    /// <exception cref="ExperimentException">The folder belongs to another sweep, a data set is missing, or its images have changed.</exception>
    public IReadOnlyDictionary<string, string> Prepare(Sweep asked, Machine machine, CancellationToken cancellation = default)
    {
        var runs = RunsOf(Fit(asked, machine));
        var checksums = new Dictionary<string, string>();
        foreach (var run in Missing(runs).DistinctBy(run => (run.Dataset, run.DataOptions, run.Settings.Input)))
        {
            using var opened = machine.Open(run, null, cancellation);
            opened.Prepare(run.Settings.Input);
            checksums[opened.Name] = opened.Checksum;
        }

        foreach (var (dataset, checksum) in checksums)
        {
            var others = runs.Where(run => run.Dataset.Name == dataset).Select(RowOf)
                .Where(row => row is { Status: not RunStatus.Failed, ImagesChecksum: { } then } && then != checksum).ToList();
            if (others.Count > 0)
            {
                throw new ExperimentException($"The images of {dataset} are not those that {others.Count} {(others.Count == 1 ? "run" : "runs")} in {Results.Root} were trained on "
                    + $"(checksum {checksum} now, {others[0]!.ImagesChecksum} then): restore those images, or give another folder with --out.");
            }
        }

        return checksums;
    }

    /// <summary>
    /// Makes the folder belong to this sweep. Choices left to the machine (data set, engine, device) are made here: as they were made when the sweep
    /// was created, or else now.
    /// </summary>
    /// <param name="asked">The sweep as it was asked for.</param>
    /// <param name="machine">What this machine has.</param>
    /// <returns>The sweep with nothing left open. It may have more values than it had before. Any sweep may take a folder in which no run has left
    /// anything.</returns>
    /// <exception cref="ExperimentException">The folder belongs to another sweep; the message names the options that differ.</exception>
    public Sweep Claim(Sweep asked, Machine machine)
    {
        var sweep = Fit(asked, machine);
        if (SweepFile.Write(sweep) is var text && (!File.Exists(SweepPath) || text != File.ReadAllText(SweepPath)))
            AtomicFile.WriteText(SweepPath, text);
        return sweep;
    }

    /// <summary>The sweep that <see cref="Claim"/> would write into the folder. Nothing is written.</summary>
    /// <exception cref="ExperimentException">As in <see cref="Claim"/>.</exception>
    public Sweep Fit(Sweep asked, Machine machine)
    {
        if (Results.StartedRuns.Count == 0 || Read() is not { } there)
        {
            var resolved = asked.Resolve(machine);
            var others = OthersThan(RunsOf(resolved));
            if (others.Count > 0)
                throw new ExperimentException($"{Results.Root} holds runs that do not belong to this sweep, such as {others[0]}: give another folder with --out.");
            return resolved;
        }

        var grid = asked.Grid;
        foreach (var (key, values) in there.Grid.Axes)
        {
            if (RunOptions.Find(key)!.Get(new RunSettings()) == RunSettings.Auto && (!grid.Axes.TryGetValue(key, out var given) || given.Any(value => value.Text == RunSettings.Auto)))
                grid = grid.With(key, values);
        }

        var now = (asked with { Grid = grid }).Resolve(machine);
        if (!there.Settings().Select(RunIdentity.Of).Except(now.Settings().Select(RunIdentity.Of)).Any())
            return now;
        var differing = RunOptions.All.Select(option => option.Name).Where(key => Values(there, key).Except(Values(now, key)).Any()).ToList();
        throw new ExperimentException($"{Results.Root} holds another sweep: "
            + (differing.Count == 0 ? "it has runs that this one lacks" : string.Join("; ", differing.Select(key => $"{key} is {Text(there, key)} there and {Text(now, key)} now")))
            + $". More values may be added to a sweep, but none taken away: `sweep {Results.Root}` goes on with the sweep that is there, and --out takes another folder.");
    }

    /// <summary>Derives the folder's CSVs from its runs, in grid order where there is a grid.</summary>
    /// <param name="unlessHas">As in <see cref="ResultsFolder.Rebuild"/>.</param>
    /// <returns>A sentence for each file that could not be read and was left out; or a single sentence if other processes held the folder for so long that
    /// nothing was done.</returns>
    public IReadOnlyList<string> Rebuild(RunRow? unlessHas = null)
    {
        try
        {
            return Results.Rebuild(Read() is { } sweep ? [.. sweep.Settings().Select(new RunFolders(Results).NameOf)] : null, unlessHas);
        }
        catch (ExperimentException e) when (e.ExitCode == ExperimentException.Busy)
        {
            return [$"{e.Message} All runs have written their own files, but the CSVs of the folder may lack some of them: `collect {Results.Root}` writes these CSVs anew."];
        }
    }

    /// <summary>The runs that have not ended yet; failed ones are run again.</summary>
    public IReadOnlyList<Run> Missing(IReadOnlyList<Run> runs) => [.. runs.Where(run => !HasEnded(run))];

    /// <summary>Whether a run has ended, well or by diverging.</summary>
    public bool HasEnded(Run run) => new RunFolder(Results, run).HasEnded;

    /// <summary>A run's row; null if there is none, or if it cannot be read: the run is then trained again.</summary>
    public RunRow? RowOf(Run run) => new RunFolder(Results, run).Row;

    /// <summary>A sentence for each row of these runs that cannot be read: what is wrong with it. The runs are trained again.</summary>
    public IReadOnlyList<string> DamagedRows(IEnumerable<Run> runs) => [.. runs.Select(run => Results.DamageOf(run.Id)).OfType<string>()];

    /// <summary>The runs of a folder without a sweep, which were started by hand, as far as their settings can be read.</summary>
    public IReadOnlyList<Run> RunsByHand() => [.. Results.RunNames.Order(StringComparer.Ordinal).SelectMany(name => RunFolders.WrittenIn(Results, name))];

    /// <summary>Checks that a run that is started by hand may go into this folder.</summary>
    /// <exception cref="ExperimentException">The folder belongs to a sweep, and the run is not part of it.</exception>
    public void Admit(Run run)
    {
        if (Read() is { } sweep && !sweep.Settings().Select(RunIdentity.Of).Contains(run.Identity))
            throw new ExperimentException($"{Results.Root} holds the sweep {sweep.Name}, and this run does not belong to it: give another folder with --out.");
    }

    // Two paths mean the same images if results give them the same name; checksums are compared before a run begins.
    private static ImmutableArray<GridValue> Values(Sweep sweep, string key) => !sweep.Grid.Axes.TryGetValue(key, out var values) ? []
        : key == RunOptions.Dataset ? [.. values.Select(value => new GridValue(RunImages.NameOf(new RunSettings { Dataset = value.Text })))]
        : values;

    private static string Text(Sweep sweep, string key) => Values(sweep, key).Length > 0
        ? string.Join(", ", Values(sweep, key))
        : "not given";
}
