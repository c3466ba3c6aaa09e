using Experiments.Core.Runs;

namespace Experiments.Core.Sweeps;

/// <summary>The place of a run that was given to a cluster.</summary>
public enum QueuePlace
{
    /// <summary>The run is not in the cluster's queue.</summary>
    None,

    /// <summary>The run is in the queue, without a machine.</summary>
    Waiting,

    /// <summary>The run is on one of the cluster's machines.</summary>
    Running,
}

/// <summary>The queue of a cluster that runs may be given to.</summary>
public interface IRunQueue
{
    /// <summary>Where a run is.</summary>
    QueuePlace PlaceOf(Run run);
}
