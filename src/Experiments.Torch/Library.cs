using System.Globalization;
using System.Runtime.InteropServices;

namespace Experiments.Torch;

/// <summary>libtorch, as TorchSharp brings it. Nothing of it is loaded before it is asked for.</summary>
internal static class Library
{
    private static readonly Lazy<string?> s_problem = new(Load);

    /// <summary>Why libtorch cannot be used here, in one sentence; null if it can.</summary>
    internal static string? Problem => s_problem.Value;

    /// <summary>
    /// The devices that it can compute on, the best first. A libtorch for the processor alone is not loaded for this answer: whoever looks for
    /// the fastest engine and takes another one does not need it.
    /// </summary>
    internal static IReadOnlyList<string> Devices => (Has("torch_cpu"), Has("torch_cuda")) switch
    {
        (false, _) => [],
        (true, false) => ["cpu"],
        (true, true) => Problem is null
            ? [.. Enumerable.Range(0, cuda.device_count()).Select(index => string.Create(CultureInfo.InvariantCulture, $"cuda:{index}")), "cpu"]
            : [],
    };

    /// <summary>TorchSharp with its version and that of the libtorch it is made for, as in <c>TorchSharp 0.107.0 (libtorch 2.10.0)</c>.</summary>
    internal static string Name => $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)} (libtorch {Version.Parse(__version__).ToString(3)})";

    /// <summary>How many tensors have not been disposed.</summary>
    internal static long LiveTensors => Tensor.TotalCount;

    /// <summary>Sets the number of threads to compute with. OpenMP keeps one number for each calling thread, so every entry sets it again.</summary>
    internal static void UseThreads(int threads)
    {
        if (get_num_threads() != threads)
            set_num_threads(threads);
    }

    // The loader is asked before TorchSharp: if loading fails, TorchSharp prints forty lines and copies half a gigabyte before it gives up.
    private static string? Load()
    {
        try
        {
            try
            {
                NativeLibrary.Load(OldCppLibrary.Library, typeof(torch).Assembly, null);
            }
            catch (DllNotFoundException e) when (OperatingSystem.IsLinux() && e.Message.Contains(OldCppLibrary.MissingVersion, StringComparison.Ordinal))
            {
                OldCppLibrary.Use();
            }

            InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or NotSupportedException or TypeInitializationException or IOException or UnauthorizedAccessException)
        {
            return Explain(Portable(RuntimeInformation.RuntimeIdentifier), Has("torch_cpu"), e.Message);
        }
    }

    /// <summary>Whether a library lies where the runtime looks for it. Nothing is loaded.</summary>
    private static bool Has(string name) =>
        OldCppLibrary.Folders().Any(folder => Directory.Exists(folder) && Directory.EnumerateFiles(folder, $"*{name}.*").Any());

    /// <summary>A runtime identifier as packages have it: a .NET built by a distribution has its name in place of linux, as in ubuntu.24.04-x64.</summary>
    internal static string Portable(string rid)
    {
        if (rid.StartsWith("win", StringComparison.Ordinal) || rid.StartsWith("osx", StringComparison.Ordinal))
            return rid;
        var musl = rid.Contains("musl", StringComparison.Ordinal) || rid.StartsWith("alpine", StringComparison.Ordinal);
        return $"linux-{(musl ? "musl-" : "")}{rid.Split('-')[^1]}";
    }

    /// <summary>Why libtorch cannot be used, and what would help.</summary>
    /// <param name="rid">This machine's runtime identifier, as packages have it.</param>
    /// <param name="built">Whether libtorch lies beside the program.</param>
    /// <param name="loader">What the system's loader says.</param>
    internal static string Explain(string rid, bool built, string loader)
    {
        const string Systems = "Linux with glibc (x64), Windows (x64, Arm64) and macOS (Apple silicon)";
        if (!built)
        {
            return rid is "linux-x64" or "win-x64" or "win-arm64" or "osx-arm64"
                ? $"The program was built without libtorch for {rid}: build it on this system, or with dotnet publish -r {rid}."
                : $"There is no libtorch package for {rid}, only for {Systems}: take --engine onednn where oneDNN is installed.";
        }

        // The loader says what failed, then a line for every place that it tried; the reason is in the line of the file that exists.
        var lines = loader.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool IsTooOld(string line) => line.Contains("' not found", StringComparison.Ordinal);
        var reason = lines.FirstOrDefault(IsTooOld) ?? lines.Skip(1).FirstOrDefault(line => !line.Contains(OldCppLibrary.Library, StringComparison.Ordinal)
            || !line.Contains("cannot open", StringComparison.Ordinal)) ?? lines[0];
        return $"libtorch cannot be loaded ({reason.TrimEnd('.')}): " + (IsTooOld(reason)
            ? "it needs a C library and a C++ library at least as new as those of Debian 12, Ubuntu 22.04 or RHEL 10."
            : rid.StartsWith("win", StringComparison.Ordinal) ? "it needs the Microsoft Visual C++ Redistributable."
            : $"where a file of it is missing or damaged, delete {AppContext.BaseDirectory} and build again.");
    }
}
