using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Experiments.Core.Data;
using Experiments.Core.Data.Sources;
using Experiments.Core.Files;
using Experiments.Core.Results.Rows;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Data;
using Xunit.Abstractions;

namespace Experiments.Core.Tests.Fuzzing;

/// <summary>
/// Files that are nearly right: good ones with parts changed, cut out or doubled, thirty seconds for each format. Each must be read, or be answered
/// with an <see cref="ExperimentException"/> of a few lines; nothing else may be thrown, and no file may take long.
/// </summary>
[Trait("Speed", "slow")]
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void YAML() => Fuzz(
        [
            .. Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "configs"), "*.yaml").Select(File.ReadAllBytes),
            "? &x {? *x : 1}\n: [a, {b: \"c\", d: 'e'}, |\n  text\n, !!int 3]\n<<: *x\n"u8.ToArray(),
        ],
        ["[", "{", "]", "}", "? ", ": ", "- ", "&x ", "*x", "\"", "'", "|\n", ">\n", "\t", "\0", "#", "%", "@", "!!", "---\n", "...\n", "\n  ", "<<: ", "no", "\uFEFF"],
        bytes => SweepFile.Parse(Encoding.UTF8.GetString(bytes), "fuzz.yaml", "fuzz"));

    [Fact]
    public void IDX()
    {
        SmallSets.WriteIdx(_folder["good"]);
        Directory.CreateDirectory(_folder["idx"]);
        string[] names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
        var good = new[] { "train-images", "train-labels", "test-images", "test-labels" }.Select(name => File.ReadAllBytes(_folder["good", name])).ToList();
        foreach (var (name, content) in names.Zip(good))
            File.WriteAllBytes(_folder["idx", name], content);
        Fuzz([good[0], good[1], Gzip(good[0]), Gzip(good[1])], ["\0\0\u0008\u0003", "\0\0\u0008\u0001", "\x7F\xFF\xFF\xFF", "\xFF\xFF\xFF\xFF", "\x1F\x8B", "<html>"], bytes =>
        {
            var at = _folder["idx", names[bytes.Length % 2]];
            File.WriteAllBytes(at, bytes);
            try
            {
                ReadAll(_folder["idx"]);
            }
            finally
            {
                File.WriteAllBytes(at, good[bytes.Length % 2]);
            }
        });
    }

    [Fact]
    public void Npz()
    {
        byte[] Archive(CompressionLevel level)
        {
            using var memory = new MemoryStream();
            using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (var name in new[] { "x_train", "y_train", "x_test", "y_test" })
                {
                    using var entry = zip.CreateEntry($"{name}.npy", level).Open();
                    entry.Write(name[0] == 'x' ? OwnImagesTests.Npy("<f4", fortran: true, [6, 3, 4], at => at[0] + at[1]) : OwnImagesTests.Npy("<i8", fortran: false, [6], at => at[0] % 2));
                }
            }

            return memory.ToArray();
        }

        Fuzz([Archive(CompressionLevel.NoCompression), Archive(CompressionLevel.Fastest)],
            ["'descr'", "'|O'", "'<f8'", "'|u1'", "True", "(6, 3, 4)", "(999999999, 999999999)", "(0,)", "(-1,)", "()", "PK\u0001\u0002", "PK\u0005\u0006", "\x93NUMPY", "\xFF\xFF\xFF\xFF"], bytes =>
        {
            File.WriteAllBytes(_folder["a.npz"], bytes);
            ReadAll(_folder["a.npz"]);
        });
    }

    [Fact]
    public void CSV() => Fuzz(
        [.. Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "results", "reference"), "runs.csv", SearchOption.AllDirectories).Take(4)
            .Select(path => Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(path).Take(4))))],
        ["\"", ",", "\n", "\r", "\0", "\"\"", "NaN", "1e999", "-", ";", "run,", "\uFEFF", "finished"],
        bytes =>
        {
            File.WriteAllBytes(_folder["runs.csv"], bytes);
            CsvFile.Read<RunRow>(_folder["runs.csv"]);
        });

    private static void ReadAll(string path)
    {
        var set = OwnImages.Describe(path, new());
        var mistakes = set.Source.Read(set.Source.Find("")!, set, new ClassCounter(set));
        if (mistakes.Count > 0)
            throw ExperimentException.ForAll(mistakes);
    }

    private void Fuzz(IReadOnlyList<byte[]> seeds, IReadOnlyList<string> tokens, Action<byte[]> read)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (tries, refused) = (0, 0);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Duration; tries++)
        {
            var bytes = Mutate(seeds[random.Next(seeds.Count)], seeds, tokens, random);
            var started = clock.Elapsed;
            try
            {
                read(bytes);
            }
            catch (ExperimentException e)
            {
                refused++;
                Assert.True(e.Message.Length is > 10 and < 50_000, $"seed {seed}, try {tries}: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, try {tries}: {e}\n{Convert.ToBase64String(bytes)}");
            }

            Assert.True(clock.Elapsed - started < TimeSpan.FromSeconds(10), $"seed {seed}, try {tries} took {clock.Elapsed - started}");
        }

        output.WriteLine($"{tries} files, {refused} refused");
        Assert.InRange(refused, 1, tries);
    }

    private static byte[] Mutate(byte[] good, IReadOnlyList<byte[]> seeds, IReadOnlyList<string> tokens, Random random)
    {
        var bytes = good.ToList();
        for (var change = random.Next(1, 6); change > 0; change--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 64), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(tokens[random.Next(tokens.Count)]));
                    break;
                case 3 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 4 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 5:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(tokens[random.Next(tokens.Count)], random.Next(1, 2000)))));
                    break;
                default:
                    var other = seeds[random.Next(seeds.Count)];
                    bytes.InsertRange(at, other.Skip(random.Next(other.Length)).Take(random.Next(100)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return memory.ToArray();
    }
}
