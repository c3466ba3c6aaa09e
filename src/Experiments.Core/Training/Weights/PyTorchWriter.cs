using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// Writes a state dictionary as <c>torch.save</c> does since PyTorch 1.6: a zip archive with a pickle (protocol 2) of names and shapes, and the
/// values of each tensor in an entry of their own. <c>torch.load</c> reads it, with <c>weights_only=True</c> too.
/// </summary>
public static class PyTorchWriter
{
    private const string Folder = "archive/";

    /// <summary>The bytes of a file with these tensors, in this order.</summary>
    /// <exception cref="ArgumentException">A tensor is of a type that PyTorch has no storage for.</exception>
    public static byte[] Write(IReadOnlyList<(string Name, Safetensors.Tensor Tensor)> tensors)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Entry(zip, "data.pkl", Pickled(tensors));
            Entry(zip, "byteorder", "little"u8);
            foreach (var (index, (_, tensor)) in tensors.Index())
                Entry(zip, $"data/{Key(index)}", tensor.Bytes);
            Entry(zip, "version", "3\n"u8);
        }

        return file.ToArray();
    }

    private static void Entry(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        var entry = zip.CreateEntry(Folder + name, CompressionLevel.NoCompression);
        // A fixed time, so that the same weights make the same file.
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var stream = entry.Open();
        stream.Write(bytes);
    }

    private static byte[] Pickled(IReadOnlyList<(string Name, Safetensors.Tensor Tensor)> tensors)
    {
        using var pickle = new MemoryStream();
        void Write(string ascii) => pickle.Write(Encoding.Latin1.GetBytes(ascii));
        void WriteText(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Write("X");
            pickle.Write(BitConverter.GetBytes(bytes.Length));
            pickle.Write(bytes);
        }

        void WriteNumber(int number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            Write("J");
            pickle.Write(bytes);
        }

        void WriteTuple(IEnumerable<int> numbers)
        {
            Write("(");
            foreach (var number in numbers)
                WriteNumber(number);
            Write("t");
        }

        Write("\u0080\u0002ccollections\nOrderedDict\n)R(");
        foreach (var (index, (name, tensor)) in tensors.Index())
        {
            WriteText(name);
            Write("ctorch._utils\n_rebuild_tensor_v2\n((");
            WriteText("storage");
            Write($"ctorch\n{PyTorchFile.StorageOf(tensor.Type)}\n");
            WriteText(Key(index));
            WriteText("cpu");
            WriteNumber(tensor.Shape.Aggregate(1, (product, size) => product * size));
            Write("tQ");
            WriteNumber(0);
            WriteTuple(tensor.Shape);
            WriteTuple(tensor.Shape.Select((_, axis) => tensor.Shape.Skip(axis + 1).Aggregate(1, (product, size) => product * size)));
            Write("\u0089ccollections\nOrderedDict\n)RtR");
        }

        Write("u.");
        return pickle.ToArray();
    }

    private static string Key(int index) => index.ToString(CultureInfo.InvariantCulture);
}
