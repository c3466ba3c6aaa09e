using System.Diagnostics;
using System.Globalization;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Display;

/// <summary>Shows one training.</summary>
internal abstract class TrainingDisplay : IDisposable
{
    /// <summary>Shows a line with a bar that is drawn over and over on a terminal; elsewhere, or if they are asked for, plain lines.</summary>
    /// <param name="plain">Whether plain lines are asked for.</param>
    /// <param name="run">The run.</param>
    public static TrainingDisplay Create(bool plain, Run run) => Terminal.IsLive && !plain ? new BarDisplay(run) : new PlainDisplay(run);

    private const int BarWidth = 24;

    /// <summary>A sentence for the person who started it.</summary>
    public virtual void Say(string sentence) => Console.WriteLine(sentence);

    /// <summary>Shows an epoch that ended.</summary>
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

    /// <summary>Progress in a line of a width: the least useful parts are left out until it fits, first the bar; progress and time left stay.</summary>
    internal static string Line(TrainingProgress p, int width)
    {
        var done = (int)Math.Round(Math.Clamp(p.Fraction, 0, 1) * BarWidth);
        (int Importance, string Text)[] parts =
        [
            (6, new string('━', done) + new string('─', BarWidth - done)),
            (0, string.Create(CultureInfo.InvariantCulture, $"{p.Fraction,4:0%}")),
            (2, string.Create(CultureInfo.InvariantCulture, $"epoch {p.Epoch}/{p.Epochs}")),
            (4, string.Create(CultureInfo.InvariantCulture, $"loss {p.Train.MeanLoss:0.000}")),
            (3, string.Create(CultureInfo.InvariantCulture, $"error {p.Train.ErrorPercent:0.0}%")),
            (5, string.Create(CultureInfo.InvariantCulture, $"{p.ImagesPerSecond:0} images/s")),
            (1, $"{Describe(p.Left)} left"),
        ];
        return Enumerable.Range(0, parts.Length).Select(leftOut => string.Join("  ", parts.Where(part => part.Importance < parts.Length - leftOut).Select(part => part.Text)))
            .FirstOrDefault(line => line.Length <= width, parts[1].Text);
    }

    private sealed class BarDisplay(Run run) : TrainingDisplay
    {
        public override void Say(string sentence)
        {
            if (Terminal.Live is { } lines)
                lines.WriteAbove(sentence);
            else
                base.Say(sentence);
        }

        public override void Epoch(EpochRow epoch) => Say(RunLog.Describe(epoch, run.Settings.Epochs));

        public override RunRow During(Func<IProgress<TrainingProgress>, RunRow> training)
        {
            TrainingProgress? now = null;
            using var lines = new LiveLines((width, _) => [new LiveLine(now is { } progress ? Line(progress, width) : "preparing the data")]);
            return training(new Throttled(TimeSpan.FromMilliseconds(100), progress =>
            {
                now = progress;
                lines.Draw();
            }));
        }
    }

    private sealed class PlainDisplay(Run run) : TrainingDisplay
    {
        public override void Epoch(EpochRow epoch) => Console.WriteLine(RunLog.Describe(epoch, run.Settings.Epochs));

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
