using System.Globalization;
using System.Xml.Linq;
using Experiments.Core.Results.Tables;
using Experiments.Core.Sweeps;
using Experiments.Display;

namespace Experiments.Reports;

/// <summary>Every run with its state, its errors, its curve and its log.</summary>
internal static class RunsSection
{
    // The last lines of a log that are shown; the file has them all.
    private const int LogLines = 200;

    // Columns that say nothing that another does not say, or have a place of their own.
    private static readonly string[] SaidElsewhere = ["seed", "threads"];

    public static IEnumerable<XElement> Of(ReportedSweep sweep, string prefix)
    {
        var hasLogs = sweep.Runs.Any(run => run.Log.Count > 0);
        var lines = new Sparkline(sweep.Runs);
        var hasCurves = sweep.Runs.Any(run => run.Epochs.Count > 0);
        var differing = Protocol.Of([.. sweep.Runs.Select(run => run.Row)]).Differing.Select(setting => setting.Column).Except(SaidElsewhere).ToList();
        var caption = hasCurves
            ? string.Create(CultureInfo.InvariantCulture, $"every run; curves: error against the epoch on one scale, {lines.Low:0.0}% to {lines.High:0.0}%, test strong and training pale")
            : "every run; the folder keeps no epochs, so there are no curves";
        string[] header = ["run", .. differing.Select(column => column.Replace('_', ' ')), "seed", "state", .. hasCurves ? ["curve"] : Array.Empty<string>(), "test error (%)", "training error (%)", "time", "images/s"];
        yield return SweepSections.Scrolling(HtmlTable.Of(caption, header, sweep.Runs.Select(run => Row(run, differing, hasCurves ? lines : null, prefix))));
        yield return hasLogs
            ? new XElement("details", new XAttribute("class", "logs"), new XElement("summary", "Logs: what happened to each run"), sweep.Runs.Where(run => run.Log.Count > 0).Select(run => Log(run, prefix)))
            : new XElement("p", new XAttribute("class", "small"), "The folder keeps no logs of its runs.");
    }

    /// <summary>The runs that have no error, and why.</summary>
    public static IEnumerable<XElement> WithoutError(ReportedSweep sweep)
    {
        var runs = sweep.Runs.Where(run => run.Reason is not null).ToList();
        yield return runs.Count == 0
            ? new XElement("p", sweep.IsDone ? "Nothing: every run has finished." : "Nothing so far.")
            : SweepSections.Scrolling(HtmlTable.Of("runs without an error; a diverged run is a result, a failed one is trained again by the same command", ["run", "state", "why"], runs.Select(run => new[]
            {
                HtmlTable.Label(run.Row.Run),
                HtmlTable.Words(SweepTable.Describe(run.Stage)),
                HtmlTable.Words(run.Reason),
            })));
    }

    private static IEnumerable<XElement> Row(ReportedRun run, IReadOnlyList<string> differing, Sparkline? lines, string prefix)
    {
        var row = run.Row;
        yield return HtmlTable.Label(run.Log.Count > 0 ? new XElement("a", new XAttribute("href", $"#{LogId(run, prefix)}"), row.Run) : row.Run);
        foreach (var column in differing)
            yield return Setting(Protocol.ValueOf(row, column));
        yield return HtmlTable.Cell(row.Seed.ToString(CultureInfo.InvariantCulture));
        yield return HtmlTable.Words(run.Progress is { Training: var training }
            ? string.Create(CultureInfo.InvariantCulture, $"{SweepTable.Describe(run.Stage)}, {training.Fraction:0%}, epoch {training.Epoch}/{training.Epochs}") : SweepTable.Describe(run.Stage));
        if (lines is not null)
            yield return HtmlTable.Cell(run.LastEpoch?.TestError, lines.Of(run));
        yield return Number(row.Error ?? (run.Stage is RunStage.UnderWay or RunStage.HalfDone ? run.LastEpoch?.TestError : null), "0.00");
        yield return Number(row.TrainError ?? (run.Stage is RunStage.UnderWay or RunStage.HalfDone ? run.LastEpoch?.TrainError : null), "0.00");
        yield return run.Progress is { Training: { Fraction: > Forecast.Settled } still } ? HtmlTable.Cell(still.Left.TotalSeconds, $"{TrainingDisplay.Describe(still.Left)} left")
            : HtmlTable.Cell(row.Seconds, row.Seconds is { } seconds ? TrainingDisplay.Describe(TimeSpan.FromSeconds(seconds)) : null);
        yield return Number(row.ImagesPerSecond, "N0");
    }

    private static XElement Setting(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? HtmlTable.Cell(value) : HtmlTable.Words(value.Length > 0 ? value : "none");

    private static XElement Number(double? value, string format) => HtmlTable.Cell(value, value?.ToString(format, CultureInfo.InvariantCulture));

    private static XElement Log(ReportedRun run, string prefix) => new("details", new XElement("summary", run.Row.Run),
        new XElement("pre", new XAttribute("id", LogId(run, prefix)), new XAttribute("tabindex", "0"),
            (run.Log.Count > LogLines ? $"({run.Log.Count - LogLines} earlier lines are in runs/{run.Row.Run}/log.txt)\n" : "") + string.Join('\n', run.Log.TakeLast(LogLines))));

    private static string LogId(ReportedRun run, string prefix) => $"{prefix}log-{run.Row.Run}";
}
