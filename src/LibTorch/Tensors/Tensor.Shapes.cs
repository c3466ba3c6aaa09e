using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    private static readonly Operator s_cat = new("aten::cat");
    private static readonly Operator s_stack = new("aten::stack");

    /// <summary>Joins tensors along a dimension that they have.</summary>
    /// <param name="tensors">The tensors, of equal sizes but for that dimension.</param>
    /// <param name="dim">The dimension.</param>
    public static Tensor cat(Tensor[] tensors, long dim = 0) => s_cat.Call(tensors, dim);

    /// <summary>Joins tensors along a dimension that they have.</summary>
    /// <param name="tensors">The tensors, of equal sizes but for that dimension.</param>
    /// <param name="dim">The dimension.</param>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);

    /// <summary>Joins tensors along a dimension that they have.</summary>
    /// <param name="tensors">The tensors, of equal sizes but for that dimension.</param>
    /// <param name="dim">The dimension.</param>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => cat([.. tensors], dim);

    /// <summary>Joins tensors of one shape along a new dimension.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="dim">Where the new dimension stands.</param>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => s_stack.Call(tensors.ToArray(), dim);

    public partial class Tensor
    {
        private static readonly Operator s_view = new("aten::view");
        private static readonly Operator s_reshape = new("aten::reshape");
        private static readonly Operator s_narrow = new("aten::narrow");
        private static readonly Operator s_slice = new("aten::slice", "Tensor");
        private static readonly Operator s_permute = new("aten::permute");
        private static readonly Operator s_transpose = new("aten::transpose", "int");
        private static readonly Operator s_expand = new("aten::expand");
        private static readonly Operator s_unsqueeze = new("aten::unsqueeze");
        private static readonly Operator s_squeeze = new("aten::squeeze");
        private static readonly Operator s_squeezeOne = new("aten::squeeze", "dim");
        private static readonly Operator s_flatten = new("aten::flatten", "using_ints");
        private static readonly Operator s_contiguous = new("aten::contiguous");
        private static readonly Operator s_clone = new("aten::clone");
        private static readonly Operator s_copyInPlace = new("aten::copy_");
        private static readonly Operator s_zeroInPlace = new("aten::zero_");
        private static readonly Operator s_fillInPlace = new("aten::fill_", "Scalar");
        private static readonly Operator s_toType = new("aten::to", "dtype");
        private static readonly Operator s_toDevice = new("aten::to", "device");

        /// <summary>The same elements in another shape, without a copy.</summary>
        /// <param name="shape">The shape; one size may be -1, what is left.</param>
        /// <exception cref="TorchException">The elements do not fit the shape, or lie so that only a copy could.</exception>
        public Tensor view(params long[] shape) => s_view.Call(this, shape);

        /// <summary>The same elements in another shape, copied only where a view is not possible.</summary>
        /// <param name="shape">The shape; one size may be -1, what is left.</param>
        public Tensor reshape(params long[] shape) => s_reshape.Call(this, shape);

        /// <summary>A view of a part of one dimension.</summary>
        /// <param name="dim">The dimension.</param>
        /// <param name="start">Where the part begins.</param>
        /// <param name="length">How long it is.</param>
        public Tensor narrow(long dim, long start, long length) => s_narrow.Call(this, dim, start, length);

        /// <summary>A view of every <paramref name="step"/>-th place of a part of one dimension.</summary>
        /// <param name="dim">The dimension.</param>
        /// <param name="start">Where the part begins.</param>
        /// <param name="finish">Where it ends; this place is not in it.</param>
        /// <param name="step">The distance between places.</param>
        public Tensor slice(long dim, long start, long finish, long step) => s_slice.Call(this, dim, start, finish, step);

        /// <summary>A view with the dimensions in another order.</summary>
        /// <param name="permutation">For each new dimension, the old one that stands there.</param>
        public Tensor permute(params long[] permutation) => s_permute.Call(this, permutation);

        /// <summary>A view with two dimensions exchanged.</summary>
        /// <param name="dim0">One.</param>
        /// <param name="dim1">The other.</param>
        public Tensor transpose(long dim0, long dim1) => s_transpose.Call(this, dim0, dim1);

        /// <summary>A view in which dimensions of size 1 are repeated.</summary>
        /// <param name="sizes">The new sizes; -1 leaves a size as it is.</param>
        public Tensor expand(params long[] sizes) => s_expand.Call(this, sizes);

        /// <summary>A view in which dimensions of size 1 are repeated.</summary>
        /// <param name="sizes">The new sizes; -1 leaves a size as it is.</param>
        /// <param name="isImplicit">Whether it counts as broadcasting for the tracer.</param>
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => s_expand.Call(this, sizes.ToArray(), isImplicit);

        /// <summary>A view with another tensor's shape, in which dimensions of size 1 are repeated.</summary>
        /// <param name="other">The other tensor.</param>
        public Tensor expand_as(Tensor other) => expand(other.shape);

        /// <summary>A view with one more dimension, of size 1.</summary>
        /// <param name="dim">Where it stands.</param>
        public Tensor unsqueeze(long dim) => s_unsqueeze.Call(this, dim);

        /// <summary>A view without dimensions of size 1.</summary>
        /// <param name="dim">The one to leave out, where its size is 1; null is all.</param>
        public Tensor squeeze(long? dim = null) => dim is { } one ? s_squeezeOne.Call(this, one) : s_squeeze.Call(this);

        /// <summary>The same elements with several dimensions made one.</summary>
        /// <param name="start_dim">The first of them.</param>
        /// <param name="end_dim">The last of them.</param>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => s_flatten.Call(this, start_dim, end_dim);

        /// <summary>The same elements lying one after the other; the tensor itself where they do.</summary>
        public Tensor contiguous() => s_contiguous.Call(this);

        /// <summary>A copy, through which gradients pass.</summary>
        public Tensor clone() => s_clone.Call(this);

        /// <summary>Overwrites this tensor with another's elements, converting type and device.</summary>
        /// <param name="source">The other tensor, broadcast to this one's shape.</param>
        /// <param name="nonBlocking">Whether a copy between devices may go on after the return.</param>
        /// <returns>This tensor.</returns>
        public Tensor copy_(Tensor source, bool nonBlocking = false) => s_copyInPlace.CallInPlace(this, source, nonBlocking);

        /// <summary>Sets every element to 0.</summary>
        /// <returns>This tensor.</returns>
        public Tensor zero_() => s_zeroInPlace.CallInPlace(this);

        /// <summary>Sets every element to one number.</summary>
        /// <param name="value">The number.</param>
        /// <returns>This tensor.</returns>
        public Tensor fill_(Scalar value) => s_fillInPlace.CallInPlace(this, value);

        /// <summary>The tensor in another element type.</summary>
        /// <param name="type">The type.</param>
        /// <param name="copy">Whether to copy even where it is of that type.</param>
        /// <param name="disposeAfter">Whether to dispose this tensor.</param>
        /// <param name="non_blocking">Whether a copy between devices may go on after the return.</param>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(s_toType.Call(this, type, non_blocking, copy), disposeAfter);

        /// <summary>The tensor on another device.</summary>
        /// <param name="device">The device.</param>
        /// <param name="copy">Whether to copy even where it is there.</param>
        /// <param name="disposeAfter">Whether to dispose this tensor.</param>
        /// <param name="non_blocking">Whether the copy may go on after the return.</param>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        /// <summary>The tensor in another element type, on another device.</summary>
        /// <param name="type">The type.</param>
        /// <param name="device">The device.</param>
        /// <param name="copy">Whether to copy even where it is so.</param>
        /// <param name="disposeAfter">Whether to dispose this tensor.</param>
        /// <param name="non_blocking">Whether the copy may go on after the return.</param>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(s_toDevice.Call(this, device, type, non_blocking, copy), disposeAfter);

        /// <summary>The tensor on the processor; itself where it is there.</summary>
        public Tensor cpu() => to(CPU);

        private Tensor After(Tensor result, bool disposeThis)
        {
            if (disposeThis)
                Dispose();
            return result;
        }
    }
}
