using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Experiments.Core.Training;

/// <summary>
/// The safetensors file format: 8 bytes with the header's length, a JSON header with each tensor's type, shape and place, then the
/// values, little-endian. PyTorch, JAX and others read and write it, and reading it runs no code.
/// </summary>
public static class Safetensors
{
    private const long LargestHeader = 100_000_000;

    /// <summary>A tensor of a file: its type as written there, its shape, its bytes.</summary>
    public sealed record Tensor(string Type, IReadOnlyList<int> Shape, byte[] Bytes)
    {
        /// <summary>A tensor of 32-bit floats.</summary>
        public static Tensor Of(IReadOnlyList<int> shape, float[] values) => new("F32", shape, MemoryMarshal.AsBytes<float>(values).ToArray());

        /// <summary>A tensor without dimensions, of one 64-bit integer.</summary>
        public static Tensor Of(long value) => new("I64", [], BitConverter.GetBytes(value));

        /// <summary>The values as 32-bit floats; null where the type has no such reading.</summary>
        public float[]? ToFloats() => Type switch
        {
            "F32" => MemoryMarshal.Cast<byte, float>(Bytes).ToArray(),
            "F64" => Array.ConvertAll(MemoryMarshal.Cast<byte, double>(Bytes).ToArray(), value => (float)value),
            "F16" => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(Bytes).ToArray(), value => (float)value),
            "BF16" => Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(Bytes).ToArray(), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
            _ => null,
        };
    }

    /// <summary>A file's tensors by name and its metadata.</summary>
    public sealed record Content(IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata);

    /// <summary>The bytes of a file with these tensors, in this order, and this metadata.</summary>
    public static byte[] Write(IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var all = tensors.ToList();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            var offset = 0L;
            foreach (var (name, tensor) in all)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // The values begin at a multiple of 8, as the format's own writers have it.
        while (header.Length % 8 != 0)
            header.WriteByte((byte)' ');
        var bytes = new byte[8 + header.Length + all.Sum(pair => (long)pair.Tensor.Bytes.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.GetBuffer().AsSpan(0, (int)header.Length).CopyTo(bytes.AsSpan(8));
        var position = 8 + (int)header.Length;
        foreach (var (_, tensor) in all)
        {
            tensor.Bytes.CopyTo(bytes, position);
            position += tensor.Bytes.Length;
        }

        return bytes;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ExperimentException">It is missing, cut short, or no safetensors file.</exception>
    public static Content Read(string path)
    {
        byte[] bytes;
        if (Directory.Exists(path))
            throw new ExperimentException($"{path} is a folder; name a .safetensors file, for example a run's weights.safetensors.");
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot read the checkpoint {path}: {e.Message}", ExperimentException.BadInput, e);
        }

        return Read(path, bytes);
    }

    /// <summary>Reads what was read from a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="ExperimentException">It is cut short, or no safetensors file.</exception>
    public static Content Read(string path, byte[] bytes)
    {
        try
        {
            return Parse(bytes, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw Damaged(path, "its header is not that of a safetensors file");
        }
    }

    private static Content Parse(byte[] bytes, string path)
    {
        if (bytes.Length < 8)
            throw Damaged(path, $"it has {bytes.Length} bytes, too few for a header");
        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (headerLength is < 2 or > LargestHeader)
            throw Damaged(path, "its header is not that of a safetensors file");
        if (8 + headerLength > bytes.Length)
            throw Damaged(path, $"its header alone should have {headerLength} bytes, the whole file has {bytes.Length}");

        var values = bytes.AsSpan(8 + (int)headerLength);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, (int)headerLength));
        var tensors = new Dictionary<string, Tensor>();
        var metadata = new Dictionary<string, string>();
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                foreach (var item in entry.Value.EnumerateObject())
                    metadata[item.Name] = item.Value.GetString() ?? "";
                continue;
            }

            var type = entry.Value.GetProperty("dtype").GetString() ?? "";
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToList();
            var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToList();
            if (offsets is not [var begin, var end] || begin < 0 || begin > end)
                throw Damaged(path, $"tensor {entry.Name} lies nowhere");
            if (end > values.Length)
                throw Damaged(path, $"tensor {entry.Name} ends at byte {end} of the values, of which there are {values.Length}: the file was cut short");
            var expected = shape.Aggregate(BytesOf(type), (product, size) => checked(product * size));
            if (expected != end - begin)
                throw Damaged(path, $"tensor {entry.Name} of shape [{string.Join(", ", shape)}] and type {type} should have {expected} bytes and has {end - begin}");
            tensors[entry.Name] = new Tensor(type, shape, values[(int)begin..(int)end].ToArray());
        }

        return new Content(tensors, metadata);
    }

    private static long BytesOf(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        _ => 1,
    };

    private static ExperimentException Damaged(string path, string what) => new($"{path} is no whole checkpoint: {what}.");
}
