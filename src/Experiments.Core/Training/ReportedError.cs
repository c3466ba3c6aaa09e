namespace Experiments.Core.Training;

/// <summary>Which of a run's errors is reported as its error.</summary>
public static class ReportedError
{
    /// <summary>With at least so many epochs, the reported error is the median of the last five, as in the paper; with fewer, the last epoch's.</summary>
    public const int EpochsForMedian = 50;

    /// <summary>The number of last epochs that the reported error is taken from.</summary>
    public static int Epochs(int epochs) => epochs >= EpochsForMedian ? 5 : 1;

    /// <summary>The measure's name in runs.csv.</summary>
    public static string Name(int epochs) => epochs >= EpochsForMedian ? "median-of-last-5" : "last";
}
