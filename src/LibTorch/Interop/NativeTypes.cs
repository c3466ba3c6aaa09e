using System.Runtime.InteropServices;

namespace LibTorch.Interop;

/// <summary>What an argument of an operator holds: <c>lt_kind</c>.</summary>
internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    Ints = 5,
    Tensors = 6,
    Device = 7,
}

/// <summary>An argument of an operator as it crosses the boundary: <c>lt_value</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    internal ValueKind Kind;
    internal int Length;
    internal long Bits;
}

/// <summary>A tensor's description: <c>lt_tensor_info</c>. The pointers hold while the tensor is neither resized nor freed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorInfo
{
    internal long* Sizes;
    internal long* Strides;
    internal void* Data;
    internal long Elements;
    internal int Dimensions;
    internal int ElementType;
    internal int ElementSize;
    internal int DeviceType;
    internal int DeviceIndex;
    internal int IsContiguous;
    internal int RequiresGrad;
    internal int IsLeaf;
}
