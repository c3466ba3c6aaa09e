using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Files;

namespace Experiments.Core.Data;

/// <summary>
/// The whitening of one training set on disk, beside the prepared images: a page of text, then the floats of the [D, D] matrix and the [D]
/// offset.
/// <code>
/// experiments-zca 1
/// cifar10 3x32x32, epsilon 0.01, 10000 images
/// source  SHA-256 of the source files' paths, sizes and times of writing
/// images  SHA-256 of which images are trained on
/// values  SHA-256 of the floats
/// </code>
/// It may be deleted at any time; if it is missing, damaged or from other images, it is computed again.
/// </summary>
internal static class ZcaCache
{
    private const int Page = 4096;

    /// <summary>Reads the whitening of a training set, and computes it first if it is not there.</summary>
    /// <param name="set">The data set.</param>
    /// <param name="found">Its files.</param>
    /// <param name="folder">The folder they were found in.</param>
    /// <param name="training">The images trained on.</param>
    /// <param name="options">Whom to tell that it is computed and about how long that takes, the number of threads, and the cancellation.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ExperimentException">The cache cannot be written.</exception>
    public static ZcaWhitening Open(DatasetDescription set, FoundSource found, DataFolder folder, ImageSet training, DataOptions options)
    {
        var images = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(training.Records)));
        string[] head =
        [
            "experiments-zca 1",
            FormattableString.Invariant($"{set.Name} {set.Shape}, epsilon {ZcaWhitening.Epsilon}, {ZcaWhitening.MostImages} images"),
            "source " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(found.Fingerprint))),
            "images " + images,
        ];
        var path = Path.ChangeExtension(ImageCache.PathOf(set, found, folder), $"{images[..8]}.zca");
        if (TryRead(path, head, set.Shape.Size) is { } ready)
            return ready;
        using (ImageCache.Lock(path, set, $"computes the ZCA whitening of {set.Name}", options.Say, options.Cancellation))
        {
            // Another process may have computed it while this one waited for the lock.
            if (TryRead(path, head, set.Shape.Size) is { } computed)
                return computed;
            options.Say?.Invoke($"Computing the ZCA whitening of {set.Name}, once: {set.Shape.Size} x {set.Shape.Size} values, in {(set.Shape.Size < 1000 ? "some seconds" : "a minute or two")}.");
            var whitening = ZcaWhitening.Of(training, options.Threads, options.Cancellation);
            Write(path, head, whitening);
            return whitening;
        }
    }

    private static ZcaWhitening? TryRead(string path, string[] head, int size)
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

        using (file)
        {
            if (file.Length != Page + (sizeof(float) * ((long)size + 1) * size))
                return null;
            var bytes = file.Bytes(Page, sizeof(float) * (size + 1) * size);
            if (!file.Bytes(0, Page).SequenceEqual(Header(head, bytes)))
                return null;
            var values = MemoryMarshal.Cast<byte, float>(bytes);
            return new ZcaWhitening(values[..(size * size)].ToArray(), values[(size * size)..].ToArray());
        }
    }

    private static void Write(string path, string[] head, ZcaWhitening whitening)
    {
        float[] values = [.. whitening.Matrix, .. whitening.Offset];
        var bytes = MemoryMarshal.AsBytes<float>(values).ToArray();
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(head, bytes));
            stream.Write(bytes);
        });
    }

    private static byte[] Header(string[] head, ReadOnlySpan<byte> values)
    {
        var page = new byte[Page];
        Encoding.UTF8.GetBytes(string.Join('\n', [.. head, "values " + Convert.ToHexStringLower(SHA256.HashData(values))]) + "\n", page);
        return page;
    }
}
