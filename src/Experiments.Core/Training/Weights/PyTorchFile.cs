using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// Reads the tensors of a state dictionary from files of PyTorch's <c>torch.save</c>, and runs nothing of them. There are two forms: the zip archive
/// written since version 1.6, and the older file of pickles with the values behind them. The layouts are those of torch/serialization.py.
/// </summary>
public static class PyTorchFile
{
    // The number that the older form begins with.
    private static readonly byte[] s_magic = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    private const long OldProtocol = 1001;

    // In bytes. A pickle has names and shapes, without the values: that of a ResNet-110 with its optimizer has 200 kB.
    private const long LargestPickle = 100_000_000;

    // The keys of a state dictionary that people save together with other things.
    private static readonly string[] s_keys = ["state_dict", "model_state_dict", "model", "net"];

    // For each class of storage: the type's name in safetensors, and the bytes of a value.
    private static readonly Dictionary<string, (string Type, int Size)> s_types = new()
    {
        ["DoubleStorage"] = ("F64", 8),
        ["FloatStorage"] = ("F32", 4),
        ["HalfStorage"] = ("F16", 2),
        ["BFloat16Storage"] = ("BF16", 2),
        ["LongStorage"] = ("I64", 8),
        ["IntStorage"] = ("I32", 4),
        ["ShortStorage"] = ("I16", 2),
        ["CharStorage"] = ("I8", 1),
        ["ByteStorage"] = ("U8", 1),
        ["BoolStorage"] = ("BOOL", 1),
    };

    // The imports that PyTorch allows with weights_only=True, as far as tensors need them, and those that wrap NumPy's numbers, such as a best
    // accuracy, which are not read.
    private static readonly Dictionary<string, Func<object?[], object?>> s_imports = new()
    {
        ["collections.OrderedDict"] = arguments => Dictionary(arguments),
        ["collections.defaultdict"] = _ => new PickledDictionary(),
        ["builtins.dict"] = _ => new PickledDictionary(),
        ["__builtin__.dict"] = _ => new PickledDictionary(),
        ["torch._utils._rebuild_tensor"] = Tensor,
        ["torch._utils._rebuild_tensor_v2"] = Tensor,
        ["torch._utils._rebuild_parameter"] = arguments => arguments is [StridedTensor tensor, ..] ? tensor : throw Unexpected(),
        ["torch._utils._rebuild_parameter_with_state"] = arguments => arguments is [StridedTensor tensor, ..] ? tensor : throw Unexpected(),
        ["torch.nn.parameter.Parameter"] = arguments => arguments is [StridedTensor tensor, ..] ? tensor : throw Unexpected(),
        ["torch.Size"] = arguments => arguments is [object?[] sizes] ? sizes : throw Unexpected(),
        ["torch.device"] = Unread,
        ["numpy.core.multiarray.scalar"] = Unread,
        ["numpy._core.multiarray.scalar"] = Unread,
        ["numpy.dtype"] = Unread,
        ["_codecs.encode"] = Unread,
    };

    /// <summary>The class of the storage that holds values of a type.</summary>
    /// <param name="type">The type's name in safetensors.</param>
    /// <exception cref="ArgumentException">There is no such class.</exception>
    internal static string StorageOf(string type) => s_types.FirstOrDefault(pair => pair.Value.Type == type).Key ?? throw new ArgumentException($"PyTorch has no storage for {type}.", nameof(type));

