namespace Experiments.Core.Training;

/// <summary>Which of a run's errors is reported as its error.</summary>
public static class ReportedError
{
    /// <summary>From so many epochs on it is the median of the last five epochs, as in the paper; in shorter trainings the last epoch's.</summary>
    public const int EpochsForMedian = 50;

    /// <summary>The epochs that it is taken over, counted from the last.</summary>
    public static int Epochs(int epochs) => epochs >= EpochsForMedian ? 5 : 1;

    /// <summary>The measure's name in runs.csv.</summary>
    public static string Name(int epochs) => epochs >= EpochsForMedian ? "median-of-last-5" : "last";
}
