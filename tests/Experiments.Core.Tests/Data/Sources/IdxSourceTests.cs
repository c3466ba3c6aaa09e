using Experiments.Core.Data;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data.Sources;

public sealed class IdxSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DatasetDescription _set = SmallSets.Idx();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_and_labels_are_read_plain_and_gzipped(bool gzipped)
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        if (gzipped)
        {
            foreach (var path in Directory.GetFiles(_folder["small-idx"]))
                SmallSets.Gzip(path);
        }

        var sink = new Collector();
        var found = _set.Source.Find(_folder.Path)!;
        Assert.Empty(_set.Source.Read(found, _set, sink));
        Assert.Equal(24, sink.Images.Count);
        foreach (var ((part, index), (label, pixels)) in sink.Images)
        {
            Assert.Equal(SmallSets.Label(index), label);
            Assert.Equal(Enumerable.Range(0, 20).Select(pixel => SmallSets.Pixel(part, index, pixel)), pixels);
        }

        Assert.All(_set.Source.CompareChecksums(found), finding => Assert.True(finding.Good, finding.Text));
    }

    [Fact]
    public void The_packages_folder_is_used_where_the_data_folder_has_none()
    {
        SmallSets.WriteIdx(_folder["system"]);
        var set = SmallSets.Idx(_folder["system"]);
        Assert.Equal(_folder["system"], set.Source.Find(_folder["data"])?.Place);
        SmallSets.WriteIdx(_folder["data", "small-idx"]);
        Assert.Equal(_folder["data", "small-idx"], set.Source.Find(_folder["data"])?.Place);
        Assert.Equal(_folder["system"], set.Source.Find(_folder["system"])?.Place);
    }

    [Fact]
    public void The_packages_folder_is_used_where_the_data_folder_has_only_some_files()
    {
        SmallSets.WriteIdx(_folder["system"]);
        SmallSets.WriteIdx(_folder["data", "small-idx"]);
        File.Delete(_folder["data", "small-idx", "test-labels"]);
        Assert.Equal(_folder["system"], SmallSets.Idx(_folder["system"]).Source.Find(_folder["data"])?.Place);
        Assert.Equal(_folder["data", "small-idx"], SmallSets.Idx().Source.Find(_folder["data"])?.Place);
    }

    [Fact]
    public void Exchanged_images_and_labels_are_named()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        Exchange("train-images", "train-labels");
        Assert.Equal(
            [
                $"{_folder["small-idx", "train-labels"]}: the header's magic number is 2051, expected 2049: these are images; were images and labels exchanged?",
                $"{_folder["small-idx", "train-images"]}: the header's magic number is 2049, expected 2051: these are labels; were images and labels exchanged?",
            ],
            Read());
    }

    [Fact]
    public void Exchanged_training_and_test_files_are_named()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        Exchange("train-images", "test-images");
        Assert.Equal(
            [
                $"{_folder["small-idx", "train-images"]}: the header's count is 8, expected 16; were the training and the test file exchanged?",
                $"{_folder["small-idx", "test-images"]}: the header's count is 16, expected 8; were the training and the test file exchanged?",
            ],
            Read());
    }

    [Fact]
    public void Missing_truncated_overlong_and_mislabelled_files_are_named_together()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        Damage.Truncate(_folder["small-idx", "train-images"], 300);
        Damage.Change(_folder["small-idx", "train-labels"], 8 + 5, 4);
        File.AppendAllText(_folder["small-idx", "test-images"], "!");
        File.Delete(_folder["small-idx", "test-labels"]);
        Assert.Equal(
            [
                $"{_folder["small-idx", "train-labels"]}: record 5 (counted from 0) has label 4; expected 0 to 3.",
                $"{_folder["small-idx", "train-images"]} ends early; expected 336 bytes.",
                $"{_folder["small-idx", "test-labels"]}[.gz] is missing; {_set.Source.HowToGet}.",
                $"{_folder["small-idx", "test-images"]} is longer than the 176 bytes that its header says.",
            ],
            Read());
    }

    [Fact]
    public void A_gzipped_file_that_is_truncated_or_no_gzip_is_named()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        SmallSets.Gzip(_folder["small-idx", "train-images"]);
        Damage.Truncate(_folder["small-idx", "train-images.gz"], 150);
        SmallSets.Gzip(_folder["small-idx", "test-images"]);
        File.WriteAllText(_folder["small-idx", "test-images.gz"], "no gzip at all");
        var mistakes = Read();
        Assert.Equal(2, mistakes.Count);
        Assert.StartsWith(_folder["small-idx", "train-images.gz"], mistakes[0], StringComparison.Ordinal);
        Assert.StartsWith($"{_folder["small-idx", "test-images.gz"]} is not a gzip file", mistakes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_bytes_are_seen_by_the_checksum()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        Damage.Change(_folder["small-idx", "test-images"], 50, 0);
        var wrong = Assert.Single(_set.Source.CompareChecksums(_set.Source.Find(_folder.Path)!), finding => !finding.Good);
        Assert.Contains("test-images does not hold the published bytes", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Debians_Fashion_MNIST_holds_the_published_bytes()
    {
        var set = DatasetCatalog.Find("fashion-mnist");
        if (set.Source.Find(_folder.Path) is not { } found)
            return; // Not installed here; the files that the other tests make stand in for it.
        Assert.Equal(4, set.Source.CompareChecksums(found).Count(finding => finding.Good));
    }

    private void Exchange(string a, string b)
    {
        File.Move(_folder["small-idx", a], _folder["swap"]);
        File.Move(_folder["small-idx", b], _folder["small-idx", a]);
        File.Move(_folder["swap"], _folder["small-idx", b]);
    }

    private IReadOnlyList<string> Read() => _set.Source.Read(_set.Source.Find(_folder.Path)!, _set, new Collector());
}
