using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results;

/// <summary>
/// A run's epochs as the events file that TensorBoard finds in the run's folder. A record's time is when the training began and the seconds it
/// has trained: a run that was stopped has the times of one that was not.
/// <para>
/// TorchSharp's SummaryWriter is not taken: it appends to a file of its own making, whereas a run that goes on must write each epoch once, and
/// it is in the assembly that loads libtorch, which a run on the other engine does without.
/// </para>
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="started">When the run began.</param>
public sealed class EventsFile(string folder, DateTimeOffset started)
{
    // TensorBoard reads every file with "tfevents" in its name.
    private const string Prefix = "events.out.tfevents.";

    private bool _told;

    /// <summary>What is written of an epoch, under the tag that TensorBoard shows; tags are grouped by what stands before the stroke.</summary>
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
    /// <param name="say">Is told, the first time, that the file cannot be written.</param>
    public void Write(IEnumerable<EpochRow> epochs, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        ArgumentNullException.ThrowIfNull(say);
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var other in Directory.EnumerateFiles(folder, Prefix + "*").Where(other => other != Path).ToList())
                File.Delete(other);

            // Not a new file in place of the old one: TensorBoard keeps the file open and reads on from where it has come to. What stood there
            // is written over with records of the same lengths, so it sees the file grow; a record that a kill or a full disk has torn becomes whole.
            using var file = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write);
            file.Write(Contents(epochs));
            file.SetLength(file.Position);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!_told)
                say($"TensorBoard lacks this run's epochs until they can be written, which each epoch's end tries again. Cannot write {Path}: {error.Message}");
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
