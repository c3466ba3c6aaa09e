using Experiments.Core.Data;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data.Sources;

public sealed class CifarSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("the data folder")]
    [InlineData("the archive in the data folder")]
    [InlineData("the path of the archive")]
    public void Images_and_labels_are_read_from(string form)
    {
        var path = form switch
        {
            "the data folder" => _folder.Path,
            "the archive in the data folder" => _folder.Path,
            _ => _folder["elsewhere.tar.gz"],
        };
        if (form == "the data folder")
            SmallSets.WriteCifar(_folder.Path);
        else
            File.WriteAllBytes(path == _folder.Path ? _folder[SmallSets.CifarSource.Archive] : path, SmallSets.CifarArchive());

        var found = SmallSets.Cifar.Source.Find(path);
        Assert.NotNull(found);
        var sink = new Collector();
        Assert.Empty(SmallSets.Cifar.Source.Read(found, SmallSets.Cifar, sink));
        Assert.Equal(52, sink.Images.Count);
        foreach (var ((part, index), (label, pixels)) in sink.Images)
        {
            Assert.Equal(SmallSets.Label(index), label);
            Assert.Equal(Enumerable.Range(0, SmallSets.Shape.Size).Select(pixel => SmallSets.Pixel(part, index, pixel)), pixels);
        }
    }

    [Fact]
    public void The_set_is_found_by_the_path_of_its_own_folder()
    {
        var place = SmallSets.WriteCifar(_folder.Path);
        Assert.Equal(place, SmallSets.Cifar.Source.Find(place)?.Place);
        Assert.Equal(place, SmallSets.Cifar.Source.Find(_folder.Path)?.Place);
        Assert.Null(SmallSets.Cifar.Source.Find(_folder["nothing-here"]));
    }

    [Fact]
    public void Missing_truncated_and_overlong_files_are_named_together()
    {
        var place = SmallSets.WriteCifar(_folder.Path);
        File.Delete(Path.Combine(place, "batch_1.bin"));
        Damage.Truncate(Path.Combine(place, "batch_2.bin"), 100);
        File.AppendAllText(Path.Combine(place, "test.bin"), "more");
        Assert.Equal(
            [
                $"{place}/batch_1.bin is missing; expected 1,488 (24 records of 62 bytes).",
                $"{place}/batch_2.bin has 100 bytes; expected 992 (16 records of 62 bytes).",
                $"{place}/test.bin has 748 bytes; expected 744 (12 records of 62 bytes).",
            ],
            Read(_folder.Path));
    }

    [Fact]
    public void A_label_out_of_range_is_named_with_its_record()
    {
        var place = SmallSets.WriteCifar(_folder.Path);
        Damage.Change(Path.Combine(place, "batch_2.bin"), (7 * 62) + 1, 4);
        Assert.Equal([$"{place}/batch_2.bin: record 7 (counted from 0) has label 4; expected 0 to 3."], Read(_folder.Path));
    }

    [Fact]
    public void A_truncated_archive_is_named()
    {
        var archive = _folder[SmallSets.CifarSource.Archive];
        File.WriteAllBytes(archive, SmallSets.CifarArchive());
        Damage.Truncate(archive, 700);
        var mistake = Assert.Single(Read(_folder.Path));
        Assert.StartsWith($"{archive} is damaged or ends early", mistake, StringComparison.Ordinal);
        Assert.Contains(SmallSets.CifarSource.Md5, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_archive_is_named()
    {
        File.WriteAllText(_folder[SmallSets.CifarSource.Archive], "<html>404</html>");
        Assert.StartsWith($"{_folder[SmallSets.CifarSource.Archive]} is not a gzip file; it begins like a web page", Assert.Single(Read(_folder.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_official_sets_have_the_published_sizes()
    {
        foreach (var (name, bytes) in new[] { ("cifar10", 6 * 30_730_000L), ("cifar100", 153_700_000L + 30_740_000L) })
        {
            var set = DatasetCatalog.Find(name);
            var source = (CifarSource)set.Source;
            Assert.Equal(bytes, source.Files.Sum(file => source.Length(file, set.Shape)));
            foreach (var part in Enum.GetValues<DatasetPart>())
                Assert.Equal(set.Count(part), source.Files.Where(file => file.Part == part).Sum(file => file.Records));
        }

        Assert.Equal(100, DatasetCatalog.Find("cifar100").ClassNames.Distinct().Count());
    }

    private static IReadOnlyList<string> Read(string path) => SmallSets.Cifar.Source.Read(SmallSets.Cifar.Source.Find(path)!, SmallSets.Cifar, new Collector());
}
