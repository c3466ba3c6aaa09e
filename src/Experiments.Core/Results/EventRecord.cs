using System.Buffers.Binary;
using System.Numerics;

namespace Experiments.Core.Results;

/// <summary>
/// A record of an events file as TensorBoard reads it: TensorFlow's TFRecord (tensorflow/core/lib/io/record_writer.h), which frames bytes with
/// their length and checksums, around a protocol buffer message <c>Event</c> (tensorflow/core/util/event.proto, framework/summary.proto).
/// </summary>
public static class EventRecord
{
    /// <summary>The record that a file begins with, which says its format.</summary>
    /// <param name="time">When the file was made, in seconds since 1970.</param>
    public static byte[] Version(double time) => Framed(Message(message =>
    {
        Field(message, 1, time);
        Field(message, 3, "brain.Event:2");
    }));

    /// <summary>A record of numbers at one step.</summary>
    /// <param name="time">When the numbers were measured, in seconds since 1970.</param>
    /// <param name="step">The step: the numbers' place on TensorBoard's x axis.</param>
    /// <param name="scalars">The numbers, each under its tag.</param>
    public static byte[] Scalars(double time, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = Message(message =>
        {
            foreach (var (tag, value) in scalars)
            {
                Field(message, 1, Message(scalar =>
                {
                    Field(scalar, 1, tag);
                    Field(scalar, 2, (float)value);
                }));
            }
        });
        return Framed(Message(message =>
        {
            Field(message, 1, time);
            Field(message, 2, step);
            Field(message, 5, summary);
        }));
    }

    /// <summary>Frames bytes: the length, a checksum of the length, the bytes, a checksum of the bytes; numbers are little-endian.</summary>
    public static byte[] Framed(ReadOnlySpan<byte> data)
    {
        var record = new byte[sizeof(ulong) + sizeof(uint) + data.Length + sizeof(uint)];
        var length = record.AsSpan(0, sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(length.Length), Masked(Crc32C(length)));
        data.CopyTo(record.AsSpan(length.Length + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), Masked(Crc32C(data)));
        return record;
    }

    /// <summary>The checksum CRC-32C (Castagnoli, RFC 3720).</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var checksum = uint.MaxValue;
        foreach (var value in data)
            checksum = BitOperations.Crc32C(checksum, value);
        return ~checksum;
    }

    /// <summary>The checksum as a frame stores it: masked, since the CRC of data that contain CRCs themselves tells little.</summary>
    public static uint Masked(uint checksum) => BitOperations.RotateRight(checksum, 15) + 0xa282ead8;

    private static byte[] Message(Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var message = new BinaryWriter(bytes))
            write(message);
        return bytes.ToArray();
    }

    // A field is one byte, with its number and how its value is encoded, and then the value. BinaryWriter writes integers as seven bits a byte, and
    // strings as their length and UTF-8, as protocol buffers do.
    private static void Field(BinaryWriter message, int number, long value)
    {
        message.Write((byte)(number << 3));
        message.Write7BitEncodedInt64(value);
    }

    private static void Field(BinaryWriter message, int number, double value)
    {
        message.Write((byte)((number << 3) | 1));
        message.Write(value);
    }

    private static void Field(BinaryWriter message, int number, string value)
    {
        message.Write((byte)((number << 3) | 2));
        message.Write(value);
    }

    private static void Field(BinaryWriter message, int number, byte[] value)
    {
        message.Write((byte)((number << 3) | 2));
        message.Write7BitEncodedInt(value.Length);
        message.Write(value);
    }

    private static void Field(BinaryWriter message, int number, float value)
    {
        message.Write((byte)((number << 3) | 5));
        message.Write(value);
    }
}
