using System.Buffers.Binary;

namespace Experiments.Core.Data.Images;

/// <summary>The size and colour of a PNG or JPEG image, read from the first bytes of its file; nothing is decoded.</summary>
/// <param name="Width">Pixels in a row, as stored.</param>
/// <param name="Height">Rows, as stored.</param>
/// <param name="IsGrey">Whether the image has no colour.</param>
internal sealed record ImageHeader(int Width, int Height, bool IsGrey)
{
    /// <summary>Reads a file's header; returns null if the header cannot be understood (decoding then reports what is wrong).</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImageHeader? Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096);
        try
        {
            Span<byte> start = stackalloc byte[2];
            file.ReadExactly(start);
            return start switch
            {
                [0x89, (byte)'P'] => Png(file),
                [0xFF, 0xD8] => Jpeg(file),
                _ => null,
            };
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    // The first chunk, IHDR, lies at byte 8 (PNG, third edition, section 11.2.1); colour types 0 and 4 are grey.
    private static ImageHeader Png(FileStream file)
    {
        Span<byte> header = stackalloc byte[26];
        file.ReadExactly(header[2..]);
        return new ImageHeader(BinaryPrimitives.ReadInt32BigEndian(header[16..]), BinaryPrimitives.ReadInt32BigEndian(header[20..]), header[25] is 0 or 4);
    }

    // Skips segments up to the frame header, SOF0 to SOF15, markers C0 to CF (ITU T.81, B.2.2); C4, C8 and CC are other segments.
    private static ImageHeader? Jpeg(FileStream file)
    {
        Span<byte> frame = stackalloc byte[8];
        while (true)
        {
            var marker = file.ReadByte();
            if (marker != 0xFF)
                return null;
            while (marker == 0xFF)
                marker = file.ReadByte();
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
                continue;
            if (marker is -1 or 0xD9 or 0xDA)
                return null;
            file.ReadExactly(frame[..2]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(frame);
            if (marker is (>= 0xC0 and <= 0xCF) and not (0xC4 or 0xC8 or 0xCC))
            {
                file.ReadExactly(frame[..6]);
                return new ImageHeader(BinaryPrimitives.ReadUInt16BigEndian(frame[3..]), BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), frame[5] == 1);
            }

            if (length < 2)
                return null;
            file.Seek(length - 2, SeekOrigin.Current);
        }
    }
}
