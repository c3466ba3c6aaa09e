using System.Buffers.Binary;
using System.Text;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>The work-around for systems whose C++ library is older than TorchSharp's. On Debian 12 every test of the torch engine passes through it.</summary>
public sealed class OldCppLibraryTests
{
    private const int Strings = 0x300;
    private const int Needs = 0x400;

    [Fact]
    public void Only_the_need_that_is_named_becomes_weak()
    {
        var image = Elf();
        var before = (byte[])image.Clone();
        Assert.True(OldCppLibrary.MarkNeedWeak(image, "GLIBCXX_3.4.32"));
        // The second version of the second file: its flags, at 4 from its beginning.
        var changed = Enumerable.Range(0, image.Length).Where(i => image[i] != before[i]);
        Assert.Equal([Needs + 0x80 + 16 + 4], changed);
        Assert.Equal(2, image[Needs + 0x80 + 16 + 4]);
        Assert.False(OldCppLibrary.MarkNeedWeak(image, "GLIBCXX_3.4"));
    }

    [Fact]
    public void What_is_no_64_bit_ELF_file_or_lacks_the_need_is_left_alone()
    {
        Assert.False(OldCppLibrary.MarkNeedWeak(new byte[10], "GLIBCXX_3.4.32"));
        Assert.False(OldCppLibrary.MarkNeedWeak(Encoding.ASCII.GetBytes(new string('M', 200)), "GLIBCXX_3.4.32"));
        var image = Elf();
        image[4] = 1;
        Assert.False(OldCppLibrary.MarkNeedWeak(image, "GLIBCXX_3.4.32"));
    }

    [Fact]
    public void Why_libtorch_cannot_be_used_is_one_sentence_that_says_what_would_do()
    {
        Assert.Contains("no libtorch package for linux-musl-x64", Library.Explain("linux-musl-x64", built: false, ""), StringComparison.Ordinal);
        Assert.Contains("dotnet publish -r win-x64", Library.Explain("win-x64", built: false, ""), StringComparison.Ordinal);
        var old = Library.Explain("linux-x64", built: true, "Unable to load\n/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /x/libtorch_cpu.so)\nmore\n");
        Assert.Contains("version `GLIBCXX_3.4.30' not found", old, StringComparison.Ordinal);
        Assert.Contains("Debian 12", old, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', old);
        var damaged = Library.Explain("linux-x64", built: true, "Unable to load 'LibTorchSharp' or one of its dependencies\n/x/LibTorchSharp.so: cannot open shared object file\n/x/libLibTorchSharp.so: file too short\n");
        Assert.Contains("(/x/libLibTorchSharp.so: file too short)", damaged, StringComparison.Ordinal);
        Assert.Contains("build again", damaged, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-x64", "linux-x64")]
    [InlineData("ubuntu.24.04-x64", "linux-x64")]
    [InlineData("alpine.3.20-arm64", "linux-musl-arm64")]
    [InlineData("linux-musl-x64", "linux-musl-x64")]
    [InlineData("osx-arm64", "osx-arm64")]
    public void A_distributions_own_name_is_taken_for_linux(string own, string portable)
    {
        Assert.Equal(portable, Library.Portable(own));
    }

    /// <summary>A file of one segment, loaded at 0x10000, that needs two versions of each of two libraries.</summary>
    private static byte[] Elf()
    {
        const long Address = 0x10000;
        var image = new byte[0x600];
        "\u007fELF\u0002\u0001"u8.CopyTo(image);
        Int64(32, 64);
        Int16(54, 56);
        Int16(56, 2);
        // PT_LOAD: offset, address, length in the file. PT_DYNAMIC: offset.
        Int32(64, 1);
        Int64(64 + 16, Address);
        Int64(64 + 32, image.Length);
        Int32(120, 2);
        Int64(120 + 8, 0x200);
        // DT_STRTAB, DT_VERNEED, DT_NULL
        Int64(0x200, 5);
        Int64(0x208, Address + Strings);
        Int64(0x210, 0x6ffffffe);
        Int64(0x218, Address + Needs);
        var names = "\0GLIBC_2.34\0GLIBC_2.4\0GLIBCXX_3.4.3\0GLIBCXX_3.4.32\0"u8;
        names.CopyTo(image.AsSpan(Strings));
        AddLibrary(Needs, next: 0x60, 1, 12);
        AddLibrary(Needs + 0x60, next: 0, 22, 36);
        return image;

        // Elf64_Verneed, and 0x20 behind it two Elf64_Vernaux one behind the other.
        void AddLibrary(int at, int next, int first, int second)
        {
            Int16(at, 1);
            Int16(at + 2, 2);
            Int32(at + 8, 0x20);
            Int32(at + 12, next);
            Int32(at + 0x20 + 8, first);
            Int32(at + 0x20 + 12, 16);
            Int32(at + 0x30 + 8, second);
        }

        void Int16(int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(at), value);
        void Int32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at), value);
        void Int64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(at), value);
    }
}
