using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Files;

namespace Experiments.Core.Tests.Data;

/// <summary>Data sets of a few small images whose sides are all different, and the files they come in.</summary>
internal static class SmallSets
{
    public static readonly ImageShape Shape = new(3, 5, 4);

    // As in CIFAR-100, each record has two label bytes, of which the second one counts.
    public static readonly DatasetDescription Cifar = new()
    {
        Name = "small-cifar",
        Title = "Small CIFAR",
        Shape = Shape,
        ClassNames = ["red", "green", "blue", "grey"],
        TrainCount = 40,
        TestCount = 12,
        Source = new CifarSource
        {
            Name = "small-cifar",
            Folder = "small-batches-bin",
            Archive = "small-binary.tar.gz",
            Md5 = "0123456789abcdef0123456789abcdef",
            Url = new Uri("http://127.0.0.1:9/small-binary.tar.gz"),
            DownloadSize = "3 kB",
            LabelBytes = 2,
            Files = [new("batch_1.bin", DatasetPart.Train, 24), new("batch_2.bin", DatasetPart.Train, 16), new("test.bin", DatasetPart.Test, 12)],
        },
    };

    public static CifarSource CifarSource => (CifarSource)Cifar.Source;

    public static DatasetDescription Idx(string systemFolder = "/nowhere") => new()
    {
        Name = "small-idx",
        Title = "Small IDX",
        Shape = new ImageShape(1, 5, 4),
        ClassNames = ["zero", "one", "two", "three"],
        TrainCount = 16,
        TestCount = 8,
        Source = new IdxSource
        {
            Name = "small-idx",
            Url = new Uri("http://127.0.0.1:9/small-idx/"),
            DownloadSize = "2 kB",
            Folder = "small-idx",
            SystemFolder = systemFolder,
            Package = "dataset-small",
            Files =
            [
                IdxFile("train-images", DatasetPart.Train, IdxContent.Images),
                IdxFile("train-labels", DatasetPart.Train, IdxContent.Labels),
                IdxFile("test-images", DatasetPart.Test, IdxContent.Images),
                IdxFile("test-labels", DatasetPart.Test, IdxContent.Labels),
            ],
        },
    };

    /// <summary>The label of an image: the labels take turns.</summary>
    public static byte Label(int index) => (byte)(index % 4);

    /// <summary>A pixel of an image: the first one tells the index, the others vary.</summary>
    public static byte Pixel(DatasetPart part, int index, int pixel) =>
        pixel == 0 ? (byte)index : (byte)((index * 31) + (pixel * 17) + ((int)part * 101));

    /// <summary>The bytes of one CIFAR file.</summary>
    public static byte[] CifarBytes(CifarFile file)
    {
        var first = file.Name == "batch_2.bin" ? 24 : 0;
        return [.. Enumerable.Range(first, file.Records).SelectMany(index =>
            new byte[] { 99, Label(index) }.Concat(Enumerable.Range(0, Shape.Size).Select(pixel => Pixel(file.Part, index, pixel))))];
    }

    /// <summary>Writes the CIFAR files into a data folder and returns their own folder.</summary>
    public static string WriteCifar(string folder)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, CifarSource.Folder)).FullName;
        foreach (var file in CifarSource.Files)
            File.WriteAllBytes(Path.Combine(place, file.Name), CifarBytes(file));
        return place;
    }

    /// <summary>A .tar.gz of the CIFAR files, in another order than they are read in, with other entries.</summary>
    public static byte[] CifarArchive(params TarEntry[] more)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, CifarSource.Folder + "/"));
            tar.WriteEntry(Entry($"{CifarSource.Folder}/readme.html", "<html/>"u8.ToArray()));
            foreach (var file in CifarSource.Files.Reverse())
                tar.WriteEntry(Entry($"{CifarSource.Folder}/{file.Name}", CifarBytes(file)));
            foreach (var entry in more)
                tar.WriteEntry(entry);
        }

        return memory.ToArray();
    }

    /// <summary>A plain file in an archive.</summary>
    public static TarEntry Entry(string name, byte[] content) =>
        new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    /// <summary>The same set with an archive whose MD5 is the given bytes'.</summary>
    public static DatasetDescription CifarWith(byte[] archive) => Cifar with { Source = CifarSource with { Md5 = Md5(archive) } };

    /// <summary>The bytes of an IDX file: a header of words, then as many labels or images as the second word says.</summary>
    public static byte[] IdxBytes(params int[] header)
    {
        var words = new byte[4 * header.Length];
        for (var i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(words.AsSpan(4 * i), header[i]);
        var part = header[1] == 8 ? DatasetPart.Test : DatasetPart.Train;
        var images = Enumerable.Range(0, header[1]);
        return [.. words, .. header.Length == 2
            ? images.Select(Label)
            : images.SelectMany(index => Enumerable.Range(0, header[2] * header[3]).Select(pixel => Pixel(part, index, pixel)))];
    }

    /// <summary>The bytes of one of the four IDX files.</summary>
    public static byte[] IdxBytes(string name) => name switch
    {
        "train-images" => IdxBytes(2051, 16, 5, 4),
        "train-labels" => IdxBytes(2049, 16),
        "test-images" => IdxBytes(2051, 8, 5, 4),
        "test-labels" => IdxBytes(2049, 8),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The small IDX set has four files."),
    };

    /// <summary>Writes the four IDX files into a folder.</summary>
    public static void WriteIdx(string place)
    {
        Directory.CreateDirectory(place);
        foreach (var file in ((IdxSource)Idx().Source).Files)
            File.WriteAllBytes(Path.Combine(place, file.Name), IdxBytes(file.Name));
    }

    /// <summary>Gzips a file in its place.</summary>
    public static void Gzip(string path)
    {
        File.WriteAllBytes(path + ".gz", Gzip(File.ReadAllBytes(path)));
        File.Delete(path);
    }

    /// <summary>Bytes gzipped.</summary>
    public static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return memory.ToArray();
    }

    private static IdxFile IdxFile(string name, DatasetPart part, IdxContent content) =>
        new(name, part, content, Md5(IdxBytes(name)), Md5(Gzip(IdxBytes(name))));

    public static string Md5(byte[] bytes) => Checksum.Md5(new MemoryStream(bytes));
}
