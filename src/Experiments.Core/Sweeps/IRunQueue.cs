using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps;

/// <summary>Where a run is that was given to a cluster.</summary>
public enum QueuePlace
{
    /// <summary>Not in its queue.</summary>
    None,

    /// <summary>In its queue, without a machine.</summary>
    Waiting,

    /// <summary>On one of its machines.</summary>
    Running,
}

/// <summary>The queue of a cluster that runs may be given to.</summary>
public interface IRunQueue
{
    /// <summary>Where a run is.</summary>
    QueuePlace PlaceOf(Run run);
}
