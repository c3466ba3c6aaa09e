using System.Runtime.InteropServices;
using LibTorch.Interop;

namespace LibTorch;

/// <summary>Whether libtorch can be used here, and which one it is.</summary>
public static class LibTorchLibrary
{
    private const string FileName = $"lib{NativeMethods.Library}.so";
    private const string WhatToInstall = "on Debian, apt-get install libtorch-dev g++, then build again.";

    private static readonly Lazy<string?> s_problem = new(Load);

    /// <summary>Says in one sentence why libtorch cannot be used and what to do about it; null where it can.</summary>
    /// <returns>The sentence, or null.</returns>
    public static string? Check() => s_problem.Value;

    /// <summary>The version of libtorch that the binding was built against, for example 1.13.0.</summary>
    /// <exception cref="TorchException">libtorch cannot be used.</exception>
    public static unsafe string Version
    {
        get
        {
            Require(nameof(Version));
            return Marshal.PtrToStringUTF8((nint)NativeMethods.lt_libtorch_version())!;
        }
    }

    /// <summary>How many native tensor handles are held: those of tensors not yet disposed.</summary>
    /// <exception cref="TorchException">libtorch cannot be used.</exception>
    public static long LiveTensors
    {
        get
        {
            Require(nameof(LiveTensors));
            return NativeMethods.lt_live_tensors();
        }
    }

    internal static void Require(string operation)
    {
        if (Check() is { } problem)
            throw new TorchException(operation, problem);
    }

    private static string? Load()
    {
        var path = Path.Combine(AppContext.BaseDirectory, FileName);
        if (!File.Exists(path))
            return $"The library that joins this program to libtorch ({FileName}) was not built: {WhatToInstall}";
        try
        {
            NativeLibrary.Load(path);
            return NativeMethods.lt_interface() == NativeMethods.Interface
                ? null
                : $"{FileName} is left over from another version of this program: build again.";
        }
        catch (DllNotFoundException exception)
        {
            return $"libtorch, or a library that it needs, cannot be loaded ({Reason(exception)}): {WhatToInstall}";
        }
        catch (EntryPointNotFoundException)
        {
            return $"{FileName} is not this program's: build again.";
        }
    }

    /// <summary>The loader's own line of .NET's longer text, for example which file is missing.</summary>
    private static string Reason(DllNotFoundException exception) =>
        exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[^1];
}
