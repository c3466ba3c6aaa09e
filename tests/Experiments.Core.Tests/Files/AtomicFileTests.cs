using Experiments.Core.Files;

namespace Experiments.Core.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_write_that_fails_half_way_leaves_the_old_file_and_nothing_beside_it()
    {
        var path = _folder["file"];
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_file()
    {
        var path = _folder["file"];
        string[] texts = [new('a', 100_000), new('b', 200_000)];
        AtomicFile.WriteText(path, texts[0]);
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
                AtomicFile.WriteText(path, texts[i % 2]);
        });
        while (!writer.IsCompleted)
            Assert.Contains(File.ReadAllText(path), texts);
        await writer;
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_in_one_sentence()
    {
        File.WriteAllText(_folder["file"], "in the way");
        var error = Assert.Throws<ExperimentException>(() => AtomicFile.WriteText(_folder["file", "below", "row.csv"], ""));
        Assert.Equal(ExperimentException.Unavailable, error.ExitCode);
        Assert.StartsWith($"Cannot write {_folder["file", "below", "row.csv"]}: ", error.Message, StringComparison.Ordinal);
    }

    // On a file system without locks, another task may be writing while leftovers are removed.
    [Fact]
    public void Only_what_dead_processes_left_is_removed()
    {
        var path = _folder["runs.csv"];
        using var dead = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        dead.WaitForExit();
        var left = Leave(dead.Id, Environment.MachineName);
        var ofAnother = Leave(dead.Id, "another-machine");
        var old = Leave(dead.Id, "yet-another-machine");
        var unsigned = _folder[$".runs.csv.{Guid.NewGuid():N}.tmp"];
        File.WriteAllText(unsigned, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        File.SetLastWriteTimeUtc(unsigned, DateTime.UtcNow.AddDays(-2));
        AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(65);
            AtomicFile.RemoveLeftovers(_folder.Path, "*.csv");
        });
        Assert.Equal("A", File.ReadAllText(path));
        Assert.Equal([false, true, false, false], new[] { left, ofAnother, old, unsigned }.Select(File.Exists));

        string Leave(int process, string machine)
        {
            var file = _folder[$".runs.csv.{Guid.NewGuid():N}-{process}-{machine}.tmp"];
            File.WriteAllText(file, "half");
            return file;
        }
    }

    [FactWhere("Linux, where /dev/full is a disk without room", "/dev/full")]
    public void A_full_disk_is_an_error_that_names_the_file()
    {
        var error = Assert.Throws<ExperimentException>(() => AtomicFile.Write(_folder["weights"], _ =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            full.WriteByte(1);
            full.Flush();
        }));
        Assert.Contains(_folder["weights"], error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
