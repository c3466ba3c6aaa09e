using System.Text;

namespace Experiments.Core.Tests.Training.Weights;

/// <summary>Pickles of protocol 2 put together by hand, and the files of PyTorch around them.</summary>
internal static class PickleText
{
    /// <summary>A text.</summary>
    internal static string Text(string text) => $"X{Encoding.Latin1.GetString(BitConverter.GetBytes(text.Length))}{text}";

    /// <summary>A whole number.</summary>
    internal static string Number(int number) => $"J{Encoding.Latin1.GetString(BitConverter.GetBytes(number))}";

    /// <summary>A tuple.</summary>
    internal static string Tuple(params string[] items) => $"({string.Concat(items)}t";

    /// <summary>A dictionary of keys and values by turns.</summary>
    internal static string Dictionary(params string[] items) => $"}}({string.Concat(items)}u";

    /// <summary>A function or class by name.</summary>
    internal static string Import(string module, string name) => $"c{module}\n{name}\n";

    /// <summary>A call.</summary>
    internal static string Call(string import, params string[] arguments) => $"{import}{Tuple(arguments)}R";

    /// <summary>A tensor of a storage; old files have one value more in what names the storage.</summary>
    internal static string Tensor(string storage, string key, int count, int offset, int[] sizes, int[] strides, bool old = false, string part = "N") => Call(
        Import("torch._utils", "_rebuild_tensor_v2"),
        $"{Tuple([Text("storage"), Import("torch", storage), Text(key), Text("cpu"), Number(count), .. old ? [part] : Array.Empty<string>()])}Q",
        Number(offset), Tuple([.. sizes.Select(Number)]), Tuple([.. strides.Select(Number)]), "\u0089", Call(Import("collections", "OrderedDict")));

    /// <summary>The bytes of a whole pickle.</summary>
    internal static byte[] Pickle(string content) => Encoding.Latin1.GetBytes($"\u0080\u0002{content}.");

    /// <summary>A file of the older form.</summary>
    internal static byte[] OldFile(string content, params (string Key, int Count, byte[] Bytes)[] storages) =>
    [
        .. Pickle("\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019"), .. Pickle("M\u00e9\u0003"),
        .. Pickle(Dictionary(Text("protocol_version"), "M\u00e9\u0003", Text("little_endian"), "\u0088")), .. Pickle(content),
        .. Pickle($"]({string.Concat(storages.Select(storage => Text(storage.Key)))}e"),
        .. storages.SelectMany(storage => (byte[])[.. BitConverter.GetBytes((long)storage.Count), .. storage.Bytes]),
    ];

    /// <summary>A zip archive with a pickle and other entries.</summary>
    internal static byte[] Zip(string content, params (string Name, byte[] Bytes)[] entries)
    {
        using var file = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(file, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries.Prepend(("data.pkl", Pickle(content))))
            {
                using var stream = zip.CreateEntry($"archive/{name}").Open();
                stream.Write(bytes);
            }
        }

        return file.ToArray();
    }

    /// <summary>The bytes of floats.</summary>
    internal static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
