namespace Experiments.Core.Training.Weights;

/// <summary>A file of weights: safetensors, or one of PyTorch's own forms. Its first bytes tell which it is.</summary>
public static class WeightFile
{
    /// <summary>Reads a file. No code of the file is run, whatever it holds.</summary>
    /// <exception cref="ExperimentException">It is missing, damaged, or of another kind; the message says what it looks like.</exception>
    public static Safetensors.Content Read(string path) => Read(path, Bytes(path));

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="ExperimentException">It is damaged, or of another kind; the message says what it looks like.</exception>
    public static Safetensors.Content Read(string path, byte[] bytes) => bytes switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => PyTorchFile.ReadZip(path, bytes),
        // The length of a safetensors header may begin with the same byte, and ends with zeros.
        [0x80, >= 1 and <= 5, ..] when bytes.Length < 8 || bytes.AsSpan(2, 6).IndexOfAnyExcept((byte)0) >= 0 => PyTorchFile.ReadOld(path, bytes),
        _ when Foreign(bytes) is { } kind => throw new ExperimentException($"{path} is not a file of weights: {kind}. This program reads .safetensors, and .pt, .pth and .th from torch.save."),
        _ => Safetensors.Read(path, bytes),
    };

    /// <summary>
    /// The file of weights that a path means: a run's folder means the weights in it, and so does the run's name after its results folder, as in
    /// <c>results/figure-1/NAME</c>.
    /// </summary>
    /// <exception cref="ExperimentException">The path is that of a folder without weights.</exception>
    public static string Locate(string path)
    {
        if (!Path.Exists(path) && Path.GetDirectoryName(path) is { } results && Path.Combine(results, "runs", Path.GetFileName(path)) is var inside && Directory.Exists(inside))
            path = inside;
        if (!Directory.Exists(path))
            return path;
        var file = Path.Combine(path, Checkpoint.FileName);
        if (File.Exists(file))
            return file;
        var runs = Path.Combine(path, "runs");
        var one = !Directory.Exists(runs) ? null : Directory.EnumerateDirectories(runs).Where(run => File.Exists(Path.Combine(run, Checkpoint.FileName))).Order(StringComparer.Ordinal).FirstOrDefault();
        throw new ExperimentException($"{path} is a folder without {Checkpoint.FileName}: name a file of weights, or a run's folder{(one is null ? "" : $", as {one}")}.");
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="ExperimentException">It cannot be read.</exception>
    internal static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot read the checkpoint {path}: {e.Message}", ExperimentException.BadInput, e);
        }
    }

    private static string? Foreign(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0x1F, 0x8B, ..] => "it is compressed by gzip; unpack it first",
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "it is HDF5, as Keras writes it",
        _ when bytes.StartsWith("version https://git-lfs"u8) => "it is only a pointer that Git LFS left in place of the file; `git lfs pull` fetches the file",
        _ when bytes.TrimStart(" \r\n\t"u8).StartsWith("<"u8) => "it begins like a web page, so the download probably failed",
        _ when bytes.Length > 262 && bytes[257..262].SequenceEqual("ustar"u8) => "it is a tar archive; unpack it first",
        _ => null,
    };
}
