using LibTorch.Interop;

namespace LibTorch;

/// <summary>
/// The system's libtorch in the part of TorchSharp's API that this project uses, under PyTorch's names: what is written against it
/// compiles against TorchSharp 0.107 too. Where libtorch cannot be used, everything here throws <see cref="TorchException"/> with
/// the sentence that <see cref="LibTorchLibrary.Check"/> returns.
/// </summary>
public static partial class torch
{
    /// <summary>How many threads one operator may use. With OpenMP the number is the calling thread's own.</summary>
    public static int get_num_threads()
    {
        LibTorchLibrary.Require(nameof(get_num_threads));
        return NativeMethods.lt_threads();
    }

    /// <summary>Sets how many threads one operator may use. With OpenMP the number is the calling thread's own.</summary>
    /// <param name="num">The number, at least 1.</param>
    public static void set_num_threads(int num)
    {
        LibTorchLibrary.Require(nameof(set_num_threads));
        NativeMethods.Check(NativeMethods.lt_set_threads(num), nameof(set_num_threads));
    }

    /// <summary>How many operators may run side by side.</summary>
    public static int get_num_interop_threads()
    {
        LibTorchLibrary.Require(nameof(get_num_interop_threads));
        return NativeMethods.lt_interop_threads();
    }

    /// <summary>Sets how many operators may run side by side; possible once, before the first of them ran.</summary>
    /// <param name="num">The number, at least 1.</param>
    public static void set_num_interop_threads(int num)
    {
        LibTorchLibrary.Require(nameof(set_num_interop_threads));
        NativeMethods.Check(NativeMethods.lt_set_interop_threads(num), nameof(set_num_interop_threads));
    }

    /// <summary>Seeds libtorch's generators, on every device.</summary>
    /// <param name="seed">The seed.</param>
    public static void manual_seed(long seed)
    {
        LibTorchLibrary.Require(nameof(manual_seed));
        NativeMethods.Check(NativeMethods.lt_manual_seed(seed), nameof(manual_seed));
    }

    /// <summary>Until disposed, nothing that this thread computes is recorded for gradients.</summary>
    /// <returns>What restores the mode that was.</returns>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Until disposed, what this thread computes is recorded for gradients, or is not.</summary>
    /// <param name="enabled">Whether it is.</param>
    /// <returns>What restores the mode that was.</returns>
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    /// <summary>Whether what this thread computes is recorded for gradients.</summary>
    public static bool is_grad_enabled()
    {
        LibTorchLibrary.Require(nameof(is_grad_enabled));
        return NativeMethods.lt_grad_mode() != 0;
    }

    private sealed class GradMode : IDisposable
    {
        private readonly bool _previous;
        private bool _restored;

        internal GradMode(bool enabled)
        {
            _previous = is_grad_enabled();
            NativeMethods.lt_set_grad_mode(enabled ? 1 : 0);
        }

        public void Dispose()
        {
            if (_restored)
                return;
            _restored = true;
            NativeMethods.lt_set_grad_mode(_previous ? 1 : 0);
        }
    }
}
