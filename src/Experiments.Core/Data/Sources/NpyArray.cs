using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>
/// One array of a NumPy <c>.npz</c> archive: a zip entry in NumPy's format, versions 1 to 3 (NEP 1). Only arrays of numbers are read. An array
/// of Python objects is refused: it would have to be unpickled, which can run any program.
/// </summary>
/// <param name="Path">The archive.</param>
/// <param name="Name">The name of the array.</param>
/// <param name="Kind">u, i, f or b: unsigned and signed whole numbers, floating-point numbers, truth values.</param>
/// <param name="Bytes">Bytes of one value.</param>
/// <param name="IsBigEndian">Whether a value's high byte comes first.</param>
/// <param name="IsFortran">Whether values along the first axis lie side by side, not those along the last.</param>
/// <param name="Sizes">The sizes of its axes.</param>
internal sealed partial record NpyArray(string Path, string Name, char Kind, int Bytes, bool IsBigEndian, bool IsFortran, ImmutableArray<int> Sizes)
{
    private const int MostHeader = 1 << 16;

    /// <summary>The archive and the array, for messages.</summary>
    public string Where => $"{Path}, array {Name}";

    /// <summary>The sizes, as NumPy writes them.</summary>
    public string Shape => $"[{string.Join(", ", Sizes)}]";

    /// <summary>Number of values in the array.</summary>
    public long Count => Sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>The names of all arrays of an archive.</summary>
    /// <exception cref="ExperimentException">The file is no zip archive, or is damaged.</exception>
    public static IReadOnlyList<string> NamesIn(string path) => Whole(path, () =>
    {
        using var zip = ZipFile.OpenRead(path);
        return zip.Entries.Where(entry => entry.FullName.EndsWith(".npy", StringComparison.Ordinal)).Select(entry => entry.FullName[..^4]).ToList();
    });

    /// <summary>Reads an array's header.</summary>
    /// <exception cref="ExperimentException">The array is missing, damaged, or no array of numbers.</exception>
    public static NpyArray Open(string path, string name) => Whole(path, () =>
    {
        using var zip = ZipFile.OpenRead(path);
        var entry = Entry(zip, name);
        using var stream = entry.Open();
        var (array, begin) = Header(stream, path, name);
        return entry.Length == begin + (array.Count * array.Bytes) ? array
            : throw new ExperimentException($"{array.Where}: its header says {array.Shape} values of {array.Bytes} bytes each, but {entry.Length - begin} bytes follow.");
    });

    /// <summary>Reads the values in C's order, one index of the first axis at a time.</summary>
    /// <param name="take">Receives each index of the first axis and the values there; they are void after the call.</param>
    /// <exception cref="ExperimentException">The archive is damaged, or the array is too large to be turned from Fortran's order.</exception>
    public void Read(Action<int, double[]> take) => Whole(Path, () =>
    {
        using var zip = ZipFile.OpenRead(Path);
        using var stream = Entry(zip, Name).Open();
        _ = Header(stream, Path, Name);
        var inner = checked((int)(Count / Math.Max(1, Sizes[0])));
        var values = new double[inner];
        if (!IsFortran || Sizes.Length == 1)
        {
            var bytes = new byte[checked(inner * Bytes)];
            for (var index = 0; index < Sizes[0]; index++)
            {
                stream.ReadExactly(bytes);
                for (var i = 0; i < inner; i++)
                    values[i] = Value(bytes.AsSpan(i * Bytes, Bytes));
                take(index, values);
            }

            return true;
        }

        if (Count * Bytes > Array.MaxLength)
            throw new ExperimentException($"{Where} is stored in Fortran order and is too large to be reordered here; save numpy.ascontiguousarray of it.");
        var all = new byte[Count * Bytes];
        stream.ReadExactly(all);
        var places = FortranPlaces(inner);
        for (var index = 0; index < Sizes[0]; index++)
        {
            for (var i = 0; i < inner; i++)
                values[i] = Value(all.AsSpan(checked((int)((index + places[i]) * Bytes)), Bytes));
            take(index, values);
        }

        return true;
    });

    // The places in Fortran's order of the values at index 0 of the first axis; the values are listed in C's order.
    private long[] FortranPlaces(int inner)
    {
        var places = new long[inner];
        for (var i = 0; i < inner; i++)
        {
            var (rest, place) = (i, 0L);
            for (var axis = Sizes.Length - 1; axis > 0; axis--)
            {
                var stride = Sizes.Take(axis).Aggregate(1L, (product, size) => product * size);
                place += rest % Sizes[axis] * stride;
                rest /= Sizes[axis];
            }

            places[i] = place;
        }

        return places;
    }

