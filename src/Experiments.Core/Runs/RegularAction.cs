using System.Diagnostics;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>Calls an action between two steps whenever a number of minutes has passed.</summary>
/// <param name="minutes">Minutes from one call to the next.</param>
/// <param name="action">The action.</param>
/// <param name="next">Receives every report.</param>
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
