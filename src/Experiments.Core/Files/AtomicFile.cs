using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Experiments.Core.Files;

/// <summary>
/// Files written whole or not at all: into a temporary file beside the target, flushed to disk, then renamed over it. A reader sees the
/// old file or the new one, and if several writers end at the same time, the file of one of them stays.
/// </summary>
public static partial class AtomicFile
{
    private const string Suffix = ".tmp";

    // No write takes this long. Older temporary files were left by processes of other machines; whether those still live cannot be asked.
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>Writes a file through <paramref name="write"/>, and makes its folder if there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="toDisk">Whether the file is on the disk on return, and so outlives a loss of power.</param>
    /// <exception cref="ExperimentException">The folder cannot be written to, or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write, bool toDisk = true)
    {
        ArgumentNullException.ThrowIfNull(write);
        var target = Path.GetFullPath(path);
        var beside = Beside(target);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(toDisk);
            }

            File.Move(beside, target, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot write {path}: {Reason(error)}", ExperimentException.Unavailable, error);
        }
        finally
        {
            Discard(beside);
        }
    }

    /// <summary>Writes a text file in UTF-8 without a byte order mark.</summary>
    /// <exception cref="ExperimentException">The folder cannot be written to, or the disk is full.</exception>
    public static void WriteText(string path, string text) => WriteBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file of these bytes.</summary>
    /// <exception cref="ExperimentException">The folder cannot be written to, or the disk is full.</exception>
    public static void WriteBytes(string path, byte[] bytes) => Write(path, stream => stream.Write(bytes));

    /// <summary>Why a file or folder cannot be written, without the paths that only this class knows of.</summary>
    internal static string Reason(Exception error) => error is UnauthorizedAccessException ? "access is denied." : $"{error.Message.Split(" : '")[0].TrimEnd('.')}.";

    /// <summary>The temporary file that a target is first written into. It lies beside the target, and its unique name says which process writes it.</summary>
    internal static string Beside(string target) => Path.Combine(Path.GetDirectoryName(target)!, string.Create(CultureInfo.InvariantCulture,
        $".{Path.GetFileName(target)}.{Guid.NewGuid():N}-{Environment.ProcessId}-{Environment.MachineName}{Suffix}"));

    /// <summary>
    /// Removes the temporary files of processes that were killed in the middle of a write. Other processes may be writing at the same time: where a file system
    /// has no locks, nothing keeps them out.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="of">The files that were being written, as a pattern.</param>
    public static void RemoveLeftovers(string folder, string of = "*")
    {
        foreach (var file in Directory.EnumerateFiles(folder, $".{of}.*{Suffix}", new EnumerationOptions { AttributesToSkip = default }))
        {
            if (IsLeftover(file))
                Discard(file);
        }
    }

    // The system knows which processes of this machine are alive.
    private static bool IsLeftover(string file) => Writer().Match(file) is { Success: true } writer && writer.Groups["machine"].Value == Environment.MachineName
        ? !IsAlive(int.Parse(writer.Groups["process"].Value, CultureInfo.InvariantCulture))
        : DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Abandoned;

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\.[0-9a-f]{32}-(?<process>\d{1,9})-(?<machine>.+)\.tmp$")]
    private static partial Regex Writer();

    /// <summary>Removes the temporary file that a failed write left; after a successful write there is none.</summary>
    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is not writable or not there: the write itself has said so.
        }
    }
}
