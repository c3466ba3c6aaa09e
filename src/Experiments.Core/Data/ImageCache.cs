using System.Security.Cryptography;
using System.Text;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Files;
using Microsoft.Win32.SafeHandles;

namespace Experiments.Core.Data;

/// <summary>
/// The prepared images of one data set: a file of bytes that every run maps into memory. It is a page of text, then the labels and the
/// [C, H, W] pixels of the training and the test part, each block starting on a page:
/// <code>
/// experiments-images 1
/// cifar10 3x32x32, 10 classes, 50000 + 10000 images
/// source  SHA-256 of the source files' paths, sizes and times of writing
/// labels  SHA-256 of the labels
/// pixels  SHA-256 of the pixels
/// header  SHA-256 of the lines above
/// </code>
/// It is derived from the source and may be deleted at any time. Opening it compares the length, the text and the labels' checksum;
/// the pixels' checksum takes a tenth of a second or more, and only <see cref="DataFolder.Verify(string)"/> compares it.
/// </summary>
internal static class ImageCache
{
    private const int Page = 4096;

    // Images are prepared in seconds, a whitening in a minute or two: a process that takes longer is suspended or unreachable.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private const int MostMistakes = 10;

    /// <summary>Maps the prepared images of a set, and prepares them first if they are missing, damaged, or from other files.</summary>
    /// <param name="set">The data set.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="say">Is told that this process waits for another one that prepares them; null: nobody is told.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public static MappedFile Open(DatasetDescription set, DataFolder folder, Action<string>? say = null, CancellationToken cancellation = default)
    {
        var found = folder.Require(set);
        var path = PathOf(set, found, folder);
        if (TryOpen(path, set, found) is { } ready)
            return ready;
        using (Lock(path, set, $"prepares the images of {set.Name}", say, cancellation))
        {
            // Another process may have prepared them while this one waited for the lock.
            if (TryOpen(path, set, found) is { } prepared)
                return prepared;
            Prepare(path, set, found, folder.Decoder);
        }

        return TryOpen(path, set, found) ?? throw new ExperimentException(
            $"{path} cannot be read although it has just been written; another program changes it, or the source files change.",
            ExperimentException.Unavailable);
    }

    /// <summary>The path of the prepared images of a set found in one place.</summary>
    public static string PathOf(DatasetDescription set, FoundSource found, DataFolder folder)
    {
        // Each copy of a set has a cache file of its own, so that using two copies in turn does not prepare them again each time.
        // Images that the program makes itself come from no place and are the same everywhere.
        var place = found.Files.Length == 0 ? "" : $"-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(found.Place) + found.Variant)))[..8]}";
        return Path.Combine(folder.CachePath(found), $"{set.Name.TrimEnd('/')}{place}.images");
    }

    /// <summary>The images of one part of the mapped file.</summary>
    public static ImageSet Part(MappedFile file, DatasetDescription set, DatasetPart part)
    {
        var layout = new Layout(set);
        return new ImageSet(file, set.Shape, set.Classes, layout.Pixels(part), layout.Labels(part), layout.LabelBytes, [.. Enumerable.Range(0, set.Count(part))]);
    }

    /// <summary>Whether the pixels still have the checksum that was written with them.</summary>
    public static bool IsWhole(MappedFile file, DatasetDescription set) => Lines(file)?[4] == "pixels " + PixelHash(file, new Layout(set));

    /// <summary>A checksum of labels and pixels as they were written; it does not depend on where the images came from.</summary>
    public static string Fingerprint(MappedFile file) => Sha256(Lines(file)![3..]);

