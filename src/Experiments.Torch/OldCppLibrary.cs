using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;

namespace Experiments.Torch;

/// <summary>
/// Loads TorchSharp's native library where the system's C++ library is one version too old for it, as on Debian 12 and Ubuntu 22.04.
/// The library was linked with GCC 13 and so needs the symbol version GLIBCXX_3.4.32, for one symbol that it never calls. A copy of it in
/// which that need is marked weak, as the ELF format allows, loads and works. The copy lives in a temporary folder until it is loaded.
/// Systems that lack more than this version are not helped: RHEL 9 has an older C++ library yet, Debian 11 an older C library, and
/// those with musl in place of the GNU C library (Alpine) have none that fits.
/// </summary>
internal static class OldCppLibrary
{
    internal const string Library = "LibTorchSharp";
    internal const string MissingVersion = "GLIBCXX_3.4.32";

    // <elf.h>
    private const int Load = 1;
    private const int Dynamic = 2;
    private const long StringTable = 5;
    private const long VersionNeeds = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Loads the library from its folder, patched, so that TorchSharp finds it when it asks for it.</summary>
    /// <exception cref="DllNotFoundException">It does not load for another reason as well; the message has the system's words.</exception>
    /// <exception cref="IOException">There is no room for the copy.</exception>
    internal static void Use()
    {
        var file = Folders().Select(folder => Path.Combine(folder, $"lib{Library}.so")).First(File.Exists);
        var image = File.ReadAllBytes(file);
        if (!MarkNeedWeak(image, MissingVersion))
            throw new DllNotFoundException($"{file} does not need {MissingVersion}.");
        // The copy lies without its neighbours, so this one is loaded first: the system does not look for a library that is already loaded.
        NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(file)!, "libtorch.so"));
        var folder = Directory.CreateTempSubdirectory("experiments-");
        try
        {
            var copy = Path.Combine(folder.FullName, Path.GetFileName(file));
            File.WriteAllBytes(copy, image);
            var handle = NativeLibrary.Load(copy);
            AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!.ResolvingUnmanagedDll += (_, name) => name == Library ? handle : 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Where the runtime looks for native libraries.</summary>
    internal static IEnumerable<string> Folders() =>
        [.. ((string?)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), AppContext.BaseDirectory];

    /// <summary>Sets the flag VER_FLG_WEAK of one entry of a 64-bit little-endian ELF file's table of needed versions.</summary>
    /// <param name="image">The file.</param>
    /// <param name="version">The version's name.</param>
    /// <returns>Whether the file is such a one and has the entry.</returns>
    internal static bool MarkNeedWeak(Span<byte> image, string version)
    {
        if (image.Length < 64 || !image.StartsWith("\u007fELF\u0002\u0001"u8))
            return false;
        long strings = -1, needs = -1;
        foreach (var header in Headers(image, Dynamic))
        {
            for (var entry = (int)Int64(image, header + 8); Int64(image, entry) != 0; entry += 16)
            {
                if (Int64(image, entry) == StringTable)
                    strings = OffsetOf(image, Int64(image, entry + 8));
                else if (Int64(image, entry) == VersionNeeds)
                    needs = OffsetOf(image, Int64(image, entry + 8));
            }
        }

        if (strings < 0 || needs < 0)
            return false;
        var wanted = Encoding.ASCII.GetBytes(version + '\0');
        // A list of files, each with a list of versions; a link is the distance to the next entry, and 0 at the end.
        for (int file = (int)needs, next = 1; next != 0; file += next)
        {
            next = Int32(image, file + 12);
            for (int need = file + Int32(image, file + 8), step = 1; step != 0; need += step)
            {
                step = Int32(image, need + 12);
                if (!image[(int)(strings + Int32(image, need + 8))..].StartsWith(wanted))
                    continue;
                var flags = image[(need + 4)..];
                BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | Weak));
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the program headers of a kind are in the file.</summary>
    private static List<int> Headers(ReadOnlySpan<byte> image, int kind)
    {
        var (first, size, count) = ((int)Int64(image, 32), Int16(image, 54), Int16(image, 56));
        var headers = new List<int>();
        for (var header = first; header < first + (size * count); header += size)
        {
            if (Int32(image, header) == kind)
                headers.Add(header);
        }

        return headers;
    }

    /// <summary>Where in the file an address in memory is; -1 if it is in none of the file's segments.</summary>
    private static long OffsetOf(ReadOnlySpan<byte> image, long address)
    {
        foreach (var header in Headers(image, Load))
        {
            var (offset, start, length) = (Int64(image, header + 8), Int64(image, header + 16), Int64(image, header + 32));
            if (address >= start && address < start + length)
                return offset + address - start;
        }

        return -1;
    }

    private static short Int16(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt16LittleEndian(image[at..]);

    private static int Int32(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt32LittleEndian(image[at..]);

    private static long Int64(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt64LittleEndian(image[at..]);
}
