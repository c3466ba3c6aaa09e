using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Experiments.Core.Data;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data;

/// <summary>Images of your own in arrays: IDX files and NumPy archives, as they are published and as people save them.</summary>
public sealed class OwnImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false)]
    [InlineData("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", false)]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", true)]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "test-images-idx3-ubyte", "test-labels-idx1-ubyte", true)]
    public void IDX_files_are_read_under_the_names_that_archivers_leave_gzipped_or_not(string images, string labels, string testImages, string testLabels, bool gzipped)
    {
        WriteIdx([images, labels, testImages, testLabels], gzipped);
        var (set, sink) = Read(_folder["mnist"]);
        Assert.Equal(("mnist/", new ImageShape(1, 5, 4), 16, 8), (set.Name, set.Shape, set.TrainCount, set.TestCount));
        Assert.Equal(["0", "1", "2", "3"], set.ClassNames.ToArray());
        CheckImages(sink, (part, index, pixel) => SmallSets.Pixel(part, index, pixel));
    }

    [Fact]
    public void EMNISTs_images_are_turned_upright_and_it_is_said()
    {
        WriteIdx(["emnist-balanced-train-images-idx3-ubyte", "emnist-balanced-train-labels-idx1-ubyte", "emnist-balanced-test-images-idx3-ubyte", "emnist-balanced-test-labels-idx1-ubyte"], gzipped: true);
        var (set, sink) = Read(_folder["mnist"]);
        Assert.Equal(new ImageShape(1, 4, 5), set.Shape);
        Assert.Contains("published transposed; they are turned upright", Assert.Single(set.Remarks), StringComparison.Ordinal);
        CheckImages(sink, (part, index, pixel) => SmallSets.Pixel(part, index, (pixel % 5 * 4) + (pixel / 5)));
    }

    [Fact]
    public void Of_several_IDX_sets_in_a_folder_one_is_named_by_what_its_files_begin_with()
    {
        foreach (var set in new[] { "emnist-balanced", "kmnist" })
            WriteIdx([$"{set}-train-images-idx3-ubyte", $"{set}-train-labels-idx1-ubyte", $"{set}-test-images-idx3-ubyte", $"{set}-test-labels-idx1-ubyte"], gzipped: false);
        Assert.Contains("holds the IDX files of 2 sets", Error(_folder["mnist"]), StringComparison.Ordinal);
        Assert.Equal("kmnist/", Read(_folder["mnist", "kmnist"]).Set.Name);
    }

    public static TheoryData<string, string, bool, CompressionLevel> Arrays => new()
    {
        { "|u1", "NHW", false, CompressionLevel.NoCompression },
        { "|u1", "NHWC", false, CompressionLevel.Fastest },
        { "|u1", "NCHW", false, CompressionLevel.Fastest },
        { "|u1", "NHWC", true, CompressionLevel.Fastest },
        { "<f4", "NCHW", false, CompressionLevel.Fastest },
        { ">f8", "NHWC", true, CompressionLevel.NoCompression },
        { "<i8", "NHW", false, CompressionLevel.Fastest },
        { ">u2", "NHW", true, CompressionLevel.Fastest },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void NumPy_archives_are_read_in_every_layout_type_and_order(string type, string layout, bool fortran, CompressionLevel compression)
    {
        var channels = layout.Contains('C', StringComparison.Ordinal) ? 3 : 1;
        int[] Sizes(int count) => layout switch { "NHW" => [count, 5, 4], "NHWC" => [count, 5, 4, 3], _ => [count, 3, 5, 4] };
        double Value(DatasetPart part, int[] at)
        {
            var (channel, row, column) = layout switch { "NHW" => (0, at[1], at[2]), "NHWC" => (at[3], at[1], at[2]), _ => (at[1], at[2], at[3]) };
            return SmallSets.Pixel(part, at[0], (((channel * 5) + row) * 4) + column) / (type == "<f4" ? 255.0 : 1);
        }

        WriteNpz("a.npz", compression,
            ("train_images", Npy(type, fortran, Sizes(16), at => Value(DatasetPart.Train, at))), ("train_labels", Npy("<i8", false, [16, 1], at => at[0] % 4)),
            ("val_images", Npy(type, fortran, Sizes(2), _ => 0)), ("val_labels", Npy("<i8", false, [2, 1], _ => 0)),
            ("test_images", Npy(type, fortran, Sizes(8), at => Value(DatasetPart.Test, at))), ("test_labels", Npy("|u1", false, [8, 1], at => at[0] % 4)));
        var (set, sink) = Read(_folder["a.npz"]);
        Assert.Equal(("a.npz", new ImageShape(channels, 5, 4)), (set.Name, set.Shape));
        Assert.Contains("val_images, val_labels are not used", Assert.Single(set.Remarks), StringComparison.Ordinal);
        CheckImages(sink, (part, index, pixel) => SmallSets.Pixel(part, index, pixel));
    }

    [Fact]
    public void What_a_NumPy_archive_cannot_be_read_for_is_said()
    {
        var labels = Npy("|u1", false, [16], at => at[0] % 2);
        string Answer(byte[] images, byte[]? other = null)
        {
            WriteNpz("b.npz", CompressionLevel.Fastest, ("x_train", images), ("y_train", other ?? labels), ("x_test", images), ("y_test", other ?? labels));
            return Assert.Throws<ExperimentException>(() => Read(_folder["b.npz"])).Message;
        }

        var good = Npy("|u1", false, [16, 5, 4], at => at[0]);
        Assert.Contains("pickled Python objects, which this program does not open", Answer(Npy("|O", false, [16], _ => 0)), StringComparison.Ordinal);
        Assert.Contains("expected images as [N, H, W]", Answer(Npy("|u1", false, [16, 20], _ => 0)), StringComparison.Ordinal);
        Assert.Contains("has the value 300", Answer(Npy("<f4", false, [16, 5, 4], _ => 300)), StringComparison.Ordinal);
        Assert.Contains("has the value NaN", Answer(Npy("<f4", false, [16, 5, 4], _ => double.NaN)), StringComparison.Ordinal);
        Assert.Contains("expected one label for each image", Answer(good, Npy("|u1", false, [16, 14], _ => 0)), StringComparison.Ordinal);
        Assert.Contains("16 images, and there are 12 labels", Answer(good, Npy("|u1", false, [12], at => at[0] % 2)), StringComparison.Ordinal);
        Assert.Contains("1 class; expected 2 to 1,000", Answer(good, Npy("|u1", false, [16], _ => 3)), StringComparison.Ordinal);
        File.WriteAllText(_folder["c.npz"], "<!DOCTYPE html><html>");
        Assert.EndsWith("it begins like a web page.", Error(_folder["c.npz"]), StringComparison.Ordinal);
        WriteNpz("d.npz", CompressionLevel.Fastest, ("weights", good));
        Assert.Contains("holds the arrays weights; expected train_images", Error(_folder["d.npz"]), StringComparison.Ordinal);
        Assert.Equal(3, Assert.Throws<ExperimentException>(() => OwnImages.Describe(_folder["nowhere", "flowers"], new())).ExitCode);
    }

    [Fact]
    public void Unequal_classes_are_split_and_limited_in_their_proportions()
    {
        // 300 classes, of which the first has 100 images, the second 50, each of the others 4: more classes than a byte tells apart.
        int[] labels = [.. Enumerable.Repeat(0, 100), .. Enumerable.Repeat(1, 50), .. Enumerable.Range(2, 298).SelectMany(label => Enumerable.Repeat(label, 4))];
        WriteNpz("many.npz", CompressionLevel.Fastest, ("images", Npy("|u1", false, [labels.Length, 2, 3], at => at[0] % 251)), ("labels", Npy("<i4", false, [labels.Length], at => labels[at[0]] * 10)));
        Assert.Contains("give --test-part 0.2", Error(_folder["many.npz"]), StringComparison.Ordinal);
        var set = OwnImages.Describe(_folder["many.npz"], new(TestPart: 0.25));
        using var whole = Dataset.Open(set, new() { Folder = _folder.Path });
        Assert.Equal([75, 38, .. Enumerable.Repeat(3, 298)], whole.Train.ClassCounts().Zip(whole.Test.ClassCounts()).Select((pair, label) => label == 1 ? 38 : pair.First));
        Assert.Equal([25, .. Enumerable.Repeat(1, 298)], whole.Test.ClassCounts().Where((_, label) => label != 1));
        Assert.Equal(("10", "2990"), (set.ClassNames[1], set.ClassNames[299]));
        Assert.Equal(labels.Length, whole.Train.Count + whole.Test.Count);
        using var limited = Dataset.Open(set, new() { Folder = _folder.Path, TrainLimit = whole.Train.Count / 3 });
        Assert.All(limited.Train.ClassCounts().Zip(whole.Train.ClassCounts()), pair => Assert.InRange(pair.First, (pair.Second / 3.0) - 1, (pair.Second / 3.0) + 1));

        // The same seed gives the same split, another seed gives another.
        Assert.Equal(whole.Checksum, Open(0).Checksum);
        Assert.NotEqual(whole.Checksum, Open(1).Checksum);
        Dataset Open(long seed)
        {
            using var again = Dataset.Open(OwnImages.Describe(_folder["many.npz"], new(TestPart: 0.25, SplitSeed: seed)), new() { Folder = _folder.Path });
            return again;
        }
    }

    [Fact]
    public void A_damaged_file_leaves_nothing_in_the_cache()
    {
        WriteIdx(["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"], gzipped: false);
        Damage.Truncate(_folder["mnist", "t10k-images-idx3-ubyte"], 100);
        var set = OwnImages.Describe(_folder["mnist"], new());
        Assert.Contains("t10k-images-idx3-ubyte ends before its header says", Assert.Throws<ExperimentException>(() => Dataset.Open(set, new() { Folder = _folder.Path })).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(_folder["cache"]), file => !file.Contains(".lock", StringComparison.Ordinal));
    }

    [Fact]
    public void A_web_page_saved_as_gzip_is_told_as_what_it_is_and_where_the_right_file_is()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        File.Delete(_folder["small-idx", "train-images"]);
        File.WriteAllText(_folder["small-idx", "train-images.gz"], "<!DOCTYPE html><html><body>404 Not Found</body></html>");
        var set = SmallSets.Idx();
        Assert.Equal(
            [$"{_folder["small-idx", "train-images.gz"]} is not a gzip file; it begins like a web page. {set.Source.HowToGet}."],
            set.Source.Read(set.Source.Find(_folder.Path)!, set, new Collector()));
        File.WriteAllText(_folder[SmallSets.CifarSource.Archive], "<html>");
        Assert.Contains("is not a gzip file; it begins like a web page", Assert.Single(SmallSets.CifarSource.Read(SmallSets.CifarSource.Find(_folder.Path)!, SmallSets.Cifar, new Collector())), StringComparison.Ordinal);
    }

    internal static byte[] Npy(string type, bool fortran, int[] sizes, Func<int[], double> value)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': ({string.Join(", ", sizes)},), }}".PadRight(117) + "\n";
        var bytes = new List<byte> { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0 };
        bytes.AddRange(Encoding.ASCII.GetBytes(header));
        var count = sizes.Aggregate(1, (product, size) => product * size);
        for (var i = 0; i < count; i++)
        {
            var (rest, at) = (i, new int[sizes.Length]);
            for (var step = 0; step < sizes.Length; step++)
            {
                var axis = fortran ? step : sizes.Length - 1 - step;
                (rest, at[axis]) = Math.DivRem(rest, sizes[axis]);
            }

            var v = value(at);
            byte[] little = type[1..] switch
            {
                "u1" => [(byte)v],
                "u2" => BitConverter.GetBytes((ushort)v),
                "i4" => BitConverter.GetBytes((int)v),
                "i8" => BitConverter.GetBytes((long)v),
                "f4" => BitConverter.GetBytes((float)v),
                "f8" => BitConverter.GetBytes(v),
                _ => [0],
            };
            bytes.AddRange(type[0] == '>' ? little.Reverse() : little);
        }

        return [.. CollectionsMarshal.AsSpan(bytes)];
    }

    private void WriteNpz(string name, CompressionLevel compression, params (string Name, byte[] Bytes)[] arrays)
    {
        using var zip = new ZipArchive(File.Create(_folder[name]), ZipArchiveMode.Create);
        foreach (var (array, bytes) in arrays)
        {
            using var entry = zip.CreateEntry($"{array}.npy", compression).Open();
            entry.Write(bytes);
        }
    }

    private void WriteIdx(string[] names, bool gzipped)
    {
        Directory.CreateDirectory(_folder["mnist"]);
        byte[][] contents = [SmallSets.IdxBytes(2051, 16, 5, 4), SmallSets.IdxBytes(2049, 16), SmallSets.IdxBytes(2051, 8, 5, 4), SmallSets.IdxBytes(2049, 8)];
        foreach (var (name, content) in names.Zip(contents))
        {
            using Stream file = gzipped ? new GZipStream(File.Create(_folder["mnist", name]), CompressionLevel.Fastest) : File.Create(_folder["mnist", name]);
            file.Write(content);
        }
    }

    private static string Error(string path) => Assert.Throws<ExperimentException>(() => Read(path)).Message;

    private static (DatasetDescription Set, Collector Sink) Read(string path)
    {
        var set = OwnImages.Describe(path, new());
        var sink = new Collector();
        var mistakes = set.Source.Read(set.Source.Find("")!, set, sink);
        return mistakes.Count == 0 ? (set, sink) : throw ExperimentException.ForAll(mistakes);
    }

    private static void CheckImages(Collector sink, Func<DatasetPart, int, int, byte> pixel)
    {
        Assert.Equal(24, sink.Images.Count);
        foreach (var ((part, index), (label, pixels)) in sink.Images)
        {
            Assert.Equal(SmallSets.Label(index), label);
            Assert.Equal(Enumerable.Range(0, pixels.Length).Select(i => pixel(part, index, i)), pixels);
        }
    }
}
