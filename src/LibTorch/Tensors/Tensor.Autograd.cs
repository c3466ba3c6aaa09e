using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator s_detach = new("aten::detach");
        private static readonly Operator s_detachInPlace = new("aten::detach_");

        private static readonly TensorHandle s_none = new();

        /// <summary>Whether gradients with respect to this tensor are wanted, or it was computed from one of which they are.</summary>
        public bool requires_grad
        {
            get => Describe().RequiresGrad != 0;
            set => NativeMethods.Check(NativeMethods.lt_tensor_set_requires_grad(Handle, value ? 1 : 0), nameof(requires_grad));
        }

        /// <summary>Whether the tensor was made, not computed from others that require gradients.</summary>
        public bool is_leaf => Describe().IsLeaf != 0;

        /// <summary>
        /// The sum of the gradients of all <see cref="backward()"/> so far; null where there was none. Every reading is a handle of
        /// its own to the same tensor. A gradient that is set is kept as it is, not copied: later passes add to its elements in
        /// place, wherever they lie, so it may be a view of a larger buffer.
        /// </summary>
        /// <exception cref="TorchException">A gradient is set whose shape, type or device is not the tensor's.</exception>
        public Tensor? grad
        {
            get
            {
                NativeMethods.Check(NativeMethods.lt_tensor_grad(Handle, out var handle), nameof(grad));
                return handle.IsInvalid ? null : new Tensor(handle);
            }

            set => NativeMethods.Check(NativeMethods.lt_tensor_set_grad(Handle, value?.Handle ?? s_none), nameof(grad));
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        /// <param name="requires_grad">Whether gradients are wanted.</param>
        /// <returns>This tensor.</returns>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>
        /// Adds the gradient of this tensor of one element to the <see cref="grad"/> of every leaf that it was computed from.
        /// </summary>
        public void backward() => Backward(s_none, false, false);

        /// <summary>Adds the gradient of this tensor to the <see cref="grad"/> of every leaf that it was computed from.</summary>
        /// <param name="grad_tensors">The one gradient that it starts from; null for a tensor of one element.</param>
        /// <param name="retain_graph">Whether what was recorded is kept for another pass.</param>
        /// <param name="create_graph">Whether this pass is recorded, for gradients of gradients.</param>
        /// <exception cref="ArgumentException">There is more than one gradient.</exception>
        public void backward(IList<Tensor>? grad_tensors, bool retain_graph = false, bool create_graph = false)
        {
            if (grad_tensors is { Count: not 1 })
                throw new ArgumentException($"{grad_tensors.Count} gradients for one tensor.", nameof(grad_tensors));
            Backward(grad_tensors?[0].Handle ?? s_none, retain_graph, create_graph);
        }

        /// <summary>The same elements, without the record of how they were computed.</summary>
        public Tensor detach() => s_detach.Call(this);

        /// <summary>Forgets how this tensor was computed.</summary>
        /// <returns>This tensor.</returns>
        public Tensor detach_() => s_detachInPlace.CallInPlace(this);

        /// <summary>A second handle to the same tensor, its gradient included; each is disposed for itself.</summary>
        public Tensor alias()
        {
            NativeMethods.Check(NativeMethods.lt_tensor_share(Handle, out var shared), nameof(alias));
            return new Tensor(shared);
        }

        private void Backward(TensorHandle gradient, bool retain, bool create) =>
            NativeMethods.Check(NativeMethods.lt_tensor_backward(Handle, gradient, retain ? 1 : 0, create ? 1 : 0), nameof(backward));
    }
}
