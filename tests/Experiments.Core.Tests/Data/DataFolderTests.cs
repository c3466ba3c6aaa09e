using System.Collections.Concurrent;
using System.Formats.Tar;
using Experiments.Core.Data;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _archive = SmallSets.CifarArchive();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void List_tells_what_is_there_and_whether_it_is_whole()
    {
        var folder = new DataFolder(_folder.Path, [SmallSets.Cifar, SmallSets.Idx(), DatasetCatalog.Find("synthetic")]);
        var place = SmallSets.WriteCifar(_folder.Path);
        File.Delete(Path.Combine(place, "test.bin"));
        var list = folder.List();

        Assert.Equal((place, 1488 + 992, false), (list[0].Place, list[0].Bytes, list[0].IsReady));
        Assert.Equal([$"{place}/test.bin is missing; expected 744 (12 records of 62 bytes)."], list[0].Mistakes);
        Assert.Null(list[1].Place);
        Assert.Contains("apt-get install dataset-small", Assert.Single(list[1].Mistakes), StringComparison.Ordinal);
        Assert.True(list[2].IsReady);
        Assert.False(list[2].Prepared);
    }

    [Fact]
    public void List_tells_which_images_are_prepared()
    {
        SmallSets.WriteCifar(_folder.Path);
        var folder = new DataFolder(_folder.Path, [SmallSets.Cifar]);
        Assert.False(folder.List()[0].Prepared);
        Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path }).Dispose();
        Assert.True(folder.List()[0].Prepared);
    }

    [Fact]
    public void Verify_counts_the_classes_of_a_whole_set()
    {
        SmallSets.WriteCifar(_folder.Path);
        var verification = Folder().Verify(SmallSets.Cifar);
        Assert.True(verification.IsWhole);
        Assert.Equal([10, 10, 10, 10], verification.TrainCounts);
        Assert.Equal([3, 3, 3, 3], verification.TestCounts);
    }

    [Fact]
    public void Verify_compares_the_archive_with_the_published_checksum()
    {
        File.WriteAllBytes(_folder[SmallSets.CifarSource.Archive], _archive);
        Assert.True(Folder().Verify(SmallSets.CifarWith(_archive)).IsWhole);
        var wrong = Assert.Single(Folder().Verify(SmallSets.Cifar).Findings, finding => !finding.Good);
        Assert.Contains($"has MD5 {SmallSets.Md5(_archive)}; the published one is {SmallSets.CifarSource.Md5}", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_names_wrong_files_instead_of_throwing()
    {
        var place = SmallSets.WriteCifar(_folder.Path);
        Damage.Change(Path.Combine(place, "test.bin"), 1, 200);
        var verification = Folder().Verify(SmallSets.Cifar);
        Assert.False(verification.IsWhole);
        Assert.Contains(verification.Findings, finding => !finding.Good && finding.Text.Contains("record 0 (counted from 0) has label 200", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_deletes_prepared_images_whose_pixels_are_damaged()
    {
        SmallSets.WriteCifar(_folder.Path);
        Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path }).Dispose();
        var cache = Assert.Single(Directory.GetFiles(_folder["cache"], "*.images"));
        Assert.Contains(Folder().Verify(SmallSets.Cifar).Findings, finding => finding.Text.EndsWith("the prepared images, is whole.", StringComparison.Ordinal));
        Damage.Change(cache, new FileInfo(cache).Length - 1, 255);
        Assert.Contains(Folder().Verify(SmallSets.Cifar).Findings, finding => finding.Text.Contains("was damaged", StringComparison.Ordinal));
        Assert.False(File.Exists(cache));
    }

    [Fact]
    public async Task Get_downloads_checks_and_unpacks()
    {
        using var server = LoopbackServer.Of(_archive);
        var progress = new Collected<DownloadProgress>();
        await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url, progress);
        Assert.Equal(SmallSets.CifarBytes(SmallSets.CifarSource.Files[0]), File.ReadAllBytes(_folder[SmallSets.CifarSource.Folder, "batch_1.bin"]));
        Assert.Contains(new DownloadProgress(_archive.Length, _archive.Length), progress.Items);
        Assert.Equal([SmallSets.CifarSource.Folder, SmallSets.CifarSource.Archive], Left());
        Assert.True(Folder().Verify(SmallSets.CifarWith(_archive)).IsWhole);

        Assert.Contains("is there already", await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_interrupted_download_goes_on_where_it_ended()
    {
        using var server = LoopbackServer.Of(_archive, firstCutAfter: 400);
        var error = await Get(server);
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.Contains("after 400 bytes. Run the command again to go on from there", error.Message, StringComparison.Ordinal);
        Assert.Equal([SmallSets.CifarSource.Archive + ".part"], Left());

        await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url);
        Assert.Equal([null, 400], server.Requests);
        Assert.True(Folder().Verify(SmallSets.CifarWith(_archive)).IsWhole);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_all_of_it_again()
    {
        File.WriteAllBytes(_folder[SmallSets.CifarSource.Archive + ".part"], new byte[300]);
        using var server = new LoopbackServer(_ => new Answer("200 OK", _archive));
        await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url);
        Assert.Equal([300], server.Requests);
        Assert.Equal(_archive, File.ReadAllBytes(_folder[SmallSets.CifarSource.Archive]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task A_part_that_is_whole_or_too_long_is_no_obstacle(int tooMuch)
    {
        File.WriteAllBytes(_folder[SmallSets.CifarSource.Archive + ".part"], [.. _archive, .. new byte[tooMuch]]);
        using var server = LoopbackServer.Of(_archive);
        await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url);
        Assert.Equal(tooMuch == 0 ? [_archive.Length] : [_archive.Length + 50, null], server.Requests);
    }

    [Fact]
    public async Task A_wrong_checksum_is_named_and_what_came_is_deleted()
    {
        using var server = LoopbackServer.Of([1, 2, 3]);
        var error = await Get(server);
        Assert.Equal(
            $"The file from {server.Url} has MD5 {SmallSets.Md5([1, 2, 3])}; expected {SmallSets.Md5(_archive)}, the published one. It was deleted: run the " +
            "command again, or name another address with --url.",
            error.Message);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task An_answer_of_404_is_one_sentence()
    {
        using var server = new LoopbackServer(_ => new Answer("404 Not Found", []));
        Assert.StartsWith($"{server.Url} could not be downloaded: the server answers 404 (Not Found).", (await Get(server)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_where_nobody_answers_is_one_sentence()
    {
        var server = LoopbackServer.Of(_archive);
        server.Dispose();
        var error = await Get(server);
        Assert.StartsWith($"{server.Url} could not be downloaded: Connection refused, after 0 bytes.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_has_come()
    {
        using var cancellation = new CancellationTokenSource();
        using var server = LoopbackServer.Of(_archive);
        var progress = new Collected<DownloadProgress>(_ => cancellation.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url, progress, cancellation.Token));
        Assert.Equal([SmallSets.CifarSource.Archive + ".part"], Left());
    }

    [Fact]
    public async Task An_archive_that_is_there_is_not_downloaded_again()
    {
        File.WriteAllBytes(_folder[SmallSets.CifarSource.Archive], _archive);
        using var server = LoopbackServer.Of(_archive);
        await Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url);
        Assert.Empty(server.Requests);
        Assert.True(Directory.Exists(_folder[SmallSets.CifarSource.Folder]));
    }

    public static TheoryData<string, string> EvilEntries => new()
    {
        { "../evil", "has a path that leads out of the folder" },
        { "/tmp/experiments-evil", "has a path that leads out of the folder" },
        { "small-batches-bin/../../evil", "has a path that leads out of the folder" },
        { "link", "is a SymbolicLink; expected plain files and folders" },
        { "hard", "is a HardLink; expected plain files and folders" },
        { "large", "is larger than any file that belongs in the archive" },
    };

    [Theory]
    [MemberData(nameof(EvilEntries))]
    public async Task An_archive_that_holds_what_it_should_not_is_refused_whole(string name, string why)
    {
        var archive = SmallSets.CifarArchive(name switch
        {
            "link" => new UstarTarEntry(TarEntryType.SymbolicLink, "small-batches-bin/link") { LinkName = "/etc" },
            "hard" => new UstarTarEntry(TarEntryType.HardLink, "small-batches-bin/hard") { LinkName = "/etc/passwd" },
            "large" => SmallSets.Entry("small-batches-bin/large", new byte[(16 << 20) + 1]),
            _ => SmallSets.Entry(name, [1]),
        });
        using var server = LoopbackServer.Of(archive);
        var error = await Assert.ThrowsAsync<ExperimentException>(() => Folder().GetAsync(SmallSets.CifarWith(archive), server.Url));
        Assert.EndsWith($"{why}.", error.Message, StringComparison.Ordinal);
        Assert.Equal([SmallSets.CifarSource.Archive], Left());
        Assert.False(File.Exists("/tmp/experiments-evil"));
    }

    [Fact]
    public async Task Get_downloads_and_checks_a_set_of_several_files()
    {
        using var server = IdxServer();
        var said = await Folder().GetAsync(SmallSets.Idx(), IdxAddress(server));
        Assert.Equal($"small-idx is in {_folder["small-idx"]}; its files have the published MD5s.", said);
        Assert.Equal(["/mirror/train-images.gz", "/mirror/train-labels.gz", "/mirror/test-images.gz", "/mirror/test-labels.gz"], server.Paths);
        Assert.Equal(["test-images.gz", "test-labels.gz", "train-images.gz", "train-labels.gz"], Left("small-idx"));
        Assert.True(Folder().Verify(SmallSets.Idx()).IsWhole);
        Assert.Contains("is there already", await Folder().GetAsync(SmallSets.Idx(), IdxAddress(server)), StringComparison.Ordinal);
        Assert.Equal(4, server.Paths.Count);
    }

    [Fact]
    public async Task An_interrupted_download_of_several_files_goes_on_in_the_file_where_it_ended()
    {
        using var server = IdxServer(cutOf: "train-labels.gz", cut: 10);
        var error = await Assert.ThrowsAsync<ExperimentException>(() => Folder().GetAsync(SmallSets.Idx(), IdxAddress(server)));
        Assert.Contains("train-labels.gz could not be downloaded", error.Message, StringComparison.Ordinal);
        Assert.Equal(["train-images.gz", "train-labels.gz.part"], Left("small-idx"));
        Assert.False(Folder().Status(SmallSets.Idx()).IsReady);

        await Folder().GetAsync(SmallSets.Idx(), IdxAddress(server));
        Assert.Equal([null, null, 10, null, null], server.Requests);
        Assert.Equal("/mirror/train-labels.gz", server.Paths[2]);
        Assert.True(Folder().Verify(SmallSets.Idx()).IsWhole);
    }

    [Fact]
    public async Task Files_that_are_whole_are_kept_and_a_damaged_one_is_downloaded_anew()
    {
        SmallSets.WriteIdx(_folder["small-idx"]);
        Damage.Truncate(_folder["small-idx", "test-images"], 100);
        SmallSets.Gzip(_folder["small-idx", "test-labels"]);
        using var server = IdxServer();
        await Folder().GetAsync(SmallSets.Idx(), IdxAddress(server));
        Assert.Equal(["/mirror/test-images.gz"], server.Paths);
        Assert.Equal(["test-images.gz", "test-labels.gz", "train-images", "train-labels"], Left("small-idx"));
        Assert.True(Folder().Verify(SmallSets.Idx()).IsWhole);
    }

    [Fact]
    public async Task A_file_of_several_that_is_not_the_published_one_is_named()
    {
        using var server = new LoopbackServer(_ => new Answer("200 OK", [1, 2, 3]));
        var error = await Assert.ThrowsAsync<ExperimentException>(() => Folder().GetAsync(SmallSets.Idx(), IdxAddress(server)));
        Assert.StartsWith($"The file from {IdxAddress(server)}train-images.gz has MD5 {SmallSets.Md5([1, 2, 3])}; expected ", error.Message, StringComparison.Ordinal);
        Assert.Empty(Left("small-idx"));
    }

    [Fact]
    public void Fashion_MNIST_can_be_downloaded_and_installed()
    {
        var how = DatasetCatalog.Find("fashion-mnist").Source.HowToGet;
        Assert.Contains("`data get fashion-mnist` downloads it (31 MB)", how, StringComparison.Ordinal);
        Assert.Contains("`apt-get install dataset-fashion-mnist`", how, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_synthetic_set_needs_nothing() =>
        Assert.Equal("synthetic is there already: made by the program.", await Folder().GetAsync("synthetic"));

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_one_sentence()
    {
        File.WriteAllText(_folder["file"], "");
        using var server = LoopbackServer.Of(_archive);
        var error = await Assert.ThrowsAsync<ExperimentException>(() => new DataFolder(_folder["file"] + "/data").GetAsync(SmallSets.CifarWith(_archive), server.Url));
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.StartsWith($"small-cifar cannot be put into {_folder["file"]}/data: ", error.Message, StringComparison.Ordinal);
    }

    private DataFolder Folder() => new(_folder.Path);

    private Task<ExperimentException> Get(LoopbackServer server) =>
        Assert.ThrowsAsync<ExperimentException>(() => Folder().GetAsync(SmallSets.CifarWith(_archive), server.Url));

    private static LoopbackServer IdxServer(string? cutOf = null, int? cut = null) => new((path, from) =>
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return LoopbackServer.Serve(SmallSets.Gzip(SmallSets.IdxBytes(name)), from, from is null && path.EndsWith($"/{cutOf}", StringComparison.Ordinal) ? cut : null);
    });

    private static Uri IdxAddress(LoopbackServer server) => new(server.Url, "/mirror/");

    private IEnumerable<string> Left(string folder = "") =>
        Directory.GetFileSystemEntries(_folder[folder]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private sealed class Collected<T>(Action<T>? then = null) : IProgress<T>
    {
        public ConcurrentQueue<T> Items { get; } = [];

        public void Report(T value)
        {
            Items.Enqueue(value);
            then?.Invoke(value);
        }
    }
}