    /// <summary>Reads the older form.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="ExperimentException">It is damaged, holds no weights, or wants to run code.</exception>
    internal static Safetensors.Content ReadOld(string path, byte[] bytes) => Guarded(path, () =>
    {
        var storages = new Dictionary<string, Storage>();
        var pickle = new Pickle(bytes, 0, Import, id => id is object[] parts && parts is ["storage", StorageType type, string key, _, long count, ..]
            ? View(Known(storages, key, type, count), parts.Length > 5 ? parts[5] : null)
            : throw Unexpected());
        if (pickle.Read() is not string magic || magic != Convert.ToHexString(s_magic))
            throw new ExperimentException($"{path} is a Python pickle, but torch.save did not write it: save weights with torch.save(model.state_dict(), 'weights.pth').");
        if (pickle.Read() is not OldProtocol)
            throw new Pickle.DamagedException("its version of PyTorch's older format is not 1001, the only one that is known");
        if (pickle.Read() is PickledDictionary system && system.Find("little_endian") is false)
            throw BigEndian(path);
        var root = pickle.Read();
        var keys = pickle.Read() as List<object?> ?? throw Unexpected();
        var position = (long)pickle.Position;
        foreach (var key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out var storage))
                throw Unexpected();
            if (bytes.Length - position < 8 || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((int)position)) != storage.Count)
                throw new Pickle.DamagedException($"its values end early, or their number is not the one that its pickle says, at byte {position}");
            storage.Fill(bytes.AsMemory((int)(position += 8)));
            position += storage.Length;
        }

        return StateDictionary(path, root);
    });

    /// <summary>Reads the zip archive.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="ExperimentException">It is damaged, holds no weights, or wants to run code.</exception>
    internal static Safetensors.Content ReadZip(string path, byte[] bytes) => Guarded(path, () =>
    {
        using var zip = new ZipArchive(new MemoryStream(bytes));
        var entries = zip.Entries.GroupBy(entry => entry.FullName).ToDictionary(same => same.Key, same => same.First());
        if (entries.Values.FirstOrDefault(entry => entry.Name == "data.pkl") is not { } data)
        {
            throw new ExperimentException($"{path} is a zip archive without PyTorch weights (it has no data.pkl)"
                + (entries.Keys.Any(name => name.EndsWith(".npy", StringComparison.Ordinal)) ? ", but arrays of NumPy" : "") + ": save weights with torch.save(model.state_dict(), 'weights.pth').");
        }

        var folder = data.FullName[..^"data.pkl".Length];
        if (entries.ContainsKey($"{folder}constants.pkl"))
            throw new ExperimentException($"{path} is a TorchScript program, which only PyTorch runs: save its weights alone, torch.save(torch.jit.load('{Path.GetFileName(path)}').state_dict(), 'weights.pth').");
        if (entries.TryGetValue($"{folder}byteorder", out var order) && Encoding.ASCII.GetString(Bytes(order, 16)).Trim() == "big")
            throw BigEndian(path);
        var storages = new Dictionary<string, Storage>();
        var root = new Pickle(Bytes(data, LargestPickle), 0, Import, id =>
        {
            if (id is not object[] parts || parts is not ["storage", StorageType type, string key, _, long count, ..])
                throw Unexpected();
            var isNew = !storages.ContainsKey(key);
            var storage = Known(storages, key, type, count);
            if (isNew)
                storage.Fill(entries.TryGetValue($"{folder}data/{key}", out var entry) ? Bytes(entry, storage.Length) : throw new Pickle.DamagedException($"its values {Echo.Of(key)} are missing"));
            return new StorageView(storage, 0, count);
        }).Read();
        return StateDictionary(path, root);
    });

    private static Safetensors.Content Guarded(string path, Func<Safetensors.Content> read)
    {
        try
        {
            return read();
        }
        catch (Pickle.ForeignImportException e)
        {
            throw new ExperimentException($"{path} asks to run {Echo.Of(e.Message)} while it is read, and this program reads only tensors. "
                + "If you trust the file, load it in PyTorch and save the weights alone: torch.save(model.state_dict(), 'weights.pth').", ExperimentException.BadInput, e);
        }
        catch (Exception e) when (e is Pickle.DamagedException or InvalidDataException or OverflowException or NotSupportedException or EndOfStreamException)
        {
            throw new ExperimentException($"{path} is not a complete PyTorch file: {(e is Pickle.DamagedException ? e.Message : "its zip archive is damaged")}.", ExperimentException.BadInput, e);
        }
    }

    private static ExperimentException BigEndian(string path) =>
        new($"{path} was written on a big-endian machine, which this program does not read: load it in PyTorch on another machine and save it again there.");

    private static Pickle.Import? Import(string module, string name)
    {
        var full = $"{module}.{name}";
        if (module is "torch" or "torch.cuda" or "torch.storage" && s_types.TryGetValue(name, out var type))
            return new StorageType(full, type.Type, type.Size);
        if (module == "torch" && name is "float64" or "float32" or "float16" or "bfloat16" or "int64" or "int32" or "int16" or "int8" or "uint8" or "bool")
            return new(full, Unread);
        return s_imports.TryGetValue(full, out var call) ? new(full, call) : null;
    }

    private static Storage Known(Dictionary<string, Storage> storages, string key, StorageType type, long count)
    {
        if (!storages.TryGetValue(key, out var storage))
            storages[key] = storage = new Storage(type, count >= 0 && count <= int.MaxValue / type.Size ? count : throw Unexpected());
        return storage.Type.Type == type.Type ? storage : throw new Pickle.DamagedException($"its values {Echo.Of(key)} are of two types");
    }

    // The part of a storage that is meant: its key, its first value and how many; null: the whole storage.
    private static StorageView View(Storage storage, object? part) => part switch
    {
        null => new(storage, 0, storage.Count),
        object[] and [_, long first, long count] when first >= 0 && count >= 0 && first <= storage.Count - count => new(storage, first, count),
        _ => throw Unexpected(),
    };

    private static PickledDictionary Dictionary(object?[] arguments)
    {
        var dictionary = new PickledDictionary();
        foreach (var pair in arguments is [List<object?> pairs] ? pairs : [])
            dictionary.Add(pair as object?[] ?? (pair as List<object?> ?? throw Unexpected()).ToArray());
        return dictionary;
    }

    private static object? Unread(object?[] arguments) => null;

    private static StridedTensor Tensor(object?[] arguments)
    {
        if (arguments is not [StorageView storage, long offset, object?[] sizes, object?[] strides, ..] || sizes.Length != strides.Length
            || sizes.Concat(strides).Any(value => value is not >= 0L))
            throw Unexpected();
        var (shape, steps) = (Array.ConvertAll(sizes, size => checked((int)(long)size!)), Array.ConvertAll(strides, step => (long)step!));
        var count = shape.Aggregate(1L, (product, size) => checked(product * size));
        var last = shape.Zip(steps).Aggregate(offset, (sum, axis) => checked(sum + ((Math.Max(axis.First, 1) - 1) * axis.Second)));
        if (offset < 0 || count > int.MaxValue / 8 || (count > 0 && last >= storage.Count))
            throw new Pickle.DamagedException($"a tensor of shape [{string.Join(", ", shape.Take(8))}] reaches beyond its {storage.Count} values");
        // A tensor that has one value in many places, as torch.expand makes it, is small in weights.
        if (count > Math.Max(storage.Count, 1 << 20))
            throw new Pickle.DamagedException($"a tensor of shape [{string.Join(", ", shape.Take(8))}] has only {storage.Count} values");
        return new StridedTensor(storage, offset, shape, steps);
    }

    private static Safetensors.Content StateDictionary(string path, object? root)
    {
        if (root is not PickledDictionary dictionary)
            throw new ExperimentException($"{path} holds {(root is StridedTensor ? "a tensor" : "something")} without names, not a state dictionary: save torch.save(model.state_dict(), 'weights.pth').");
        if (Find(path, dictionary, 0) is not var (found, keys))
        {
            throw new ExperimentException($"{path} holds no state dictionary under {string.Join(", ", s_keys)} or any other key; its keys are "
                + $"{string.Join(", ", dictionary.Items.Take(10).Select(item => Echo.Of(item.Key)))}: save torch.save(model.state_dict(), 'weights.pth').");
        }

        var tensors = new Dictionary<string, Safetensors.Tensor>();
        foreach (var (name, value) in found.Items)
        {
            if (value is StridedTensor tensor)
                tensors[name] = tensor.Gather();
        }

        return new Safetensors.Content(tensors, new Dictionary<string, string>()) { Under = keys };
    }

    // The dictionary of tensors, and the keys that lead to it; null if there is none. Those under the usual keys come before others.
    private static (PickledDictionary Found, string Keys)? Find(string path, PickledDictionary dictionary, int depth)
    {
        if (depth > 3)
            return null;
        foreach (var key in s_keys)
        {
            if (dictionary.Find(key) is PickledDictionary inner && Find(path, inner, depth + 1) is var (found, keys))
                return (found, Join(key, keys));
        }

        if (dictionary.Items.Count(item => item.Value is StridedTensor) > 1 || dictionary.Items.Any(item => item.Value is StridedTensor && item.Key.Contains('.', StringComparison.Ordinal)))
            return (dictionary, "");
        var others = dictionary.Items.Select(item => (item.Key, Found: item.Value is PickledDictionary inner ? Find(path, inner, depth + 1) : null)).Where(other => other.Found is not null).ToList();
        return others switch
        {
            [] => null,
            [var (key, found)] => (found!.Value.Found, Join(key, found.Value.Keys)),
            _ => throw new ExperimentException($"{path} holds several state dictionaries, under {string.Join(", ", others.Select(other => Echo.Of(other.Key)))}: save the one that is meant by itself."),
        };

        static string Join(string key, string keys) => keys.Length == 0 ? key : $"{key}.{keys}";
    }

    private static Pickle.DamagedException Unexpected() => new("its pickle does not describe tensors as PyTorch does");

    private static byte[] Bytes(ZipArchiveEntry entry, long most)
    {
        // No more bytes are unpacked than are wanted, whatever size the archive states.
        using var stream = entry.Open();
        var bytes = new MemoryStream();
        var piece = new byte[1 << 16];
        while (bytes.Length < most && stream.Read(piece, 0, (int)Math.Min(piece.Length, most - bytes.Length)) is > 0 and var read)
            bytes.Write(piece, 0, read);
        return bytes.ToArray();
    }

    /// <summary>The class of a storage.</summary>
    private sealed record StorageType : Pickle.Import
    {
        public StorageType(string name, string type, int size) : base(name, _ => throw Unexpected()) => (Type, Size) = (type, size);

        public string Type { get; }

        public int Size { get; }
    }

    /// <summary>Values one after the other, which tensors may share.</summary>
    private sealed class Storage(StorageType type, long count)
    {
        private ReadOnlyMemory<byte> _bytes;

        public StorageType Type { get; } = type;

        public long Count { get; } = count;

        public long Length => Count * Type.Size;

        public ReadOnlySpan<byte> Values => _bytes.Span;

        public void Fill(ReadOnlyMemory<byte> bytes) => _bytes = bytes.Length >= Length ? bytes[..(int)Length]
            : throw new Pickle.DamagedException(string.Create(CultureInfo.InvariantCulture, $"{Length - bytes.Length} bytes of its values are missing"));
    }

    private sealed record StorageView(Storage Storage, long First, long Count);

    /// <summary>A tensor as a pickle describes it: where its first value is, and the steps along each axis.</summary>
    private sealed record StridedTensor(StorageView View, long Offset, int[] Shape, long[] Strides)
    {
        /// <summary>Its values in row-major order.</summary>
        public Safetensors.Tensor Gather()
        {
            var size = View.Storage.Type.Size;
            var from = View.Storage.Values;
            var values = new byte[Shape.Aggregate(1, (product, length) => product * length) * size];
            if (values.Length > 0 && from.Length == 0)
                throw new Pickle.DamagedException("values of its tensors are missing");
            var index = new int[Shape.Length];
            var at = View.First + Offset;
            for (var to = 0; to < values.Length; to += size)
            {
                from.Slice((int)(at * size), size).CopyTo(values.AsSpan(to));
                for (var axis = Shape.Length - 1; axis >= 0; axis--)
                {
                    at += Strides[axis];
                    if (++index[axis] < Shape[axis])
                        break;
                    at -= Strides[axis] * Shape[axis];
                    index[axis] = 0;
                }
            }

            return new Safetensors.Tensor(View.Storage.Type.Type, Shape, values);
        }
    }
}
