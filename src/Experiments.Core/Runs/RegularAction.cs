using System.Diagnostics;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>Does something between two steps whenever so many minutes have passed.</summary>
/// <param name="minutes">The minutes.</param>
/// <param name="action">What it does.</param>
/// <param name="next">Told what is reported.</param>
internal sealed class RegularAction(double minutes, Action action, IProgress<TrainingProgress> next) : IProgress<TrainingProgress>
{
    private readonly Stopwatch _since = Stopwatch.StartNew();

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        next.Report(value);
        if (_since.Elapsed.TotalMinutes < minutes)
            return;
        action();
        _since.Restart();
    }
}
