namespace Experiments.Core.Training;

/// <summary>How far a training is, after a whole step. With the engine's state and the measurements of that place it can go on from there.</summary>
/// <param name="Epochs">The epochs that have ended.</param>
/// <param name="Step">Steps made of the epoch under way; all of them where only its evaluation is missing.</param>
/// <param name="Train">Over these steps.</param>
/// <param name="TrainSeconds">Of these steps alone.</param>
/// <param name="Seconds">Since the training began, without the time during which it was stopped.</param>
public sealed record TrainingPosition(IReadOnlyList<EpochResult> Epochs, int Step, Score Train, double TrainSeconds, double Seconds)
{
    /// <summary>Steps made in all.</summary>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    public long Steps(int stepsPerEpoch) => ((long)Epochs.Count * stepsPerEpoch) + Step;
}
