using System.Buffers.Binary;
using System.Diagnostics;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;
using Xunit.Abstractions;
using static Experiments.Core.Tests.Training.Weights.PickleText;

namespace Experiments.Core.Tests.Training.Weights;

/// <summary>
/// Files of weights damaged at random, thirty seconds of each kind: they are read or refused in a sentence, and nothing else. The seed is
/// printed; <c>FUZZ_SEED</c> sets it.
/// </summary>
[Trait("Speed", "slow")]
public sealed class WeightFuzzTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(30);

    [Fact]
    public void Safetensors()
    {
        var network = ModelCatalog.Build("small-cnn", 4, Shortcut.IdentityAppended, new ImageShape(3, 8, 8), 10, NormCatalog.Create(new("bn")));
        var whole = Checkpoint.Write(network, Initialization.Create(network, 1), 3, new Dictionary<string, string> { ["model"] = "small-cnn" });
        Fuzz([whole], bytes => Checkpoint.Fit("w", ForeignNames.Resolve("w", WeightFile.Read("w", bytes)), network), whole.Length - 2000);
    }

    [Fact]
    public void PyTorch_files()
    {
        // Not compressed, so that the damage reaches the pickle.
        var zip = PyTorchWriter.Write([("a.weight", Core.Training.Weights.Safetensors.Tensor.Of([2, 3], [1, 2, 3, 4, 5, 6])), ("a.n", Core.Training.Weights.Safetensors.Tensor.Of(5))]);
        var state = Dictionary(
            Text("a.weight"), Tensor("FloatStorage", "7", 6, 0, [3, 2], [1, 3], old: true), Text("a.part"), Tensor("FloatStorage", "7", 6, 1, [2], [1], old: true, part: Tuple(Text("7v"), Number(2), Number(3))),
            Text("a.n"), Tensor("LongStorage", "8", 1, 0, [], [], old: true));
        var old = OldFile(Dictionary(Text("epoch"), Number(3), Text("state_dict"), state, Text("list"), $"](K\u0001K\u0002e{Text("x")}a"), ("8", 1, BitConverter.GetBytes(9L)), ("7", 6, Floats(1, 2, 3, 4, 5, 6)));
        Fuzz([zip, old], bytes => NetworkOfWeights.Of(ForeignNames.Resolve("w", WeightFile.Read("w", bytes)).Tensors));
    }

    private void Fuzz(byte[][] files, Action<byte[]> read, int rarely = 0)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"FUZZ_SEED={seed}");
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        var (done, refused) = (0, 0);
        while (clock.Elapsed < s_time)
        {
            var bytes = Damaged(files[random.Next(files.Length)], random, rarely);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = clock.Elapsed;
            try
            {
                read(bytes);
            }
            catch (ExperimentException e)
            {
                Assert.Equal(ExperimentException.BadInput, e.ExitCode);
                Assert.True(e.Message.Length < 2000, e.Message);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"FUZZ_SEED={seed}, file {done}: {e}\n{Convert.ToBase64String(bytes)}");
            }

            done++;
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200_000_000, $"FUZZ_SEED={seed}: {Convert.ToBase64String(bytes)}");
            Assert.True(clock.Elapsed - started < TimeSpan.FromSeconds(20), $"FUZZ_SEED={seed}: {Convert.ToBase64String(bytes)}");
        }

        output.WriteLine($"{done} files, {refused} of them refused");
        Assert.InRange(refused, 1, done);
    }

    // One to four damages: bits, bytes or numbers changed, pieces removed, doubled or moved, the end cut off. The last bytes, which are only values, are hit rarely.
    private static byte[] Damaged(byte[] whole, Random random, int rarely)
    {
        var bytes = whole.ToList();
        for (var damage = random.Next(1, 5); damage > 0 && bytes.Count > 8; damage--)
        {
            var at = random.Next(random.Next(10) > 0 && rarely > 0 ? Math.Max(1, bytes.Count - rarely) : bytes.Count);
            var length = random.Next(1, Math.Min(40, bytes.Count - at) + 1);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    var number = new byte[8];
                    BinaryPrimitives.WriteInt64LittleEndian(number, random.Next(4) switch { 0 => -1, 1 => int.MaxValue, 2 => long.MaxValue, _ => random.Next(300) });
                    for (var i = 0; i < Math.Min(random.Next(2) == 0 ? 4 : 8, bytes.Count - at); i++)
                        bytes[at + i] = number[i];
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 5:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 6:
                    bytes[at] = (byte)"0123456789{}[]\",:.(tuRcQbsaeX}"[random.Next(30)];
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : 1);
                    break;
            }
        }

        return [.. bytes];
    }
}
