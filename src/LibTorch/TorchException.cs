using System.Runtime.InteropServices;

namespace LibTorch;

/// <summary>What libtorch refused, and why. Derived from <see cref="ExternalException"/>, which TorchSharp throws.</summary>
public sealed class TorchException : ExternalException
{
    /// <summary>Describes a failed operation.</summary>
    /// <param name="operation">The operation, as libtorch names it.</param>
    /// <param name="nativeText">libtorch's own words.</param>
    public TorchException(string operation, string nativeText) : base($"{operation}: {nativeText.TrimEnd()}")
    {
        Operation = operation;
        NativeText = nativeText;
    }

    /// <summary>The operation that failed, for example <c>aten::add.Tensor</c>.</summary>
    public string Operation { get; }

    /// <summary>The reason in libtorch's own words.</summary>
    public string NativeText { get; }
}
