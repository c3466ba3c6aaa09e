namespace Experiments.Core.Training;

/// <summary>What one step of a training depends on, beside its images.</summary>
/// <param name="LearningRate">The rate.</param>
/// <param name="Number">The number of steps before it, by which a noisy norm draws its noise.</param>
/// <param name="RenormRamp">How far Batch Renormalization's limits have risen from BN's (0) to their own (1).</param>
public readonly record struct StepSettings(double LearningRate, long Number = 0, double RenormRamp = 1);
