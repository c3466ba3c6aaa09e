using System.Buffers.Binary;
using Experiments.Core.Data.Images;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>The images of an IDX file of unknown origin, gzipped or not (see <see cref="IdxSource"/> for the layout).</summary>
/// <param name="Path">The file.</param>
/// <param name="Count">Number of images.</param>
/// <param name="Shape">The size of each image as it is read, upright.</param>
/// <param name="IsTransposed">Whether the file has columns in the place of rows, as EMNIST's files have.</param>
internal sealed record IdxArray(string Path, int Count, ImageShape Shape, bool IsTransposed) : ImageArray(Path, Count, Shape)
{
    private const int Labels = 2049;
    private const int Images = 2051;

    /// <summary>Reads the header of an image file.</summary>
    /// <exception cref="ExperimentException">The file is not an IDX file of images, or is damaged.</exception>
    public static IdxArray Open(string path, bool isTransposed) => Whole(path, () =>
    {
        using var stream = PackedFile.Open(path);
        var header = Header(stream, path, Images, words: 4);
        return new IdxArray(path, header[1], isTransposed ? new ImageShape(1, header[3], header[2]) : new ImageShape(1, header[2], header[3]), isTransposed);
    });

    /// <summary>Reads a label file.</summary>
    /// <exception cref="ExperimentException">The file is not an IDX file of labels, or is damaged.</exception>
    public static long[] ReadLabels(string path) => Whole(path, () =>
    {
        using var stream = PackedFile.Open(path);
        var bytes = new byte[Header(stream, path, Labels, words: 2)[1]];
        stream.ReadExactly(bytes);
        CheckEnd(stream, path);
        return Array.ConvertAll(bytes, label => (long)label);
    });

    /// <inheritdoc/>
    public override void Read(ImageTaker take) => Whole(Path, () =>
    {
        using var stream = PackedFile.Open(Path);
        _ = Header(stream, Path, Images, words: 4);
        var (stored, turned) = (new byte[Shape.Size], new byte[Shape.Size]);
        for (var image = 0; image < Count; image++)
        {
            stream.ReadExactly(stored);
            for (var i = 0; IsTransposed && i < stored.Length; i++)
                turned[(i % Shape.Height * Shape.Width) + (i / Shape.Height)] = stored[i];
            take(image, IsTransposed ? turned : stored);
        }

        CheckEnd(stream, Path);
        return true;
    });

    private static int[] Header(Stream stream, string path, int magic, int words)
    {
        var bytes = new byte[4 * words];
        stream.ReadExactly(bytes);
        int[] header = [.. Enumerable.Range(0, words).Select(word => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * word)))];
        if (header[0] != magic)
        {
            var what = magic == Images ? "images" : "labels";
            var hint = header[0] is Labels or Images ? $": these are {(header[0] == Images ? "images" : "labels")}" : PackedFile.Look(path);
            throw new ExperimentException($"{path} is not an IDX file of {what}: its first word is {header[0]}, expected {magic}{hint}.");
        }

        // The largest published files, those of EMNIST ByClass, hold 700,000 images.
        if (header[1] is < 1 or > 100_000_000 || header[2..].Any(side => side is < 1 or > 4096))
            throw new ExperimentException($"{path}: its header gives the sizes {string.Join(" x ", header[1..])}, which are impossible.");
        return header;
    }

    private static void CheckEnd(Stream stream, string path)
    {
        if (stream.ReadByte() >= 0)
            throw new ExperimentException($"{path} is longer than its header says.");
    }

    private static T Whole<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EndOfStreamException e)
        {
            throw new ExperimentException($"{path} ends before its header says{PackedFile.Look(path)}.", ExperimentException.BadInput, e);
        }
        catch (InvalidDataException e)
        {
            throw new ExperimentException($"{path} is damaged: {e.Message.TrimEnd('.')}.", ExperimentException.BadInput, e);
        }
    }
}
