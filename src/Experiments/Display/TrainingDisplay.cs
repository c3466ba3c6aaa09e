using System.Diagnostics;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Spectre.Console;

namespace Experiments.Display;

/// <summary>How a training shows that it goes on.</summary>
internal enum ProgressStyle
{
    /// <summary>A bar on a terminal, plain lines elsewhere.</summary>
    Auto,

    /// <summary>A bar with loss, error, images/s and the time left.</summary>
    Bar,

    /// <summary>A line an epoch, one soon after the start, and one every half minute.</summary>
    Plain,
}

/// <summary>Shows one training.</summary>
internal abstract class TrainingDisplay : IDisposable
{
    /// <summary>The style of a name; null: by itself.</summary>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static ProgressStyle Style(string? name)
    {
        var styles = Enum.GetValues<ProgressStyle>().ToDictionary(RunOptions.Text);
        return name is null ? ProgressStyle.Auto : styles.TryGetValue(name, out var style) ? style
            : throw new ExperimentException(Suggestion.Unknown("--progress", name, styles.Keys));
    }

    public static TrainingDisplay Create(ProgressStyle style, Run run) => style switch
    {
        ProgressStyle.Plain => new PlainDisplay(run),
        ProgressStyle.Bar => new BarDisplay(run),
        _ => Terminal.IsLive ? new BarDisplay(run) : new PlainDisplay(run),
    };

    /// <summary>A sentence for the person who started it.</summary>
    public virtual void Say(string sentence) => Console.WriteLine(sentence);

    /// <summary>An epoch ended.</summary>
    public abstract void Epoch(EpochRow epoch);

    /// <summary>Runs the training and shows its progress meanwhile.</summary>
    public abstract RunRow During(Func<IProgress<TrainingProgress>, RunRow> training);

    public virtual void Dispose()
    {
    }

    /// <summary>Progress in a few words.</summary>
    internal static string Describe(TrainingProgress p) => string.Create(CultureInfo.InvariantCulture,
        $"epoch {p.Epoch}/{p.Epochs}  loss {p.Train.MeanLoss:0.000}  error {p.Train.ErrorPercent:0.0}%  {p.ImagesPerSecond:0} images/s");

    /// <summary>A time as people say it.</summary>
    internal static string Describe(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min")
        : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s");

    private sealed class BarDisplay(Run run) : TrainingDisplay
    {
        public override void Say(string sentence) => AnsiConsole.WriteLine(sentence);

        public override void Epoch(EpochRow epoch) => AnsiConsole.WriteLine(RunExecutor.Describe(epoch, run.Settings.Epochs));

        public override RunRow During(Func<IProgress<TrainingProgress>, RunRow> training)
        {
            RunRow? row = null;
            AnsiConsole.Progress().AutoClear(true).Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn())
                .Start(context =>
                {
                    var task = context.AddTask("preparing the data", maxValue: 1);
                    row = training(new Throttled(TimeSpan.FromMilliseconds(100), p =>
                    {
                        task.Value = p.Fraction;
                        task.Description = Markup.Escape($"{Describe(p)}  {Describe(p.Left)} left");
                    }));
                });
            return row!;
        }
    }

    private sealed class PlainDisplay(Run run) : TrainingDisplay
    {
        public override void Epoch(EpochRow epoch) => Console.WriteLine(RunExecutor.Describe(epoch, run.Settings.Epochs));

        public override RunRow During(Func<IProgress<TrainingProgress>, RunRow> training) =>
            training(new Throttled(TimeSpan.FromSeconds(30), p => Console.WriteLine($"{Describe(p)}  {Describe(p.Left)} left")));
    }

    /// <summary>Passes reports on at most so often.</summary>
    private sealed class Throttled(TimeSpan interval, Action<TrainingProgress> show) : IProgress<TrainingProgress>
    {
        private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
        private readonly Stopwatch _since = Stopwatch.StartNew();
        private bool _shown;

        public void Report(TrainingProgress value)
        {
            if (_since.Elapsed < (_shown ? interval : interval < First ? TimeSpan.Zero : First))
                return;
            _shown = true;
            _since.Restart();
            show(value);
        }
    }
}
