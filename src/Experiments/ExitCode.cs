using Experiments.Core;

namespace Experiments;

/// <summary>How the program ends. The table in docs/running.md says the same.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for is done; a diverged run is a result and counts as done.</summary>
    public const int Done = 0;

    /// <summary>Something failed: a run of a sweep, a check of a data set, or the program itself.</summary>
    public const int Failed = 1;

    /// <summary>The command, a value or a file is wrong.</summary>
    public const int BadInput = ExperimentException.BadInput;

    /// <summary>This machine lacks something: a library, a program, a data set, a writable folder, a Slurm cluster that takes the job.</summary>
    public const int Unavailable = ExperimentException.Unavailable;

    /// <summary>Another process is at work on the same run or sweep.</summary>
    public const int Busy = ExperimentException.Busy;

    /// <summary>Ended because its terminal went away; what was done is kept.</summary>
    public const int HungUp = 129;

    /// <summary>Ended by Ctrl+C; what was done is kept.</summary>
    public const int Interrupted = 130;

    /// <summary>Ended by SIGTERM; what was done is kept.</summary>
    public const int Terminated = 143;
}