    /// <summary>Maps prepared images; returns null if there are none that fit the source.</summary>
    public static MappedFile? TryOpen(string path, DatasetDescription set, FoundSource found)
    {
        MappedFile file;
        try
        {
            file = new MappedFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        var layout = new Layout(set);
        if (file.Length == layout.Length && Lines(file) is { } lines && lines.Take(3).SequenceEqual(Head(set, found)) &&
            lines[3] == "labels " + LabelHash(file, layout))
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    private static void Prepare(string path, DatasetDescription set, FoundSource found, IImageDecoder? decoder)
    {
        var beside = AtomicFile.Beside(path);
        try
        {
            using (var writer = new Writer(beside, set))
            {
                var counter = new ClassCounter(set, writer);
                var mistakes = Read(set, found, counter, decoder);
                if (mistakes.Count == 0)
                    mistakes = counter.Mistakes(found);
                if (mistakes.Count > MostMistakes)
                    mistakes = [.. mistakes.Take(MostMistakes), $"... and {mistakes.Count - MostMistakes} more: `data check {found.Place}` names all of them."];
                if (mistakes.Count > 0)
                    throw ExperimentException.ForAll(mistakes);
                writer.Finish();
            }

            WriteHeader(beside, set, found);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(set, path, exception);
        }
        finally
        {
            TryDelete(beside);
        }
    }

    private static IReadOnlyList<string> Read(DatasetDescription set, FoundSource found, IImageSink sink, IImageDecoder? decoder)
    {
        try
        {
            return set.Source.Read(found, set, sink, decoder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.CannotRead(set, found, exception);
        }
    }

    private static void WriteHeader(string path, DatasetDescription set, FoundSource found)
    {
        var layout = new Layout(set);
        string[] lines;
        using (var file = new MappedFile(path))
            lines = [.. Head(set, found), "labels " + LabelHash(file, layout), "pixels " + PixelHash(file, layout)];
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(handle, Encoding.UTF8.GetBytes(string.Join('\n', [.. lines, "header " + Sha256(lines)]) + "\n"), 0);
        RandomAccess.FlushToDisk(handle);
    }

    private static string[] Head(DatasetDescription set, FoundSource found) =>
    [
        "experiments-images 1",
        FormattableString.Invariant($"{set.Name} {set.Shape}, {set.Classes} classes, {set.TrainCount} + {set.TestCount} images"),
        "source " + Sha256([found.Fingerprint]),
    ];

    // The lines of the text without the last one, which holds their checksum; null if the checksum is wrong.
    private static string[]? Lines(MappedFile file)
    {
        if (file.Length < Page)
            return null;
        var lines = Encoding.UTF8.GetString(file.Bytes(0, Page)).TrimEnd('\0').TrimEnd('\n').Split('\n');
        return lines.Length == 6 && lines[5] == "header " + Sha256(lines[..5]) ? lines[..5] : null;
    }

    private static string Sha256(string[] lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    private static string LabelHash(MappedFile file, Layout layout) =>
        Sha256(file, layout.Labels(DatasetPart.Train), layout.Pixels(DatasetPart.Train));

    private static string PixelHash(MappedFile file, Layout layout) => Sha256(file, layout.Pixels(DatasetPart.Train), layout.Length);

    private static string Sha256(MappedFile file, long from, long to)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (; from < to; from += 1 << 20)
            hash.AppendData(file.Bytes(from, (int)Math.Min(1 << 20, to - from)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// Takes the lock of a file in the cache, and removes half-written files of killed processes. While it waits, it says for which
    /// process and why, after a second and then every minute.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="set">The data set.</param>
    /// <param name="work">What the process with the lock does, as in "prepares the images of cifar10".</param>
    /// <param name="say">Is told of the wait; null: nobody is told.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <param name="patience">How long to wait; null: longer than any working process needs.</param>
    /// <exception cref="ExperimentException">The lock is not released in time, or the folder cannot be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IDisposable Lock(string path, DatasetDescription set, string work, Action<string>? say, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var (folder, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        var next = TimeSpan.FromSeconds(1);
        try
        {
            var held = FolderLock.Take(folder, patience ?? Patience, $"{name}.lock", Tell, cancellation);
            AtomicFile.RemoveLeftovers(folder, name);
            return held;
        }
        catch (ExperimentException e) when (e.ExitCode == ExperimentException.Busy)
        {
            throw new ExperimentException($"{e.Message} It {work} and has not finished in {Words(patience ?? Patience)}. If that process hangs, end it and try again.", e.ExitCode, e);
        }
        catch (ExperimentException e) when (e.InnerException is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(set, path, e.InnerException);
        }

        void Tell(TimeSpan waited, string? holder)
        {
            if (waited < next)
                return;
            say?.Invoke($"Waiting for {holder ?? "another process"}, which {work}{(waited < TimeSpan.FromMinutes(1) ? "" : $", since {Words(waited)}")}; Ctrl+C ends the wait.");
            next = waited + TimeSpan.FromMinutes(1);
        }

        static string Words(TimeSpan time) => time < TimeSpan.FromMinutes(1) ? FormattableString.Invariant($"{time.TotalSeconds:0.#} s") : FormattableString.Invariant($"{time.TotalMinutes:0} min");
    }

    private static ExperimentException CannotWrite(DatasetDescription set, string path, Exception exception) => new(
        $"The images of {set.Name} cannot be prepared in {Path.GetDirectoryName(path)}: {exception.Message.TrimEnd('.')}. " +
        "Expected a data folder that can be written, with room for the images; name one with --data.",
        ExperimentException.Unavailable,
        exception);

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A file that could not be written cannot always be deleted either; the error that led here reports the cause already.
        }
    }

    // Where the blocks begin: header, labels of both parts, pixels of both parts.
    private readonly struct Layout(DatasetDescription set)
    {
        public long Length => Pixels(DatasetPart.Test) + ((long)set.TestCount * set.Shape.Size);

        // If there are more classes than a byte can tell apart, a label is two bytes, little-endian.
        public int LabelBytes => set.Classes > byte.MaxValue + 1 ? 2 : 1;

        public long Labels(DatasetPart part) => Page + (part == DatasetPart.Test ? (long)set.TrainCount * LabelBytes : 0);

        public long Pixels(DatasetPart part)
        {
            var first = (Labels(DatasetPart.Test) + ((long)set.TestCount * LabelBytes) + Page - 1) / Page * Page;
            return first + (part == DatasetPart.Test ? (long)set.TrainCount * set.Shape.Size : 0);
        }
    }

    // Writes images where they belong, in whatever order they come; pixels go to the file at once, so memory stays small.
    private sealed class Writer : IImageSink, IDisposable
    {
        private readonly string _path;
        private readonly DatasetDescription _set;
        private readonly Layout _layout;
        private readonly SafeFileHandle _handle;
        private readonly byte[] _labels;

        public Writer(string path, DatasetDescription set)
        {
            (_path, _set, _layout, _labels) = (path, set, new Layout(set), new byte[checked((set.TrainCount + set.TestCount) * new Layout(set).LabelBytes)]);
            _handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: _layout.Length);
        }

        public void Put(DatasetPart part, int index, int label, ReadOnlySpan<byte> pixels)
        {
            var at = _labels.AsSpan((int)(_layout.Labels(part) - Page) + (index * _layout.LabelBytes), _layout.LabelBytes);
            at[0] = (byte)label;
            if (at.Length > 1)
                at[1] = (byte)(label >> 8);
            try
            {
                RandomAccess.Write(_handle, pixels, _layout.Pixels(part) + ((long)index * _set.Shape.Size));
            }
            catch (IOException exception)
            {
                // An IOException here means that the cache cannot be written; any other means that the source cannot be read.
                throw CannotWrite(_set, _path, exception);
            }
        }

        public void Finish() => RandomAccess.Write(_handle, _labels, Page);

        public void Dispose() => _handle.Dispose();
    }
}
