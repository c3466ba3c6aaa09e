namespace Experiments.Core.Sweeps;

/// <summary>Which form of an experiment is run: the full one, or a short one. A short form has a block in the sweep's file, whose options replace the full values.</summary>
public enum SweepForm
{
    /// <summary>The file's own values.</summary>
    Full,

    /// <summary>A form that takes minutes: the block <c>quick</c>.</summary>
    Quick,

    /// <summary>A form that takes hours: the block <c>evening</c>.</summary>
    Evening,
}
