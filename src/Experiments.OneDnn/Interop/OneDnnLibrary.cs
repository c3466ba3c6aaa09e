using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Interop;

/// <summary>Whether oneDNN can be used here, and which one it is.</summary>
internal static unsafe class OneDnnLibrary
{
    private const string WhatToInstall = "on Debian or Ubuntu, apt-get install libdnnl2 (or the newest libdnnl3 there is)";

    // The newest known version comes first; a build from source leaves the name without a version.
    private static readonly string[] s_files = ["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"];

    private static readonly Lazy<Loaded> s_loaded = new(Load);

    /// <summary>Why oneDNN cannot be used here, in one sentence that says what would help; null if it can.</summary>
    internal static string? Problem => s_loaded.Value.Problem;

    /// <summary>Name and version, for example <c>oneDNN 2.6.3</c>.</summary>
    internal static string Name => s_loaded.Value.Name;

    /// <summary>The calls that depend on the version, where there is no problem.</summary>
    internal static VersionedCalls Calls => s_loaded.Value.Calls ?? throw new InvalidOperationException(Problem);

    /// <summary>The threads that the library computes with, where there is no problem.</summary>
    internal static OpenMP.Functions OpenMP => s_loaded.Value.OpenMP ?? throw new InvalidOperationException(Problem);

    /// <summary>Judges a loaded library by its version and its threads.</summary>
    /// <param name="version">major.minor.patch.</param>
    /// <param name="runtime">What its threads are.</param>
    /// <returns>Why it cannot be used; null if it can.</returns>
    internal static string? Judge(Version version, CpuRuntime runtime) =>
        VersionedCalls.For(version.Major) is null
            ? $"oneDNN {version} is of a version that this program does not know (it knows 2 and 3): {WhatToInstall}."
        : runtime != CpuRuntime.OpenMP
            ? $"oneDNN {version} here computes with {runtime}, and this program needs one with OpenMP: {WhatToInstall}."
        : null;

    /// <summary>Loads the first library that can be used; else the first that was found, with its problem.</summary>
    private static Loaded Load()
    {
        Loaded? unfit = null;
        foreach (var file in s_files)
        {
            if (!NativeLibrary.TryLoad(file, out var library))
                continue;
            var loaded = Look(library);
            if (loaded.Problem is null)
            {
                NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == NativeMethods.Library ? library : 0);
                return loaded;
            }

            unfit ??= loaded;
        }

        return unfit ?? new Loaded($"oneDNN ({s_files[0]} or {s_files[1]}) is not installed: {WhatToInstall}.", "", null, null);
    }

    private static Loaded Look(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "dnnl_version", out var function))
            return new Loaded($"A library has oneDNN's name but is another: {WhatToInstall}.", "", null, null);
        var native = *((delegate* unmanaged<NativeVersion*>)function)();
        var version = new Version(native.Major, native.Minor, native.Patch);
        var openMP = Interop.OpenMP.Functions.In(library);
        var problem = Judge(version, native.CpuRuntime)
            ?? (openMP is null ? $"oneDNN {version} here computes with an OpenMP that this program does not know (it knows GNU's): {WhatToInstall}." : null);
        return new Loaded(problem, string.Create(CultureInfo.InvariantCulture, $"oneDNN {version}"), VersionedCalls.For(version.Major), openMP);
    }

    private sealed record Loaded(string? Problem, string Name, VersionedCalls? Calls, OpenMP.Functions? OpenMP);
}
