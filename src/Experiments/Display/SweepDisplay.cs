using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Spectre.Console;

namespace Experiments.Display;

/// <summary>
/// Shows a sweep: a line for each run that ended and, below them on a terminal, a live table of the runs under way with the time left for the
/// whole grid; elsewhere a line every minute says the same.
/// </summary>
internal sealed class SweepDisplay : ISweepObserver
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromMinutes(1);

    private readonly bool _live = Terminal.IsLive;
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly SweepFolder _folder;
    private readonly int _sideBySide;
    private readonly Dictionary<Run, RunState> _states;

    /// <summary>Begins with the runs as they are in the folder.</summary>
    /// <param name="name">The sweep's name.</param>
    /// <param name="folder">Its folder, which tells how far runs are.</param>
    /// <param name="runs">All its runs.</param>
    /// <param name="sideBySide">How many are trained at once.</param>
    public SweepDisplay(string name, SweepFolder folder, IReadOnlyList<Run> runs, int sideBySide)
    {
        (_name, _folder, _sideBySide) = (name, folder, sideBySide);
        _states = RunState.Read(folder, runs).ToDictionary(state => state.Run);
    }

    /// <summary>Shows the sweep while it runs.</summary>
    public async Task<SweepOutcome> DuringAsync(Func<Task<SweepOutcome>> sweep)
    {
        if (!_live)
            return await WatchAsync(Task.Run(sweep), PlainInterval, () => Console.WriteLine(Line())).ConfigureAwait(false);
        return await AnsiConsole.Live(Picture()).AutoClear(true)
            .StartAsync(context => WatchAsync(Task.Run(sweep), LiveInterval, () => context.UpdateTarget(Picture()))).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Started(Run run)
    {
        lock (_lock)
            _states[run] = new RunState(run, RunStage.UnderWay, null, null);
    }

    /// <inheritdoc/>
    public void Ended(Run run, RunRow? row, string? failure)
    {
        lock (_lock)
        {
            _states[run] = new RunState(run, failure is not null ? RunStage.Failed : row!.Status == RunStatus.Diverged ? RunStage.Diverged : RunStage.Finished, row, null);
            var result = (failure, row) switch
            {
                ({ } reason, _) => $"failed: {reason.TrimEnd('.')}; see {RunLog.Of(_folder.Results, run).Path}",
                (_, { Status: RunStatus.Diverged }) => $"diverged in epoch {row.DivergedEpoch}",
                _ => string.Create(CultureInfo.InvariantCulture, $"test error {row!.Error,6:0.00}%  {row.ImagesPerSecond,5:0} images/s  {TrainingDisplay.Describe(TimeSpan.FromSeconds(row.Seconds ?? 0))}"),
            };
            var ended = _states.Values.Count(state => state.HasEnded || state.Stage == RunStage.Failed);
            var line = $"[{ended.ToString(CultureInfo.InvariantCulture).PadLeft(_states.Count.ToString(CultureInfo.InvariantCulture).Length)}/{_states.Count}] {run.Id,-28} {result}";

            // Spectre.Console would wrap lines at 80 characters where there is no terminal to tell its width.
            if (_live)
                WriteOver(line);
            else
                Console.WriteLine(line);
        }
    }

    // To the terminal's edge, since it is written over what was shown there; and in pieces of its width, since words would be wrapped.
    private static void WriteOver(string line)
    {
        var width = AnsiConsole.Profile.Width;
        foreach (var piece in line.Chunk(width))
            AnsiConsole.WriteLine(new string(piece).PadRight(width));
    }

    private static async Task<SweepOutcome> WatchAsync(Task<SweepOutcome> sweep, TimeSpan interval, Action show)
    {
        while (await Task.WhenAny(sweep, Task.Delay(interval)).ConfigureAwait(false) != sweep)
            show();
        return await sweep.ConfigureAwait(false);
    }

    private List<RunState> States()
    {
        lock (_lock)
        {
            foreach (var (run, state) in _states.Where(pair => pair.Value.Stage == RunStage.UnderWay).ToList())
                _states[run] = state with { Progress = ProgressFile.Read(_folder.Results, run) };
            return [.. _states.Values];
        }
    }

    private string Line()
    {
        var states = States();
        var underWay = states.Where(state => state.Stage == RunStage.UnderWay)
            .Select(state => string.Create(CultureInfo.InvariantCulture, $"{state.Run.Id} {state.Progress?.Training.Fraction ?? 0:0%}"));
        return $"{SweepTable.Summary(_name, states, _sideBySide)}{string.Concat(underWay.Select(run => $", {run}"))}";
    }

    // Lines of our own and not Spectre's table, which would break cells in two where the terminal is narrow.
    private Rows Picture()
    {
        var states = States();
        var (width, height) = (AnsiConsole.Profile.Width - 1, AnsiConsole.Profile.Height);
        var lines = SweepTable.Lines(states.Where(state => state.Stage == RunStage.UnderWay), width);

        // The summary, the header, a line to say that there are more, and the one that the cursor is on.
        var room = Math.Max(1, height - 4);
        var summary = SweepTable.Summary(_name, states, _sideBySide);
        return new Rows(new[] { summary.Length > width ? summary[..width] : summary }
            .Concat(lines.Take(1 + room)).Concat(lines.Count > 1 + room ? [$"and {lines.Count - 1 - room} more under way"] : Array.Empty<string>())
            .Select((line, index) => new Text(line, index == 1 ? new Style(decoration: Decoration.Dim) : null) { Overflow = Overflow.Crop }));
    }
}
