using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Spectre.Console;

namespace Experiments.Display;

/// <summary>
/// Shows a sweep: a line for each run that ended and, on a terminal, below them a live list of the runs under way and the time left for the
/// whole grid.
/// </summary>
/// <param name="name">The sweep's name.</param>
/// <param name="all">Runs of the whole grid.</param>
/// <param name="missing">Those that are run now.</param>
internal sealed class SweepDisplay(string name, int all, IReadOnlyList<Run> missing) : ISweepObserver
{
    private readonly bool _live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<Run, TrainingProgress?> _underWay = [];
    private readonly Dictionary<Run, double> _doneBefore = [];
    private double _workDone;
    private int _ended = all - missing.Count;

    /// <summary>Shows the sweep while it runs.</summary>
    public async Task<SweepOutcome> DuringAsync(Func<Task<SweepOutcome>> sweep)
    {
        if (!_live)
            return await sweep().ConfigureAwait(false);
        return await AnsiConsole.Live(Picture()).AutoClear(true).StartAsync(async context =>
        {
            var outcome = Task.Run(sweep);
            while (await Task.WhenAny(outcome, Task.Delay(250)).ConfigureAwait(false) != outcome)
                context.UpdateTarget(Picture());
            return await outcome.ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Started(Run run)
    {
        lock (_lock)
            _underWay[run] = null;
    }

    /// <inheritdoc/>
    public void Progressed(Run run, TrainingProgress progress)
    {
        lock (_lock)
        {
            if (_underWay.ContainsKey(run))
                _underWay[run] = progress;
            _doneBefore.TryAdd(run, progress.Fraction);
        }
    }

    /// <inheritdoc/>
    public void Ended(Run run, RunRow? row, string? failure)
    {
        lock (_lock)
        {
            _underWay.Remove(run);
            _workDone += Work(run);
            _ended++;
            var result = (failure, row) switch
            {
                ({ } reason, _) => $"failed: {reason}",
                (_, { Status: RunStatus.Diverged }) => $"diverged in epoch {row.DivergedEpoch}",
                _ => string.Create(CultureInfo.InvariantCulture, $"test error {row!.Error,6:0.00}%  {row.ImagesPerSecond,5:0} images/s  {TrainingDisplay.Describe(TimeSpan.FromSeconds(row.Seconds ?? 0))}"),
            };
            var line = $"[{_ended.ToString(CultureInfo.InvariantCulture).PadLeft(all.ToString(CultureInfo.InvariantCulture).Length)}/{all}] {run.Id,-28} {result}";

            // Spectre.Console would wrap lines at 80 characters where there is no terminal to tell its width.
            if (_live)
                AnsiConsole.WriteLine(line);
            else
                Console.WriteLine(line);
        }
    }

    // How much work a run is, in images; a step costs about as much again as eight images do, however small its batch.
    private static double Work(Run run) =>
        (double)run.Settings.Epochs * Math.Min(run.Settings.TrainLimit ?? int.MaxValue, run.Dataset.TrainCount) * (1 + (8.0 / (run.Settings.Batch * run.Settings.Workers)));

    private Rows Picture()
    {
        lock (_lock)
        {
            var done = _workDone + _underWay.Sum(pair => Work(pair.Key) * (pair.Value?.Fraction ?? 0));

            // What was done of a run before it went on took no time of this clock.
            var now = done - _doneBefore.Sum(pair => Work(pair.Key) * pair.Value);
            var left = now > 0 ? $"about {TrainingDisplay.Describe(_clock.Elapsed * ((missing.Sum(Work) - done) / now))} left" : "";
            var table = new Table { Border = TableBorder.None, ShowHeaders = false };
            table.AddColumns("run", "progress", "state");
            foreach (var (run, progress) in _underWay)
            {
                table.AddRow(
                    Markup.Escape(run.Id),
                    progress is null ? "starting" : string.Create(CultureInfo.InvariantCulture, $"{progress.Fraction,4:0%} {Bar(progress.Fraction)}"),
                    progress is null ? "" : Markup.Escape(TrainingDisplay.Describe(progress)));
            }

            return new Rows(new Text($"{name}: {_ended} of {all} runs  {left}"), table);
        }
    }

    private static string Bar(double fraction)
    {
        const int width = 16;
        var full = (int)Math.Round(fraction * width);
        return new string('━', full) + new string('┄', width - full);
    }
}
