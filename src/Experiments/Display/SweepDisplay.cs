using System.Globalization;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;

namespace Experiments.Display;

/// <summary>
/// Shows a sweep: a line for each run that ended and, below them on a terminal, a live table of the runs under way with the time left for the
/// whole grid; elsewhere a line every minute says the same.
/// </summary>
internal sealed class SweepDisplay : ISweepObserver
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromMinutes(1);

    private readonly bool _live;
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
    /// <param name="plain">Whether plain lines are asked for even if a table could be drawn.</param>
    public SweepDisplay(string name, SweepFolder folder, IReadOnlyList<Run> runs, int sideBySide, bool plain)
    {
        (_name, _folder, _sideBySide, _live) = (name, folder, sideBySide, Terminal.IsLive && !plain);
        _states = RunState.Read(folder, runs).ToDictionary(state => state.Run);
    }

    /// <summary>Shows the sweep while it runs.</summary>
    public async Task<SweepOutcome> DuringAsync(Func<Task<SweepOutcome>> sweep)
    {
        if (!_live)
            return await WatchAsync(Task.Run(sweep), PlainInterval, () => Console.WriteLine(Line())).ConfigureAwait(false);
        using var lines = new LiveLines(Picture);
        return await WatchAsync(Task.Run(sweep), LiveInterval, lines.Draw).ConfigureAwait(false);
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
        var result = (failure, row) switch
        {
            ({ } reason, _) => $"failed: {reason.TrimEnd('.')}; see {RunLog.Of(_folder.Results, run).Path}",
            (_, { Status: RunStatus.Diverged }) => $"diverged in epoch {row.DivergedEpoch}",
            _ => string.Create(CultureInfo.InvariantCulture, $"test error {row!.Error,6:0.00}%  {row.ImagesPerSecond,5:0} images/s  {TrainingDisplay.Describe(TimeSpan.FromSeconds(row.Seconds ?? 0))}"),
        };
        string line;
        lock (_lock)
        {
            _states[run] = new RunState(run, failure is not null ? RunStage.Failed : row!.Status == RunStatus.Diverged ? RunStage.Diverged : RunStage.Finished, row, null);
            var ended = _states.Values.Count(state => state.HasEnded || state.Stage == RunStage.Failed);
            line = $"[{ended.ToString(CultureInfo.InvariantCulture).PadLeft(_states.Count.ToString(CultureInfo.InvariantCulture).Length)}/{_states.Count}] {run.Id,-28} {result}";
        }

        // This is outside the lock, since drawing the lines anew takes the lock too.
        if (Terminal.Live is { } lines)
            lines.WriteAbove(line);
        else
            Console.WriteLine(line);
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

    private List<LiveLine> Picture(int width, int height)
    {
        var states = States();
        var lines = SweepTable.Lines(states.Where(state => state.Stage == RunStage.UnderWay), width);
        var summary = Terminal.Wrap(SweepTable.Summary(_name, states, _sideBySide), width).ToList();

        // Beside the summary and the header, a line to say that there are more.
        var room = Math.Max(1, height - summary.Count - 2);
        return
        [
            .. summary.Select(line => new LiveLine(line)),
            .. lines.Take(1 + room).Select((line, index) => new LiveLine(line, IsDim: index == 0)),
            .. lines.Count > 1 + room ? [new LiveLine($"and {lines.Count - 1 - room} more under way")] : Array.Empty<LiveLine>(),
        ];
    }
}
