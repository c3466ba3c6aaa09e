using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// Reads Python's pickle (protocols 1 to 5) as data alone: no code of the file is ever run. If a pickle imports something that the reader does
/// not know, it throws an exception with the name.
/// </summary>
/// <param name="bytes">The file.</param>
/// <param name="position">The index of the pickle's first byte in the file.</param>
/// <param name="import">Returns what stands for a module's function or class; null if it is not known.</param>
/// <param name="load">Returns what stands for something that the pickle names and that lies outside of it.</param>
internal sealed class Pickle(byte[] bytes, int position, Func<string, string, Pickle.Import?> import, Func<object?, object?> load)
{
    private static readonly object Mark = new();

    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];

    /// <summary>A function or class, and what a call of it returns.</summary>
    /// <param name="Name">Module and name.</param>
    /// <param name="Call">Returns the result of a call with the given arguments.</param>
    internal record Import(string Name, Func<object?[], object?> Call);

    /// <summary>The bytes break off, or are no pickle.</summary>
    internal sealed class DamagedException(string what) : Exception(what);

    /// <summary>The pickle imports something that is not known.</summary>
    internal sealed class ForeignImportException(string name) : Exception(name);

    /// <summary>The index of the next byte; after reading, the index behind the pickle.</summary>
    public int Position { get; private set; } = position;

    /// <summary>
    /// Reads the object: null, bool, long, double, string, byte[], object?[] (a tuple), List&lt;object?&gt;, <see cref="PickledDictionary"/>, an
    /// import or what the call of an import returned.
    /// </summary>
    /// <exception cref="DamagedException">The bytes break off, or are no pickle.</exception>
    /// <exception cref="ForeignImportException">The pickle imports something that is not known.</exception>
    public object? Read()
    {
        _stack.Clear();
        _memo.Clear();
        while (true)
        {
            var at = Position;
            var code = (char)Byte();
            if (code == '.')
                return Pop();
            if (!Constant(code) && !Collection(code) && !Memory(code) && !Object(code))
                throw new DamagedException($"its byte {at}, 0x{(int)code:X2}, is not an instruction of a pickle");
        }
    }

    private bool Constant(char code)
    {
        object? value;
        switch (code)
        {
            case '\x80': // PROTO
                if (Byte() > 5)
                    throw new DamagedException("its pickle is of a protocol above 5");
                return true;
            case '\x95': // FRAME
                Take(8);
                return true;
            case 'N':
                value = null;
                break;
            case '\x88' or '\x89': // NEWTRUE, NEWFALSE
                value = code == '\x88';
                break;
            case 'I':
                value = Line() switch { "00" => false, "01" => true, var text => Parse(text) };
                break;
            case 'L':
                value = Parse(Line().TrimEnd('L'));
                break;
            case 'J':
                value = (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4));
                break;
            case 'K':
                value = (long)Byte();
                break;
            case 'M':
                value = (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
                break;
            case '\x8a': // LONG1
                value = Long(Byte());
                break;
            case '\x8b': // LONG4
                value = Long(BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                break;
            case 'F':
                value = double.TryParse(Line(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new DamagedException("one of its numbers cannot be read");
                break;
            case 'G':
                value = BinaryPrimitives.ReadDoubleBigEndian(Take(8));
                break;
            case 'U' or '\x8c': // SHORT_BINSTRING, SHORT_BINUNICODE
                value = Text(Byte());
                break;
            case 'T' or 'X': // BINSTRING, BINUNICODE
                value = Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                break;
            case '\x8d': // BINUNICODE8
                value = Text(BinaryPrimitives.ReadInt64LittleEndian(Take(8)));
                break;
            case 'S':
                value = Line().Trim('\'', '"');
                break;
            case 'V':
                value = Line();
                break;
            case 'C': // SHORT_BINBYTES
                value = Take(Byte()).ToArray();
                break;
            case 'B': // BINBYTES
                value = Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))).ToArray();
                break;
            case '\x8e' or '\x96': // BINBYTES8, BYTEARRAY8
                value = Take(BinaryPrimitives.ReadInt64LittleEndian(Take(8))).ToArray();
                break;
            default:
                return false;
        }

        _stack.Add(value);
        return true;
    }

    private bool Collection(char code)
    {
        switch (code)
        {
            case '(':
                _stack.Add(Mark);
                return true;
            case ')':
                _stack.Add(Array.Empty<object?>());
                return true;
            case 't':
                _stack.Add(PopToMark());
                return true;
            case '\x85' or '\x86' or '\x87': // TUPLE1, TUPLE2, TUPLE3
                var items = new object?[code - '\x84'];
                for (var i = items.Length - 1; i >= 0; i--)
                    items[i] = Pop();
                _stack.Add(items);
                return true;
            case ']' or '\x8f': // EMPTY_LIST, EMPTY_SET
                _stack.Add(new List<object?>());
                return true;
            case 'l' or '\x91': // LIST, FROZENSET
                _stack.Add(PopToMark().ToList());
                return true;
            case 'a':
                var item = Pop();
                Top<List<object?>>().Add(item);
                return true;
            case 'e' or '\x90': // APPENDS, ADDITEMS
                var more = PopToMark();
                Top<List<object?>>().AddRange(more);
                return true;
            case '}':
                _stack.Add(new PickledDictionary());
                return true;
            case 'd':
                var pairs = PopToMark();
                _stack.Add(new PickledDictionary());
                Top<PickledDictionary>().Add(pairs);
                return true;
            case 's':
                var value = Pop();
                var key = Pop();
                Top<PickledDictionary>().Add([key, value]);
                return true;
            case 'u':
                var all = PopToMark();
                Top<PickledDictionary>().Add(all);
                return true;
            default:
                return false;
        }
    }

    private bool Memory(char code)
    {
        switch (code)
        {
            case '0':
                Pop();
                return true;
            case '1':
                PopToMark();
                return true;
            case '2':
                _stack.Add(Top());
                return true;
            case 'p':
                _memo[Parse(Line())] = Top();
                return true;
            case 'q':
                _memo[Byte()] = Top();
                return true;
            case 'r':
                _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top();
                return true;
            case '\x94': // MEMOIZE
                _memo[_memo.Count] = Top();
                return true;
            case 'g':
                return Recall(Parse(Line()));
            case 'h':
                return Recall(Byte());
            case 'j':
                return Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
            default:
                return false;
        }
    }

    private bool Object(char code)
    {
        switch (code)
        {
            case 'c': // GLOBAL
                var module = Line();
                _stack.Add(Imported(module, Line()));
                return true;
            case '\x93': // STACK_GLOBAL
                var name = Pop<string>();
                _stack.Add(Imported(Pop<string>(), name));
                return true;
            case 'i': // INST
                module = Line();
                var made = Imported(module, Line());
                _stack.Add(made.Call(PopToMark()));
                return true;
            case 'o': // OBJ
                var parts = PopToMark();
                _stack.Add(parts is [Import first, ..] ? first.Call(parts[1..]) : throw Unexpected());
                return true;
            case 'R' or '\x81' or '\x92': // REDUCE, NEWOBJ, NEWOBJ_EX
                if (code == '\x92')
                    Pop();
                var arguments = Pop<object?[]>();
                _stack.Add(Pop<Import>().Call(arguments));
                return true;
            case 'b': // BUILD: attributes of an object, which are not needed here
                Pop();
                Top();
                return true;
            case 'P': // PERSID
                _stack.Add(load(Line()));
                return true;
            case 'Q': // BINPERSID
                _stack.Add(load(Pop()));
                return true;
            default:
                return false;
        }
    }

    private Import Imported(string module, string name) => import(module, name) ?? throw new ForeignImportException($"{module}.{name}");

    private bool Recall(long index)
    {
        _stack.Add(_memo.TryGetValue(index, out var value) ? value : throw Unexpected());
        return true;
    }

    private object? Pop()
    {
        var value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private T Pop<T>() => Pop() is T value ? value : throw Unexpected();

    private object? Top() => _stack.Count > 0 && _stack[^1] != Mark ? _stack[^1] : throw Unexpected();

    private T Top<T>() => Top() is T value ? value : throw Unexpected();

    private object?[] PopToMark()
    {
        var mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
            throw Unexpected();
        object?[] items = [.. _stack[(mark + 1)..]];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > bytes.Length - Position)
            throw new DamagedException("its pickle breaks off");
        var taken = bytes.AsSpan(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    private string Text(long length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        var length = bytes.AsSpan(Position).IndexOf((byte)'\n');
        var line = Encoding.UTF8.GetString(Take(length < 0 ? long.MaxValue : length));
        Position++;
        return line;
    }

    private static long Parse(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw new DamagedException("one of its numbers cannot be read");

    // Little-endian, two's complement. A number of more than 64 bits becomes hexadecimal text: it is a hash or a seed, which is not used, or
    // the first number of PyTorch's older form.
    private object Long(long length)
    {
        var digits = Take(length);
        return digits.Length <= 8 ? (long)new System.Numerics.BigInteger(digits) : Convert.ToHexString(digits);
    }

    private static DamagedException Unexpected() => new("its pickle contradicts itself");
}

/// <summary>A dictionary from a pickle: pairs in their order. If a key comes twice, its last value counts.</summary>
internal sealed class PickledDictionary
{
    private readonly Dictionary<string, int> _places = [];

    /// <summary>The pairs whose keys are texts, in order.</summary>
    public List<KeyValuePair<string, object?>> Items { get; } = [];

    /// <summary>The value of a key; null if there is none.</summary>
    public object? Find(string key) => _places.TryGetValue(key, out var place) ? Items[place].Value : null;

    /// <summary>Adds keys and values, which come by turns.</summary>
    /// <exception cref="Pickle.DamagedException">A key has no value.</exception>
    public void Add(ReadOnlySpan<object?> pairs)
    {
        if (pairs.Length % 2 != 0)
            throw new Pickle.DamagedException("its pickle contradicts itself");
        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (pairs[i] is not string key)
                continue;
            if (_places.TryAdd(key, Items.Count))
                Items.Add(new(key, pairs[i + 1]));
            else
                Items[_places[key]] = new(key, pairs[i + 1]);
        }
    }
}
