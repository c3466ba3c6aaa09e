namespace Experiments.Core.Results.Rows;

/// <summary>A row of what was measured at a step.</summary>
public interface IStepRow : IRunFile
{
    /// <summary>Steps trained before.</summary>
    long Step { get; }
}