    private double Value(ReadOnlySpan<byte> bytes)
    {
        if (Bytes == 1)
            return Kind == 'i' ? (sbyte)bytes[0] : bytes[0];
        Span<byte> little = stackalloc byte[8];
        bytes.CopyTo(little);
        if (IsBigEndian)
            little[..Bytes].Reverse();
        return (Kind, Bytes) switch
        {
            ('u', 2) => BinaryPrimitives.ReadUInt16LittleEndian(little),
            ('u', 4) => BinaryPrimitives.ReadUInt32LittleEndian(little),
            ('u', 8) => BinaryPrimitives.ReadUInt64LittleEndian(little),
            ('i', 2) => BinaryPrimitives.ReadInt16LittleEndian(little),
            ('i', 4) => BinaryPrimitives.ReadInt32LittleEndian(little),
            ('i', 8) => BinaryPrimitives.ReadInt64LittleEndian(little),
            ('f', 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(little),
            ('f', 4) => BinaryPrimitives.ReadSingleLittleEndian(little),
            ('f', 8) => BinaryPrimitives.ReadDoubleLittleEndian(little),
            _ => throw new InvalidOperationException($"unknown type {Kind}{Bytes}"),
        };
    }

    private static ZipArchiveEntry Entry(ZipArchive zip, string name) => zip.GetEntry($"{name}.npy") ?? throw new InvalidDataException($"it has no array {name}");

    private static (NpyArray Array, long Begin) Header(Stream stream, string path, string name)
    {
        var where = $"{path}, array {name}";
        var start = new byte[8];
        stream.ReadExactly(start);
        if (start is not [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', >= 1 and <= 3, _])
            throw new ExperimentException($"{where} is not in NumPy's format, versions 1 to 3.");
        var lengthBytes = start[6] == 1 ? 2 : 4;
        var length = new byte[4];
        stream.ReadExactly(length.AsSpan(0, lengthBytes));
        var size = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (size > MostHeader)
            throw new ExperimentException($"{where} has a header of {size} bytes; expected {MostHeader} at most.");
        var bytes = new byte[size];
        stream.ReadExactly(bytes);
        var text = Encoding.Latin1.GetString(bytes);
        var (type, order, shape) = (Type().Match(text), Order().Match(text), Axes().Match(text));
        if (!order.Success || !shape.Success)
            throw new ExperimentException($"{where}: its header does not say what it is: '{Echo.Of(text)}'.");
        if (!type.Success)
        {
            throw new ExperimentException($"{where} is not an array of numbers: {(text.Contains("|O", StringComparison.Ordinal)
                ? "it holds pickled Python objects, which this program does not open, because to open them can run any code"
                : $"its header is '{Echo.Of(text)}'")}. Save images as numpy.uint8 and labels as whole numbers.");
        }

        var sizes = new List<int>();
        foreach (Match axis in Number().Matches(shape.Groups[1].Value))
        {
            sizes.Add(int.TryParse(axis.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value
                : throw new ExperimentException($"{where} has shape ({Echo.Of(shape.Groups[1].Value)}); expected whole numbers above 0."));
        }

        // The product of all sizes is checked here, so that no product overflows later.
        if (sizes.Count == 0 || sizes.Aggregate((Int128)1, (product, axis) => product * axis) > 1L << 40)
            throw new ExperimentException($"{where} has shape ({Echo.Of(shape.Groups[1].Value)}), which cannot be a list of images or labels.");
        var array = new NpyArray(path, name, type.Groups[2].Value[0], type.Groups[3].Value[0] - '0', type.Groups[1].Value == ">", order.Groups[1].Value == "True", [.. sizes]);
        return (array, 8 + lengthBytes + size);
    }

    private static T Whole<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException or NotSupportedException)
        {
            throw new ExperimentException($"{path} is damaged, or no .npz archive ({Echo.Of(e.Message.TrimEnd('.'), 120)}){PackedFile.Look(path)}.", ExperimentException.BadInput, e);
        }
    }

    [GeneratedRegex(@"'descr'\s*:\s*'([<>|=]?)(?:(?=u[1248]|i[1248]|f[248]|b1)(\w)(\d))'")]
    private static partial Regex Type();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex(@"'shape'\s*:\s*\(([\d,\sL]*)\)")]
    private static partial Regex Axes();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
