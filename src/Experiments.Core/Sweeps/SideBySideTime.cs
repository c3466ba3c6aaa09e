namespace Experiments.Core.Sweeps;

/// <summary>How long runs take together.</summary>
public static class SideBySideTime
{
    /// <summary>The time until the last run has ended, if each begins in its turn as soon as a place is free.</summary>
    /// <param name="runs">How long each takes, in the order in which they are begun.</param>
    /// <param name="places">How many run at once.</param>
    public static TimeSpan Of(IReadOnlyCollection<TimeSpan> runs, int places)
    {
        var free = new PriorityQueue<TimeSpan, TimeSpan>(Enumerable.Repeat((TimeSpan.Zero, TimeSpan.Zero), Math.Clamp(runs.Count, 1, places)));
        var last = TimeSpan.Zero;
        foreach (var run in runs)
        {
            var end = free.Dequeue() + run;
            free.Enqueue(end, end);
            last = end > last ? end : last;
        }

        return last;
    }
}
