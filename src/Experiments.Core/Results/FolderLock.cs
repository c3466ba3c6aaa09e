using System.Diagnostics;

namespace Experiments.Core.Results;

/// <summary>
/// One process at a time: an open file that no other may open (on Unix an advisory lock, which ends with the process that holds it).
/// The file stays, since removing it would let two processes lock two files of one name.
/// </summary>
internal static class FolderLock
{
    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows: somebody else has it; any other error will not go away.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Takes a folder, waiting for whoever has it.</summary>
    /// <exception cref="ExperimentException">It is not let go in time, or cannot be written to.</exception>
    public static IDisposable Take(string folder, TimeSpan patience)
    {
        var path = Path.Combine(folder, ".lock");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (Held.Contains(error.HResult))
            {
                if (waited.Elapsed > patience)
                {
                    throw new ExperimentException(
                        $"Another process works in {folder}{(patience > TimeSpan.Zero ? $" and has not let go of it for {patience.TotalSeconds:0} seconds" : "")} ({path} is held).",
                        ExperimentException.Unavailable, error);
                }

                Thread.Sleep(10);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new ExperimentException($"Cannot write to {folder}: {error.Message}", ExperimentException.Unavailable, error);
            }
        }
    }
}
