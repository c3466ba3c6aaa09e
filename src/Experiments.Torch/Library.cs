namespace Experiments.Torch;

/// <summary>What depends on whose binding carries this engine: our own to the system's libtorch, or TorchSharp.</summary>
internal static class Library
{
#if TORCHSHARP
    private static readonly Lazy<string?> s_problem = new(() =>
    {
        try
        {
            InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or NotSupportedException or TypeInitializationException)
        {
            return $"libtorch cannot be loaded ({e.Message}): restore the package TorchSharp-cpu or TorchSharp-cuda-linux and build again.";
        }
    });

    /// <summary>Why libtorch cannot be used here, in one sentence; null where it can.</summary>
    internal static string? Problem => s_problem.Value;

    /// <summary>The library and its version, where there is no problem.</summary>
    internal static string Name => $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>How many tensors have not been disposed.</summary>
    internal static long LiveTensors => Tensor.TotalCount;
#else
    /// <summary>Why libtorch cannot be used here, in one sentence; null where it can.</summary>
    internal static string? Problem => LibTorchLibrary.Check();

    /// <summary>The library and its version, where there is no problem.</summary>
    internal static string Name => $"libtorch {LibTorchLibrary.Version}";

    /// <summary>How many tensors have not been disposed.</summary>
    internal static long LiveTensors => LibTorchLibrary.LiveTensors;
#endif

    /// <summary>Computes with so many threads from here on. OpenMP counts per calling thread, so every entry says it again.</summary>
    internal static void UseThreads(int threads)
    {
        if (get_num_threads() != threads)
            set_num_threads(threads);
    }
}
