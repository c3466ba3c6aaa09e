using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results;

/// <summary>
/// A run's epochs as the events file that TensorBoard finds in the run's folder. A record's time is the beginning of the training plus the seconds
/// that the run has trained, so that a run that was stopped has the same times as one that was not.
/// <para>
/// TorchSharp's SummaryWriter is not used, for two reasons: it appends to a file that it makes itself, whereas a run that goes on must write each
/// epoch once; and it is in the assembly that loads libtorch, which a run on the other engine does not need.
/// </para>
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="started">When the run began.</param>
public sealed class EventsFile(string folder, DateTimeOffset started)
{
    // TensorBoard reads every file with "tfevents" in its name.
    private const string Prefix = "events.out.tfevents.";

    private bool _told;

    /// <summary>The values written for an epoch, each with the tag that TensorBoard shows; TensorBoard groups tags by the part before the slash.</summary>
    public static IReadOnlyList<(string Tag, Func<EpochRow, double?> Value)> Scalars { get; } =
    [
        ("error/train", epoch => epoch.TrainError),
        ("error/test", epoch => epoch.TestError),
        ("error/test_population", epoch => epoch.TestErrorPopulation),
        ("error/test_batch", epoch => epoch.TestErrorBatch),
        ("loss/train", epoch => epoch.TrainLoss),
        ("loss/test", epoch => epoch.TestLoss),
        ("learning_rate", epoch => epoch.LearningRate),
        ("images_per_second", epoch => epoch.ImagesPerSecond),
    ];

    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(folder, $"{Prefix}{started.ToUnixTimeSeconds()}.{Environment.MachineName}");

    /// <summary>Writes all epochs so far, and removes the file of an earlier training.</summary>
    /// <param name="epochs">The epochs.</param>
    /// <param name="say">Is called with a message the first time that the file cannot be written.</param>
    public void Write(IEnumerable<EpochRow> epochs, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        ArgumentNullException.ThrowIfNull(say);
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var other in Directory.EnumerateFiles(folder, Prefix + "*").Where(other => other != Path).ToList())
                File.Delete(other);

            // The old file is not replaced by a new one: TensorBoard keeps it open and reads on from where it stopped. Earlier records are
            // overwritten with records of the same lengths, so that TensorBoard sees the file grow; a record cut short by a kill or a full disk
            // becomes whole.
            using var file = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write);
            file.Write(Contents(epochs));
            file.SetLength(file.Position);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!_told)
                say($"Cannot write {Path}: {error.Message} The run goes on, and tries again after each epoch; until then TensorBoard does not show its epochs.");
            _told = true;
        }
    }

    private byte[] Contents(IEnumerable<EpochRow> epochs)
    {
        var begin = started.ToUnixTimeMilliseconds() / 1000.0;
        return
        [
            .. EventRecord.Version(begin),
            .. epochs.SelectMany(epoch => EventRecord.Scalars(begin + epoch.Seconds, epoch.Epoch,
                from scalar in Scalars let value = scalar.Value(epoch) where value is not null select (scalar.Tag, value.Value))),
        ];
    }
}
