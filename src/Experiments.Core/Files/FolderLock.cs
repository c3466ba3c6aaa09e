using System.Diagnostics;
using System.Globalization;

namespace Experiments.Core.Files;

/// <summary>
/// A lock that lets one process at a time use a folder. It is an open file that no other process may open (on Unix an advisory lock, which ends with the
/// process that holds it, however it ends). The file stays, since removing it would let two processes lock two files of one name. A second file beside it
/// names the process that took the lock last.
/// </summary>
internal static class FolderLock
{
    private const string Usual = ".lock";

    // A process that only asks whether the lock is held takes it for a moment. So the lock counts as held only when it has been refused for longer than that.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(500);

    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows: another process holds the lock. Any other error will not go away.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Takes a folder; waits while another process has it.</summary>
    /// <param name="folder">The folder, which is made where there is none.</param>
    /// <param name="patience">How long to wait; at least half a second, which outlasts those who only look whether it is held.</param>
    /// <param name="name">The file name of the lock; a folder may have several.</param>
    /// <param name="waiting">Called about every ten milliseconds with how long the wait has lasted and which process holds the lock; may be null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ExperimentException">The folder is not let go in time, or cannot be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IDisposable Take(
        string folder, TimeSpan patience, string name = Usual, Action<TimeSpan, string?>? waiting = null, CancellationToken cancellation = default)
    {
        if (patience < LeastPatience)
            patience = LeastPatience;
        var path = Path.Combine(folder, name);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder);
                var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                Sign(path);
                return held;
            }
            catch (IOException error) when (Held.Contains(error.HResult))
            {
                if (waited.Elapsed > patience)
                    throw new ExperimentException($"Another process works in {folder}{(Holder(folder, name) is { } holder ? $": {holder}" : "")}.", ExperimentException.Busy, error);
                waiting?.Invoke(waited.Elapsed, Holder(folder, name));
                cancellation.WaitHandle.WaitOne(10);
                cancellation.ThrowIfCancellationRequested();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new ExperimentException($"Cannot write to {folder}: {AtomicFile.Reason(error)}", ExperimentException.Unavailable, error);
            }
        }
    }

    /// <summary>Whether a process has the folder now. Nothing is written, so that anyone who may read the folder can ask.</summary>
    public static bool IsHeld(string folder, string name = Usual)
    {
        try
        {
            // Several processes may ask at the same time. A process that wants to take the folder at that moment waits a little.
            using var _ = new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException error)
        {
            return Held.Contains(error.HResult);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The process that took a folder last, in words; null where none is recorded.</summary>
    public static string? Holder(string folder, string name = Usual)
    {
        try
        {
            return File.ReadAllText(SignOf(Path.Combine(folder, name))).TrimEnd() is { Length: > 0 } holder ? holder : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string SignOf(string path) => path + ".holder";

    private static void Sign(string path)
    {
        try
        {
            File.WriteAllText(SignOf(path), string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName} since {DateTimeOffset.UtcNow:u}\n"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // On a full disk the name cannot be written, but the lock holds.
        }
    }
}
