namespace Experiments.Core.Sweeps;

/// <summary>How much of an experiment is run. A sweep's file has a block for each short form, and its options stand in place of the full values.</summary>
public enum SweepForm
{
    /// <summary>The file's own values.</summary>
    Full,

    /// <summary>A form of minutes: the block <c>quick</c>.</summary>
    Quick,

    /// <summary>A form of hours: the block <c>evening</c>.</summary>
    Evening,
}
