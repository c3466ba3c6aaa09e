using Experiments.Core.Data;

namespace Experiments.Core.Tests.Data;

public sealed class ImageCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImageCacheTests() => SmallSets.WriteCifar(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prepared_images_are_used_again()
    {
        Open();
        var written = File.GetLastWriteTimeUtc(Cache());
        Open();
        Assert.Equal(written, File.GetLastWriteTimeUtc(Cache()));
    }

    [Fact]
    public void Images_are_prepared_anew_when_a_source_file_changes()
    {
        Open();
        Damage.Change(_folder[SmallSets.CifarSource.Folder, "test.bin"], 61, 77);
        File.SetLastWriteTimeUtc(_folder[SmallSets.CifarSource.Folder, "test.bin"], DateTime.UtcNow.AddSeconds(2));
        using var set = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
        Assert.Equal(77, set.Test.Pixels(0)[59]);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("empty")]
    [InlineData("text changed")]
    [InlineData("labels changed")]
    [InlineData("from an older version")]
    public void A_damaged_cache_is_prepared_anew(string damage)
    {
        Open();
        var whole = File.ReadAllBytes(Cache());
        switch (damage)
        {
            case "truncated":
                Damage.Truncate(Cache(), 9_000);
                break;
            case "empty":
                Damage.Truncate(Cache(), 0);
                break;
            case "text changed":
                Damage.Change(Cache(), 60, (byte)'#');
                break;
            case "labels changed":
                Damage.Change(Cache(), 4096 + 3, 1);
                break;
            default:
                Damage.Change(Cache(), "experiments-images ".Length, (byte)'0');
                break;
        }

        Open();
        Assert.Equal(whole, File.ReadAllBytes(Cache()));
    }

    [Fact]
    public void Many_that_start_at_once_all_get_whole_images()
    {
        var sums = new long[16];
        Parallel.For(0, sums.Length, new ParallelOptions { MaxDegreeOfParallelism = sums.Length }, i =>
        {
            using var set = Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path });
            for (var image = 0; image < set.Train.Count; image++)
            {
                foreach (var pixel in set.Train.Pixels(image))
                    sums[i] += pixel;
            }
        });
        Assert.Single(sums.Distinct());
        Assert.NotEqual(0, sums[0]);
        Assert.Empty(Directory.GetFiles(_folder["cache"], "*.tmp"));
    }

    [Fact]
    public async Task Waiting_for_another_process_is_told_and_may_be_ended()
    {
        Directory.CreateDirectory(_folder["cache"]);
        using var stop = new CancellationTokenSource();
        var said = new List<string>();
        var path = CachePath();
        Task waiting;
        using (ImageCache.Lock(path, SmallSets.Cifar, "", null, default))
        {
            waiting = Task.Run(() => Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path, Say = Say, Cancellation = stop.Token }));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        Assert.Matches($"^Waiting for process {Environment.ProcessId} on .* since .*, which prepares the images of small-cifar; Ctrl\\+C ends the wait.$", Assert.Single(said));

        void Say(string sentence)
        {
            said.Add(sentence);
            stop.Cancel();
        }
    }

    [Fact]
    public void Waiting_has_an_end()
    {
        var path = CachePath();
        using var held = ImageCache.Lock(path, SmallSets.Cifar, "", null, default);
        var error = Assert.Throws<ExperimentException>(() => ImageCache.Lock(path, SmallSets.Cifar, "prepares the images of small-cifar", null, default, TimeSpan.FromSeconds(1)));
        Assert.Equal(ExperimentException.Busy, error.ExitCode);
        Assert.Contains($"process {Environment.ProcessId} on ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("It prepares the images of small-cifar and has not finished in 1 s. If that process hangs, end it and try again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_files_leave_no_cache()
    {
        Damage.Truncate(_folder[SmallSets.CifarSource.Folder, "test.bin"], 10);
        Assert.Throws<ExperimentException>(Open);
        Assert.DoesNotContain(Directory.GetFiles(_folder["cache"]), path => !path.Contains(".lock", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_answered_in_one_sentence()
    {
        // A file is in the place of the cache folder. Unlike permissions, that also stops root.
        File.WriteAllText(_folder["cache"], "");
        var error = Assert.Throws<ExperimentException>(Open);
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.StartsWith($"The images of small-cifar cannot be prepared in {_folder["cache"]}: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Images_of_a_set_given_by_its_own_folder_are_prepared_in_the_default_folder()
    {
        var place = _folder[SmallSets.CifarSource.Folder];
        var folder = new DataFolder(place, [SmallSets.Cifar]);
        var path = ImageCache.PathOf(SmallSets.Cifar, SmallSets.Cifar.Source.Find(place)!, folder);
        Assert.Equal(Path.Combine(DataFolder.DefaultPath, "cache"), Path.GetDirectoryName(path));
    }

    private string CachePath() =>
        ImageCache.PathOf(SmallSets.Cifar, SmallSets.Cifar.Source.Find(_folder.Path)!, new DataFolder(_folder.Path, [SmallSets.Cifar]));

    private string Cache() => Assert.Single(Directory.GetFiles(_folder["cache"], "*.images"));

    private void Open() => Dataset.Open(SmallSets.Cifar, new DataOptions { Folder = _folder.Path }).Dispose();

    [Fact]
    public void Images_that_the_program_makes_itself_are_prepared_once_wherever_it_is_started()
    {
        var (set, folder) = (DatasetCatalog.Find("synthetic"), new DataFolder(_folder.Path));
        Assert.Equal("synthetic.images", Path.GetFileName(ImageCache.PathOf(set, set.Source.Find(_folder.Path)!, folder)));
    }
}
