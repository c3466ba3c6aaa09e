namespace Experiments.Core.Sweeps.Slurm;

/// <summary>What is asked of a Slurm cluster for each run of a sweep. A value that is null is left to the cluster.</summary>
public sealed record SlurmRequest
{
    /// <summary>The partition.</summary>
    public string? Partition { get; init; }

    /// <summary>The time limit, as Slurm writes it: minutes, <c>hours:minutes:seconds</c>, <c>days-hours</c>.</summary>
    public string? Time { get; init; }

    /// <summary>Processors of a run; null: as many as its threads.</summary>
    public int? Cpus { get; init; }

    /// <summary>GPUs of a run.</summary>
    public int? Gpus { get; init; }

    /// <summary>The most runs at once.</summary>
    public int? MaxParallel { get; init; }

    /// <summary>Further options of sbatch, word for word.</summary>
    public string? Further { get; init; }
}
