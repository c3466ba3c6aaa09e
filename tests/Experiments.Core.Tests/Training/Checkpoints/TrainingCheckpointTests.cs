using System.Text.Json;
using Experiments.Core.Files;
using Experiments.Core.Results.Rows;
using Experiments.Core.Tests.Data;
using Experiments.Core.Training;
using Experiments.Core.Training.Checkpoints;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Tests.Training.Checkpoints;

public sealed class TrainingCheckpointTests : IDisposable
{
    private static readonly EngineState s_state = new(
        [new("conv1.weight", [2, 3], [1, -0f, float.NaN, float.NegativeInfinity, 1e-45f, 3]), new("fc.bias", [1], [0.1f])],
        [new("norm1.running_mean", [2], [5, 6])],
        [new("conv1.weight", [2, 3], [6, 5, 4, 3, 2, 1]), new("fc.bias", [1], [0.3f])])
    {
        SecondMoment = [new("conv1.weight", [2, 3], [0.5f, 1, 2, 4, 8, 16]), new("fc.bias", [1], [0.7f])],
        Updates = 1L << 40,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Everything_comes_back_as_the_same_bits()
    {
        var landscape = new LandscapeRow { Step = 3, Epoch = 1 / 3.0, StepSize = 0, Loss = double.NaN, Smoothness = double.PositiveInfinity };
        var written = Checkpoint() with { Measured = [JsonSerializer.SerializeToElement(new[] { landscape }, ExactJson.Options)] };
        var (read, state) = TrainingCheckpoint.Read("x", written.Write(s_state));
        Assert.Equal(written.Position with { Epochs = [] }, read.Position with { Epochs = [] });
        Assert.Equal(written.Position.Epochs, read.Position.Epochs);
        Assert.Equal((written.Run, written.Conditions, written.Images, written.Started, written.PeakMemoryMib), (read.Run, read.Conditions, read.Images, read.Started, read.PeakMemoryMib));
        Assert.Equal([landscape], Assert.Single(read.Measured).Deserialize<LandscapeRow[]>(ExactJson.Options)!);
        foreach (var (expected, actual) in new[] { (s_state.Parameters, state.Parameters), (s_state.Buffers, state.Buffers), (s_state.Momentum, state.Momentum), (s_state.SecondMoment, state.SecondMoment) })
        {
            Assert.Equal(expected.Select(array => array.Name), actual.Select(array => array.Name));
            Assert.Equal(expected.SelectMany(array => array.Shape), actual.SelectMany(array => array.Shape));
            Assert.Equal(Bits(expected), Bits(actual));
        }

        Assert.Equal(s_state.Updates, state.Updates);

        static IEnumerable<int> Bits(IReadOnlyList<NamedArray> arrays) => arrays.SelectMany(array => array.Values).Select(BitConverter.SingleToInt32Bits);
    }

    [Fact]
    public void A_file_is_safetensors_that_others_open()
    {
        var content = Safetensors.Read("x", Checkpoint().Write(s_state));
        Assert.Equal([2, 3], content.Tensors["momentum.conv1.weight"].Shape);
        Assert.Equal("bn-b4", content.Metadata["run"]);
    }

    [Fact]
    public void Every_flipped_bit_and_every_missing_byte_is_damage()
    {
        var bytes = Checkpoint().Write(s_state);
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = bytes.ToArray();
            damaged[i] ^= (byte)(1 << (i % 8));
            Damaged(damaged);
            Damaged(bytes[..i]);
        }

        Damaged([.. bytes, 0]);

        static void Damaged(byte[] bytes) =>
            Assert.Contains("checkpoint.safetensors is damaged: ", Assert.Throws<ExperimentException>(() => TrainingCheckpoint.Read("checkpoint.safetensors", bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weights_file_and_a_checkpoint_of_another_run_are_passed_over()
    {
        var folder = new CheckpointFolder(_folder["checkpoints"]);
        folder.Write(Checkpoint(), 3, s_state);
        folder.Write(Checkpoint() with { Run = "gn-b4" }, 4, s_state);
        var said = new List<string>();
        Assert.Equal(_folder["checkpoints", "3.safetensors"], folder.Latest("bn-b4", said.Add)!.Value.File);
        Assert.Contains("4.safetensors is the checkpoint of another run, gn-b4. The checkpoint before it is taken.", Assert.Single(said), StringComparison.Ordinal);

        File.WriteAllBytes(_folder["checkpoints", "5.safetensors"], Safetensors.Write([], new Dictionary<string, string>()));
        Assert.NotNull(folder.Latest("bn-b4", said.Add));
        Assert.Contains("5.safetensors is damaged", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_process_left_of_its_writing_goes_with_the_next_checkpoint()
    {
        var folder = new CheckpointFolder(_folder["checkpoints"]);
        Directory.CreateDirectory(folder.Root);
        File.WriteAllText(_folder["checkpoints", ".7.safetensors.0123.tmp"], "half of it");
        Assert.False(folder.Any);
        Assert.Null(folder.Latest("bn-b4", message => Assert.Fail(message)));
        folder.Write(Checkpoint(), 8, s_state);
        Assert.Equal([_folder["checkpoints", "8.safetensors"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Conditions_that_differ_are_named_with_both_values()
    {
        var then = Checkpoint().Conditions;
        Assert.Null(then.Differences(then with { }));
        Assert.Equal(
            "engine onednn then and torch now, precision fp32 then and bf16 now, threads 1 then and 2 now, library oneDNN 2.6.3 then and oneDNN 3.6.2 now, "
            + "instruction set avx2 256-bit then and avx2 avx512f 512-bit now",
            then.Differences(new("torch", "bf16", 2, "oneDNN 3.6.2", "avx2 avx512f 512-bit")));
    }

    [Fact]
    public void A_library_that_was_named_without_what_it_calls_is_still_the_same()
    {
        var then = Checkpoint().Conditions with { Library = "TorchSharp 0.107.0" };
        Assert.Null(then.Differences(then with { Library = "TorchSharp 0.107.0 (libtorch 2.10.0)" }));
        Assert.NotNull(then.Differences(then with { Library = "TorchSharp 0.108.0 (libtorch 2.10.0)" }));
        var now = then with { Library = "TorchSharp 0.107.0 (libtorch 2.10.0)" };
        Assert.NotNull(now.Differences(now with { Library = "TorchSharp 0.107.0 (libtorch 2.11.0)" }));
    }

    [Fact]
    public void The_fingerprint_of_images_follows_their_content_and_not_their_place()
    {
        string Fingerprint(string folder, Action<string>? change = null)
        {
            var place = SmallSets.WriteCifar(_folder[folder]);
            change?.Invoke(Path.Combine(place, "batch_1.bin"));
            using var dataset = Core.Data.Dataset.Open(SmallSets.Cifar, new() { Folder = _folder[folder] });
            return dataset.Fingerprint;
        }

        Assert.Equal(Fingerprint("here"), Fingerprint("there"));
        Assert.NotEqual(Fingerprint("here"), Fingerprint("changed", file =>
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }));
    }

    private static TrainingCheckpoint Checkpoint() => new(
        "bn-b4",
        new("onednn", "fp32", 1, "oneDNN 2.6.3", "avx2 256-bit"),
        "0123",
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        new TrainingPosition([new(1, 0.1, new(40, Math.PI, 3), new(20, Math.E, 5), null, new Score(20, 1 / 3.0, 6), 2.5, 1.1)], 7, new(28, 0.1 + 0.2, 9), 0.7, 1 / 7.0),
        [],
        12.5);
}
