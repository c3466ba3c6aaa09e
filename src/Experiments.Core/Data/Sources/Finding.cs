namespace Experiments.Core.Data.Sources;

/// <summary>One thing that a check of a data set found.</summary>
/// <param name="Good">Whether what was found is as it should be.</param>
/// <param name="Text">One sentence: what was expected, what came, which file.</param>
public sealed record Finding(bool Good, string Text);
