using System.Globalization;

namespace Benchmarks.Comparison;

/// <summary>How much of the machine others use while we measure: the processors' busy time of /proc/stat, less our own.</summary>
internal sealed class MachineLoad(Func<double> ownSeconds)
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    private readonly double _own = ownSeconds();
    private readonly (double Busy, double Total) _then = Read(File.ReadAllText("/proc/stat"));

    /// <summary>The part of the machine that others have used since this was made, from 0 to 1.</summary>
    public double Others() => Part(_then, Read(File.ReadAllText("/proc/stat")), ownSeconds() - _own);

    /// <summary>The part that others used between two readings.</summary>
    internal static double Part((double Busy, double Total) then, (double Busy, double Total) now, double own) =>
        now.Total > then.Total ? Math.Max(0, now.Busy - then.Busy - own) / (now.Total - then.Total) : 0;

    /// <summary>Seconds of all processors together: busy, and busy or idle. Time that a hypervisor gave to others counts as busy.</summary>
    /// <param name="stat">The text of /proc/stat (man 5 proc_stat): user, nice, system, idle, iowait, irq, softirq, steal, ...</param>
    internal static (double Busy, double Total) Read(string stat)
    {
        var ticks = stat.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return ((ticks.Sum() - ticks[3] - ticks[4]) / TicksPerSecond, ticks.Sum() / TicksPerSecond);
    }
}
