using System.Text;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Tests.Results;

public sealed class EventsFileTests : IDisposable
{
    private static readonly DateTimeOffset s_started = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_checksum_is_CRC_32C()
    {
        Assert.Equal(0xE3069283, EventRecord.Crc32C("123456789"u8)); // the check value of the catalogue of CRC algorithms
        Assert.Equal(0x8A9136AAu, EventRecord.Crc32C(new byte[32])); // RFC 3720, B.4
        Assert.Equal(0u, EventRecord.Crc32C([]));
    }

    [Fact]
    public void The_checksum_is_masked_by_a_rotation_and_a_constant()
    {
        // 0xE3069283 rotated right by 15 is 0x2507C60D.
        Assert.Equal(0xC78AB0E5u, EventRecord.Masked(0xE3069283));
        Assert.Equal(0xA282EAD8u, EventRecord.Masked(0));
    }

    [Fact]
    public void A_frame_is_length_checksum_data_checksum() =>
        Assert.Equal(
            [9, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(EventRecord.Masked(EventRecord.Crc32C([9, 0, 0, 0, 0, 0, 0, 0]))), .. "123456789"u8, 0xE5, 0xB0, 0x8A, 0xC7],
            EventRecord.Framed("123456789"u8));

    [Fact]
    public void An_event_is_a_protocol_buffer_message()
    {
        // 300 is AC 02 in seven bits a byte; 1.5 is 3FF8000000000000 as a double, and 0.25 is 3E800000 as a float.
        Assert.Equal("09000000000000F83F" + "1A0D" + Convert.ToHexString("brain.Event:2"u8), Data(EventRecord.Version(1.5)));
        Assert.Equal("09000000000000F83F" + "10AC02" + "2A0A" + "0A08" + "0A01" + Convert.ToHexString("t"u8) + "150000803E",
            Data(EventRecord.Scalars(1.5, 300, [("t", 0.25)])));

        static string Data(byte[] record) => Convert.ToHexString(record.AsSpan(12..^4));
    }

    [Fact]
    public void An_epoch_has_these_tags_but_for_those_without_a_value()
    {
        Assert.Equal(
            ["error/train", "error/test", "error/test_population", "error/test_batch", "loss/train", "loss/test", "learning_rate", "images_per_second"],
            EventsFile.Scalars.Select(scalar => scalar.Tag));
        var file = new EventsFile(_folder.Path, s_started);
        file.Write([Epoch(1)], Assert.Fail);
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(file.Path));
        Assert.Equal(
            ["error/train", "error/test", "loss/train", "loss/test", "learning_rate", "images_per_second"],
            EventsFile.Scalars.Select(scalar => scalar.Tag).Where(tag => text.Contains($"{(char)tag.Length}{tag}", StringComparison.Ordinal)));
    }

    [Fact]
    public void It_is_named_as_TensorBoard_asks_and_that_of_an_earlier_training_is_removed()
    {
        var earlier = new EventsFile(_folder.Path, s_started.AddDays(-1));
        earlier.Write([Epoch(1)], Assert.Fail);
        var file = new EventsFile(_folder.Path, s_started);
        file.Write([], Assert.Fail);
        Assert.Equal(_folder[$"events.out.tfevents.1700000000.{Environment.MachineName}"], file.Path);
        Assert.Equal([file.Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void It_grows_by_a_record_an_epoch_and_its_reader_can_keep_it_open()
    {
        var file = new EventsFile(_folder.Path, s_started);
        file.Write([Epoch(1)], Assert.Fail);
        using var reader = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] first = Rest(reader);
        Assert.Empty(Rest(reader));
        file.Write([Epoch(1), Epoch(2)], Assert.Fail);
        byte[] second = Rest(reader);
        Assert.NotEmpty(second);
        Assert.Equal(File.ReadAllBytes(file.Path), first.Concat(second));
    }

    [Fact]
    public void A_run_that_goes_on_writes_over_what_was_torn_and_what_it_will_train_again()
    {
        new EventsFile(_folder.Path, s_started).Write([Epoch(1), Epoch(2)], Assert.Fail);
        var file = new EventsFile(_folder.Path, s_started);
        var whole = File.ReadAllBytes(file.Path);
        File.AppendAllBytes(file.Path, whole[..^9]);
        file.Write([Epoch(1)], Assert.Fail);
        Assert.Equal(whole[..^((whole.Length - EventRecord.Version(0).Length) / 2)], File.ReadAllBytes(file.Path));
        file.Write([Epoch(1), Epoch(2)], Assert.Fail);
        Assert.Equal(whole, File.ReadAllBytes(file.Path));
    }

    [Fact]
    public void Where_it_cannot_be_written_that_is_said_once_and_later_epochs_bring_the_earlier_ones()
    {
        var file = new EventsFile(_folder.Path, s_started);
        Directory.CreateDirectory(file.Path);
        var said = new List<string>();
        file.Write([Epoch(1)], said.Add);
        file.Write([Epoch(1), Epoch(2)], said.Add);
        Assert.Contains($"Cannot write {file.Path}: ", Assert.Single(said), StringComparison.Ordinal);
        Directory.Delete(file.Path);
        file.Write([Epoch(1), Epoch(2), Epoch(3)], said.Add);
        Assert.Single(said);
        var late = File.ReadAllBytes(file.Path);
        new EventsFile(_folder["other"], s_started).Write([Epoch(1), Epoch(2), Epoch(3)], Assert.Fail);
        Assert.Equal(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["other"]))), late);
    }

    private static EpochRow Epoch(int epoch) => Sample.Run().Epoch(epoch, 30 - epoch).Row;

    private static byte[] Rest(FileStream stream)
    {
        using var rest = new MemoryStream();
        stream.CopyTo(rest);
        return rest.ToArray();
    }
}
