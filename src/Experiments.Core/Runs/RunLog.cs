using System.Globalization;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>
/// <c>log.txt</c> in a run's folder: what happened to it, a sentence a line. A line that cannot be written is left out, since a log is no
/// reason to end a run.
/// </summary>
public sealed class RunLog
{
    /// <summary>The file's name.</summary>
    public const string FileName = "log.txt";

    private RunLog(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The last line that is not blank; null if there is none.</summary>
    public string? LastLine
    {
        get
        {
            try
            {
                return File.ReadLines(Path).LastOrDefault(line => !string.IsNullOrWhiteSpace(line));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>The log of a run.</summary>
    public static RunLog Of(ResultsFolder results, Run run) => new(System.IO.Path.Combine(results.PathOf(run.Id), FileName));

    /// <summary>Adds a sentence.</summary>
    public void Write(string sentence) => Try(() => File.AppendAllText(Path, sentence + "\n"));

    /// <summary>Deletes the log; the next line that is written begins a new one.</summary>
    public void Clear() => Try(() => File.Delete(Path));

    /// <summary>A position in a few words.</summary>
    public static string Describe(TrainingPosition position, int epochs, int stepsPerEpoch) => position.Step == 0
        ? $"{position.Epochs.Count} of {epochs} epochs are done"
        : $"{position.Step} of {stepsPerEpoch} steps of epoch {position.Epochs.Count + 1}/{epochs} are done";

    /// <summary>An epoch in a line.</summary>
    public static string Describe(EpochRow epoch, int epochs) => string.Create(CultureInfo.InvariantCulture,
        $"epoch {epoch.Epoch}/{epochs}  train loss {epoch.TrainLoss:0.0000}  train error {epoch.TrainError:0.00}%  ")
        + (epoch.TestError is { } error
            ? string.Create(CultureInfo.InvariantCulture, $"test error {error:0.00}%  {epoch.ImagesPerSecond:0} images/s")
            : "diverged: the loss is no longer finite");

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure is ignored, as the summary of the class explains.
        }
    }
}
