using Experiments.Core.Files;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results;

/// <summary>
/// A folder of results. <c>runs/&lt;run&gt;/row.csv</c>, <c>epochs.csv</c> and the files of measurements beside them hold the truth;
/// runs.csv, epochs.csv, summary.csv, differences.csv and a file for each kind of measurement above them are derived from it and may be
/// rebuilt by anyone at any time.
/// </summary>
/// <param name="path">The folder, for example <c>results/figure-1</c>.</param>
public sealed class ResultsFolder(string path)
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(1);

    // Time for a run that was asked to end to finish its last step.
    private static readonly TimeSpan RunPatience = TimeSpan.FromSeconds(5);

    /// <summary>The folder.</summary>
    public string Root { get; } = path;

    /// <summary>The folder's own name, without those above it.</summary>
    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    /// <summary>The runs that are under way, and those that have left a row or a checkpoint here.</summary>
    public IReadOnlyList<string> StartedRuns => [.. RunNames.Where(run => File.Exists(RowFile(run)) || Directory.Exists(CheckpointsOf(run)) || IsUnderWay(run))];

    /// <summary>The results folder of a path: the path itself, or for a file the folder that it lies in.</summary>
    public static ResultsFolder At(string path) => new(FolderOf(path));

    /// <summary>For each of these paths its folder's own name, after the names of as many folders above it as are needed to tell it from the others.</summary>
    public static IReadOnlyDictionary<string, string> Names(IReadOnlyList<string> paths)
    {
        var parts = paths.Distinct().ToDictionary(path => path, path => Path.GetFullPath(FolderOf(path)).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries));
        return parts.ToDictionary(path => path.Key, path => Enumerable.Range(1, path.Value.Length)
            .Where(length => parts.Values.Count(other => End(other, length) == End(path.Value, length)) == 1)
            .Select(length => End(path.Value, length)).FirstOrDefault(string.Join('/', path.Value)));

        static string End(string[] path, int length) => string.Join('/', path.TakeLast(length));
    }

    /// <summary>The folder of one run.</summary>
    public string PathOf(string run) => Path.Combine(Root, "runs", run);

    /// <summary>Where a run keeps its checkpoints until it has ended.</summary>
    public string CheckpointsOf(string run) => Path.Combine(PathOf(run), "checkpoints");

    /// <summary>
    /// Locks a run's folder for this process, after a short wait if another process holds it, and removes half-written files that killed processes
    /// left there.
    /// </summary>
    /// <returns>An object that unlocks the folder when it is disposed.</returns>
    /// <exception cref="ExperimentException">Another process trains the run, or the folder cannot be written to.</exception>
    public IDisposable Begin(string run, TimeSpan? patience = null)
    {
        var held = FolderLock.Take(PathOf(run), patience ?? RunPatience);
        AtomicFile.RemoveLeftovers(PathOf(run));
        return held;
    }

    /// <summary>
    /// Removes the results of an earlier training of a run, so that the run counts as not ended. A row that cannot be read is kept in the same
    /// folder, as <c>row.csv.damaged</c>.
    /// </summary>
    /// <returns>A sentence that says what is wrong with the row and where it is kept; null if the row can be read or there is none.</returns>
    /// <exception cref="ExperimentException">The folder cannot be written to.</exception>
    public string? Discard(string run)
    {
        var damage = DamageOf(run);
        try
        {
            if (damage is not null)
                return $"{damage} It is kept as {KeepAside(RowFile(run))}.";
            File.Delete(RowFile(run));
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot write to {PathOf(run)}: {AtomicFile.Reason(error)}", ExperimentException.Unavailable, error);
        }
    }

    /// <summary>A sentence that says what is wrong with a run's row; null if the row can be read or there is none.</summary>
    public string? DamageOf(string run)
    {
        try
        {
            ReadRow(run);
            return null;
        }
        catch (ExperimentException damaged)
        {
            return damaged.Message;
        }
    }

    // The new name is one that no file has, so that an earlier damaged file stays too.
    private static string KeepAside(string file)
    {
        var aside = Enumerable.Range(1, int.MaxValue).Select(number => $"{file}.damaged{(number == 1 ? "" : $"-{number}")}").First(name => !Path.Exists(name));
        File.Move(file, aside);
        return aside;
    }

    /// <summary>Whether a process trains a run now, on this machine, or on another one if the file system shares its locks.</summary>
    public bool IsUnderWay(string run) => FolderLock.IsHeld(PathOf(run));

    /// <summary>Writes a run's row: from now on the run counts as ended.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void WriteRow(RunRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        CsvFile.Write(RowFile(row.Run), [row]);
    }

    /// <summary>Writes all rows of one kind that a run has so far: its epochs, its measurements.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public void Write<T>(RunKey run, IEnumerable<T> rows)
        where T : class, IRunFile => CsvFile.Write(FileOf<T>(run.Run), rows.Select(row => new OfRun<T> { Key = run, Row = row }));

    /// <summary>A run's row; null if the run has not ended.</summary>
    /// <exception cref="ExperimentException">The row is damaged, or belongs to another run.</exception>
    public RunRow? ReadRow(string run)
    {
        var file = RowFile(run);
        if (!File.Exists(file))
            return null;
        return CsvFile.Read<RunRow>(file) is [var row] && row.Run == run
            ? row
            : throw new ExperimentException($"{file} should hold one row, that of run {run}.");
    }

    /// <summary>The rows of one kind that a run has so far; an empty list if it has not written any.</summary>
    /// <exception cref="ExperimentException">The file is damaged.</exception>
    public IReadOnlyList<OfRun<T>> Read<T>(string run)
        where T : class, IRunFile => FileOf<T>(run) is var file && File.Exists(file) ? CsvFile.Read<OfRun<T>>(file) : [];

    /// <summary>
    /// Derives the CSVs of the folder from its runs, one process at a time. Runs stand in the given order (the grid's); the others follow, sorted
    /// by norm, groups, channels per group, batch from large to small, and seed.
    /// </summary>
    /// <param name="order">The runs' names in order; null: none is given.</param>
    /// <param name="unlessHas">If runs.csv already holds this row, another process has derived the files since the row was written, and there is nothing
    /// to do. Where many runs end at once, this is so for most of them.</param>
    /// <returns>A sentence for each file that could not be read and was left out.</returns>
    /// <exception cref="ExperimentException">A file cannot be written, or another process does not let go of the folder.</exception>
    public IReadOnlyList<string> Rebuild(IReadOnlyList<string>? order = null, RunRow? unlessHas = null)
    {
        using var _ = FolderLock.Take(Root, LockPatience);
        AtomicFile.RemoveLeftovers(Root, "*.csv");

        if (unlessHas is not null && File.Exists(Derived("runs.csv")) && Keep(() => CsvFile.Read<RunRow>(Derived("runs.csv")), [])?.Contains(unlessHas) == true)
            return [];

        // The runs are read after the lock is taken, so that the last process to take it sees all runs that have ended.
        var warnings = new List<string>();
        var rows = new List<RunRow>();
        foreach (var run in RunNames)
        {
            if (Keep(() => ReadRow(run), warnings) is { } row)
                rows.Add(row);
        }

        var runs = InOrder(rows, order ?? []);
        CsvFile.Write(Derived(EpochRow.FileName), Gather<EpochRow>(runs, warnings));
        WriteIfAny(Gather<PercentileRow>(runs, warnings));
        WriteIfAny(Gather<HistogramRow>(runs, warnings));
        WriteIfAny(Gather<LandscapeRow>(runs, warnings));
        WriteIfAny(Gather<CovariateShiftRow>(runs, warnings));
        WriteIfAny(Gather<DistributionShiftRow>(runs, warnings));
        WriteIfAny(Gather<SequenceLengthRow>(runs, warnings));
        CsvFile.Write(Derived("summary.csv"), SummaryRow.Of(runs));
        CsvFile.Write(Derived("differences.csv"), DifferenceRow.Of(runs));
        CsvFile.Write(Derived("runs.csv"), runs); // written last, so that whoever finds a run in it finds its rows in the other files too
        return warnings;
    }

    /// <summary>Reads the runs of results folders or of runs.csv files. A run that lies in several of them counts once.</summary>
    /// <exception cref="ExperimentException">There is no such file, or it cannot be read.</exception>
    public static IReadOnlyList<RunRow> ReadRuns(params IReadOnlyList<string> paths) =>
        [.. paths.SelectMany(path => CsvFile.Read<RunRow>(Locate(path, "runs.csv"))).DistinctBy(row => row.Run)];

    /// <summary>
    /// Reads the rows of one kind that lie beside the runs of <see cref="ReadRuns"/>; a folder without such a file adds none. The rows of a run
    /// that lies in several folders are taken from the first one.
    /// </summary>
    /// <exception cref="ExperimentException">A file cannot be read.</exception>
    public static IReadOnlyList<OfRun<T>> ReadRows<T>(params IReadOnlyList<string> paths)
        where T : class, IRunFile
    {
        var rows = new List<OfRun<T>>();
        foreach (var file in paths.Select(path => Path.Combine(FolderOf(path), T.FileName)).Where(File.Exists).Distinct())
        {
            var known = rows.Select(row => row.Key.Run).ToHashSet();
            rows.AddRange(CsvFile.Read<OfRun<T>>(file).Where(row => !known.Contains(row.Key.Run)));
        }

        return rows;
    }

    private static string Locate(string path, string file)
    {
        if (File.Exists(path))
            return path;
        var inside = Path.Combine(path, file);
        return File.Exists(inside) ? inside
            : Directory.Exists(path) ? throw new ExperimentException($"There is no {file} in {path}: no run has ended there.")
            : throw new ExperimentException($"There is no results folder {path}.");
    }

    private static string FolderOf(string path) =>
        File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;

    private static T? Keep<T>(Func<T> read, List<string> warnings)
        where T : class?
    {
        try
        {
            return read();
        }
        catch (ExperimentException damaged)
        {
            warnings.Add($"Left out: {damaged.Message}");
            return null;
        }
    }

    private static List<RunRow> InOrder(List<RunRow> rows, IReadOnlyList<string> order)
    {
        var position = order.Select((run, index) => (run, index)).DistinctBy(pair => pair.run).ToDictionary(pair => pair.run, pair => pair.index);
        return
        [
            .. rows.OrderBy(row => position.GetValueOrDefault(row.Run, int.MaxValue))
                .ThenBy(row => row.Norm, StringComparer.Ordinal).ThenBy(row => row.Groups).ThenBy(row => row.ChannelsPerGroup)
                .ThenByDescending(row => row.Batch).ThenBy(row => row.Seed).ThenBy(row => row.Run, StringComparer.Ordinal),
        ];
    }

    private List<OfRun<T>> Gather<T>(IEnumerable<RunRow> runs, List<string> warnings)
        where T : class, IRunFile => [.. runs.SelectMany(run => Keep(() => Read<T>(run.Run), warnings) ?? [])];

    private void WriteIfAny<T>(List<OfRun<T>> rows)
        where T : class, IRunFile
    {
        if (rows.Count > 0)
            CsvFile.Write(Derived(T.FileName), rows);
        else
            File.Delete(Derived(T.FileName)); // the file, if there is one, is of runs that have been removed since
    }

    /// <summary>The runs that have a folder here.</summary>
    public IEnumerable<string> RunNames =>
        Directory.Exists(Derived("runs")) ? Directory.EnumerateDirectories(Derived("runs")).Select(folder => Path.GetFileName(folder)!) : [];

    private string Derived(string name) => Path.Combine(Root, name);

    private string FileOf<T>(string run)
        where T : IRunFile => Path.Combine(PathOf(run), T.FileName);

    private string RowFile(string run) => Path.Combine(PathOf(run), "row.csv");
}
