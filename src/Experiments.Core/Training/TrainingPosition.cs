namespace Experiments.Core.Training;

/// <summary>How far a training is, after a whole step. With the engine's state and the measurements at that step, the training can go on.</summary>
/// <param name="Epochs">The epochs that have ended.</param>
/// <param name="Step">Steps made in the epoch under way; all of its steps if only its evaluation is missing.</param>
/// <param name="Train">The score over these steps.</param>
/// <param name="TrainSeconds">Seconds of these steps alone.</param>
/// <param name="Seconds">Seconds since the training began, without the time during which it was stopped.</param>
public sealed record TrainingPosition(IReadOnlyList<EpochResult> Epochs, int Step, Score Train, double TrainSeconds, double Seconds)
{
    /// <summary>Steps made in all.</summary>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    public long Steps(int stepsPerEpoch) => ((long)Epochs.Count * stepsPerEpoch) + Step;
}
