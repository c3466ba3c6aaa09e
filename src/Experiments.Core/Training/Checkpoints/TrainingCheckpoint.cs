using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Experiments.Core.Files;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Training.Checkpoints;

/// <summary>What the bits of a training depend on besides its settings and images. A resumed training keeps its bits only if all these are the same.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Precision">The number format.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Library">The library that computes and its version.</param>
/// <param name="InstructionSet">The processor's instruction sets, as far as kernels are chosen by them.</param>
public sealed record TrainingConditions(string Engine, string Precision, int Threads, string Library, string InstructionSet)
{
    /// <summary>The differences between two conditions, in words that name both; null if there are none.</summary>
    /// <param name="now">The other conditions.</param>
    public string? Differences(TrainingConditions now)
    {
        (string What, string Then, string Now)[] all =
        [
            ("engine", Engine, now.Engine),
            ("precision", Precision, now.Precision),
            ("threads", Threads.ToString(CultureInfo.InvariantCulture), now.Threads.ToString(CultureInfo.InvariantCulture)),
            // A name that adds the library that is called, as in TorchSharp 0.107.0 (libtorch 2.10.0), means the same as the first name alone.
            ("library", Library, now.Library.StartsWith($"{Library} (", StringComparison.Ordinal) ? Library : now.Library),
            ("instruction set", InstructionSet, now.InstructionSet),
        ];
        var differing = all.Where(one => one.Then != one.Now).Select(one => $"{one.What} {one.Then} then and {one.Now} now").ToList();
        return differing.Count == 0 ? null : string.Join(", ", differing);
    }
}

/// <summary>
/// Everything that the rest of a training depends on. Random numbers are no part of it: each is a function of the seed, its purpose and the
/// position.
/// </summary>
/// <param name="Run">The run's name, which follows from its settings.</param>
/// <param name="Conditions">What else the training's bits depend on.</param>
/// <param name="Images">The fingerprint of the training's images.</param>
/// <param name="Started">When the training began.</param>
/// <param name="Position">How far the training is.</param>
/// <param name="Measured">What was measured so far, an element for each measurement.</param>
/// <param name="PeakMemoryMib">The peak of private memory so far, in MiB; null if the system does not report it.</param>
public sealed record TrainingCheckpoint(
    string Run,
    TrainingConditions Conditions,
    string Images,
    DateTimeOffset Started,
    TrainingPosition Position,
    IReadOnlyList<JsonElement> Measured,
    double? PeakMemoryMib)
{
    private const string Format = "experiments-checkpoint 1";
    private const string Json = "training";
    private const string Parameter = "parameter.";
    private const string Buffer = "buffer.";
    private const string Velocity = "momentum.";
    private const string SecondMoment = "second-moment.";
    private const string Updates = "updates";

    private static readonly string NoChecksum = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>
    /// The bytes of a file: safetensors, with the engine's arrays under our own names, the rest as the bytes of a JSON text, and in the
    /// metadata the SHA-256 of the whole file, computed with zeros in the checksum's place.
    /// </summary>
    /// <param name="state">What the engine holds at the position.</param>
    public byte[] Write(EngineState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, ExactJson.Options);
        var bytes = Safetensors.Write(
            [
                .. Named(Parameter, state.Parameters),
                .. Named(Buffer, state.Buffers),
                .. Named(Velocity, state.Momentum),
                .. Named(SecondMoment, state.SecondMoment),
                .. state.Updates > 0 ? [(Updates, Safetensors.Tensor.Of(state.Updates))] : Array.Empty<(string, Safetensors.Tensor)>(),
                (Json, new Safetensors.Tensor("U8", [json.Length], json)),
            ],
            new Dictionary<string, string> { ["sha256"] = NoChecksum, ["format"] = Format, ["run"] = Run });
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes)), ChecksumIn(bytes));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> made.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">The file's bytes; the checksum in them is overwritten.</param>
    /// <exception cref="ExperimentException">The file is damaged, or is no checkpoint of this format.</exception>
    public static (TrainingCheckpoint Checkpoint, EngineState State) Read(string path, byte[] bytes)
    {
        if (!IsWhole(bytes))
            throw new ExperimentException($"{path} is damaged: {(bytes.Length == 0 ? "it is empty" : "its checksum is not that of its content")}.");
        var content = Safetensors.Read(path, bytes);
        try
        {
            if (content.Metadata["format"] != Format)
                throw new ExperimentException($"{path} is of format '{Echo.Of(content.Metadata["format"])}', and this program reads '{Format}'.");
            var checkpoint = JsonSerializer.Deserialize<TrainingCheckpoint>(content.Tensors[Json].Bytes, ExactJson.Options)!;
            var updates = content.Tensors.TryGetValue(Updates, out var counted) ? BitConverter.ToInt64(counted.Bytes) : 0;
            return (checkpoint, new EngineState(Arrays(Parameter), Arrays(Buffer), Arrays(Velocity)) { SecondMoment = Arrays(SecondMoment), Updates = updates });
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            throw new ExperimentException($"{path} is not the checkpoint of a training: {e.Message}", ExperimentException.BadInput, e);
        }

        // In the order of the file, which is the engine's own order.
        IReadOnlyList<NamedArray> Arrays(string prefix) =>
            [.. content.Tensors.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => new NamedArray(pair.Key[prefix.Length..], pair.Value.Shape, pair.Value.ToFloats()!))];
    }

    private static IEnumerable<(string Name, Safetensors.Tensor Tensor)> Named(string prefix, IReadOnlyList<NamedArray> arrays) =>
        arrays.Select(array => (prefix + array.Name, Safetensors.Tensor.Of(array.Shape, array.Values)));

    private static bool IsWhole(byte[] bytes)
    {
        var place = ChecksumIn(bytes);
        if (place.Length < NoChecksum.Length)
            return false;
        var expected = Encoding.ASCII.GetString(place);
        Encoding.ASCII.GetBytes(NoChecksum, place);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == expected;
    }

    // The checksum is the first entry of the metadata, and the metadata is the first entry of the header. Empty if there is no checksum.
    private static Span<byte> ChecksumIn(byte[] bytes)
    {
        var key = "\"sha256\":\""u8;
        var at = bytes.AsSpan(0, Math.Min(bytes.Length, 1024)).IndexOf(key);
        return at < 0 || bytes.Length < at + key.Length + NoChecksum.Length ? [] : bytes.AsSpan(at + key.Length, NoChecksum.Length);
    }
}
