using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// The safetensors file format: 8 bytes with the header's length, a JSON header with each tensor's type, shape and place, then the
/// values, little-endian. PyTorch, JAX and others read and write it, and reading it runs no code.
/// </summary>
public static class Safetensors
{
    private const ulong LargestHeader = 100_000_000;

    /// <summary>A tensor of a file: its type as written there, its shape, its bytes.</summary>
    public sealed record Tensor(string Type, IReadOnlyList<int> Shape, byte[] Bytes)
    {
        /// <summary>A tensor of 32-bit floats.</summary>
        public static Tensor Of(IReadOnlyList<int> shape, float[] values) => new("F32", shape, MemoryMarshal.AsBytes<float>(values).ToArray());

        /// <summary>A tensor without dimensions, of one 64-bit integer.</summary>
        public static Tensor Of(long value) => new("I64", [], BitConverter.GetBytes(value));

        /// <summary>The values as 32-bit floats; null if values of the type cannot be read so.</summary>
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
    public sealed record Content(IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
    {
        /// <summary>The keys under which the tensors lay in the file, joined by points; empty where they lay at its top.</summary>
        public string Under { get; init; } = "";

        /// <summary>What each tensor is called in the file, by its present name; empty before <see cref="ForeignNames.Resolve"/>.</summary>
        public IReadOnlyDictionary<string, string> NamesInFile { get; init; } = new Dictionary<string, string>();

        /// <summary>What was done to the names, in a sentence; null if nothing was.</summary>
        public string? Resolved { get; init; }

        /// <summary>What a tensor is called in the file, for a message.</summary>
        public string NameInFile(string name) => Echo.Of(NamesInFile.GetValueOrDefault(name, name));
    }

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
    /// <exception cref="ExperimentException">The file cannot be read, or breaks the rules of the format.</exception>
    public static Content Read(string path) => Read(path, WeightFile.Bytes(path));

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="ExperimentException">
    /// The bytes break the rules of the format's own reader (huggingface/safetensors, tensor.rs): the header is JSON, begins with a brace
    /// and names nothing twice; tensors lie one after the other, and each byte after the header belongs to exactly one.
    /// </exception>
    public static Content Read(string path, byte[] bytes)
    {
        try
        {
            return Parse(bytes, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw Damaged(path, e is JsonException && e.Message.Contains("uplicate", StringComparison.Ordinal)
                ? "its header has a name twice, which the format forbids" : "its header is not that of a safetensors file");
        }
    }

    private static Content Parse(byte[] bytes, string path)
    {
        if (bytes.Length < 8)
            throw Damaged(path, $"it has {bytes.Length} bytes, too few for a header");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (headerLength > LargestHeader)
            throw Damaged(path, "its header is not that of a safetensors file");
        if (headerLength > (ulong)bytes.Length - 8)
            throw Damaged(path, $"its header alone should have {headerLength} bytes, the whole file has {bytes.Length}");

        var json = bytes.AsMemory(8, (int)headerLength);
        if (!json.Span.StartsWith("{"u8) || !Utf8.IsValid(json.Span))
            throw Damaged(path, "its header is not that of a safetensors file");
        using var header = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        var metadata = new Dictionary<string, string>();
        var places = new List<(string Name, string Type, List<int> Shape, long Begin, long End)>();
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name != "__metadata__")
            {
                places.Add(Place(entry.Name, entry.Value, path));
                continue;
            }

            foreach (var item in entry.Value.ValueKind == JsonValueKind.Null ? default : entry.Value.EnumerateObject())
                metadata[item.Name] = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : throw Damaged(path, $"{Echo.Of(item.Name)} in its metadata is not text");
        }

        var values = bytes.AsMemory(8 + (int)headerLength);
        var free = 0L;
        foreach (var (name, _, _, begin, end) in places.OrderBy(place => (place.Begin, place.End)))
        {
            if (begin != free)
                throw Damaged(path, begin < free ? $"tensor {Echo.Of(name)} overlaps another tensor" : $"{begin - free} bytes before tensor {Echo.Of(name)} belong to no tensor");
            if (end > values.Length)
                throw Damaged(path, $"tensor {Echo.Of(name)} ends at byte {end} of the values, of which there are {values.Length}: the file was cut short");
            free = end;
        }

        if (free != values.Length)
            throw Damaged(path, $"{values.Length - free} bytes after its last tensor belong to no tensor");

        // In the order of the header.
        return new Content(
            places.ToDictionary(place => place.Name, place => new Tensor(place.Type, place.Shape, values[(int)place.Begin..(int)place.End].ToArray())), metadata);
    }

    private static (string Name, string Type, List<int> Shape, long Begin, long End) Place(string name, JsonElement entry, string path)
    {
        var type = entry.GetProperty("dtype").GetString() ?? "";
        var shape = entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToList();
        var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToList();
        if (offsets is not [var begin, var end] || begin < 0 || begin > end || shape.Any(size => size < 0))
            throw Damaged(path, $"tensor {Echo.Of(name)} has an impossible shape or place in the file");
        if (BitsOf(type) is not { } bits)
            throw Damaged(path, $"tensor {Echo.Of(name)} is of type {Echo.Of(type)}, which the format does not have");
        var expected = shape.Aggregate((long)bits, (product, size) => checked(product * size));
        if (expected % 8 != 0 || expected / 8 != end - begin)
            throw Damaged(path, $"tensor {Echo.Of(name)} of shape [{string.Join(", ", shape.Take(8))}] and type {type} should have {expected / 8.0} bytes and has {end - begin}");
        return (name, type, shape, begin, end);
    }

    // Bits of a value; null where the format has no such type.
    private static int? BitsOf(string type) => type switch
    {
        "F64" or "I64" or "U64" or "C64" => 64,
        "F32" or "I32" or "U32" => 32,
        "F16" or "BF16" or "I16" or "U16" => 16,
        "BOOL" or "I8" or "U8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 8,
        "F6_E2M3" or "F6_E3M2" => 6,
        "F4" => 4,
        _ => null,
    };

    private static ExperimentException Damaged(string path, string what) => new($"{path} is not a complete checkpoint: {what}.");
}
