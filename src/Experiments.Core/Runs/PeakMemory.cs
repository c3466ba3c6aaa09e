using System.Diagnostics;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>
/// The most private memory that a training takes. The system keeps no such number, so the memory now in use is read about once a second, when a report is
/// passed on, and after each epoch.
/// </summary>
/// <param name="next">Receives every report.</param>
/// <param name="before">The most that earlier processes of the training took, in MiB; null if it is not known.</param>
internal sealed class PeakMemory(IProgress<TrainingProgress> next, double? before) : IProgress<TrainingProgress>
{
    private readonly Stopwatch _since = Stopwatch.StartNew();

    /// <summary>The most so far, in MiB; null where the system does not tell.</summary>
    public double? Mib { get; private set; } = before;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (_since.Elapsed.TotalSeconds >= 1)
            Sample();
        next.Report(value);
    }

    /// <summary>Reads the memory now in use.</summary>
    public void Sample()
    {
        _since.Restart();
        if (ProcessInformation.PrivateMemoryMib is { } now)
            Mib = Math.Max(Mib ?? 0, now);
    }
}
