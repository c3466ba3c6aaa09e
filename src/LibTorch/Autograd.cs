using System.Runtime.InteropServices;
using System.Text;
using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    /// <summary>Functions with a gradient of their own.</summary>
    public static unsafe class autograd
    {
        /// <summary>What a function keeps from its forward pass for its backward pass.</summary>
        public sealed class AutogradContext
        {
            private readonly Dictionary<string, object?> _data = [];
            private List<Tensor?> _saved = [];

            internal AutogradContext(Func<AutogradContext, Tensor, List<Tensor?>> backward, bool[] isTensor) =>
                (Backward, IsTensor) = (backward, isTensor);

            internal Func<AutogradContext, Tensor, List<Tensor?>> Backward { get; }

            /// <summary>Which arguments of the function are tensors, and so have a gradient.</summary>
            internal bool[] IsTensor { get; }

            /// <summary>Keeps tensors for the backward pass; called at most once, and not with the function's result.</summary>
            /// <param name="tensors">The tensors, which may be null.</param>
            public void save_for_backward(List<Tensor?> tensors) => _saved = tensors;

            /// <summary>The tensors that were kept, in the same order, each as a handle of its own.</summary>
            public List<Tensor?> get_saved_variables() => _saved.ConvertAll(tensor => tensor?.alias());

            /// <summary>Keeps something that is not a tensor.</summary>
            /// <param name="key">Its name.</param>
            /// <param name="value">The thing.</param>
            public void save_data(string key, object? value) => _data[key] = value;

            /// <summary>What was kept under a name; null where nothing was.</summary>
            /// <param name="key">The name.</param>
            public object? get_data(string key) => _data.GetValueOrDefault(key);

            /// <summary>Makes what is kept outlive the forward pass's scope.</summary>
            internal void Keep() => _saved = _saved.ConvertAll(tensor => tensor?.alias().DetachFromDisposeScope());

            internal void Release()
            {
                foreach (var tensor in _saved)
                    tensor?.Dispose();
            }
        }

        /// <summary>A function of tensors, with one result, whose gradient is written out and not derived from its operations.</summary>
        /// <typeparam name="T">The function itself.</typeparam>
        public abstract class SingleTensorFunction<T> where T : SingleTensorFunction<T>, new()
        {
            private static readonly T s_instance = new();

            /// <summary>Its name, for messages.</summary>
            public abstract string Name { get; }

#pragma warning disable CA1000 // A static member of a generic type: as TorchSharp has it.
            /// <summary>Computes the function such that gradients can be computed from the result.</summary>
            /// <param name="vars">Its arguments, tensors and others.</param>
            public static Tensor apply(params object?[] vars)
#pragma warning restore CA1000
            {
                var isTensor = Array.ConvertAll(vars, argument => argument is Tensor);
                var context = new AutogradContext(s_instance.backward, isTensor);
                var records = is_grad_enabled() && vars.Any(argument => argument is Tensor { requires_grad: true });
                Tensor result;
                using (no_grad())
                    result = s_instance.forward(context, vars);
                if (!records)
                    return result;
                context.Keep();
                return Record(result, context, vars);
            }

            /// <summary>Computes the result. Nothing is recorded meanwhile.</summary>
            /// <param name="ctx">Keeps what the backward pass needs.</param>
            /// <param name="vars">The arguments.</param>
            public abstract Tensor forward(AutogradContext ctx, params object?[] vars);

            /// <summary>Computes the gradients of the arguments.</summary>
            /// <param name="ctx">Has what the forward pass kept.</param>
            /// <param name="grad_output">The gradient of the result.</param>
            /// <returns>As many as there are arguments; null where there is none.</returns>
            public abstract List<Tensor?> backward(AutogradContext ctx, Tensor grad_output);

            private static Tensor Record(Tensor result, AutogradContext context, object?[] vars)
            {
                var inputs = vars.OfType<Tensor>().ToArray();
                var handles = stackalloc nint[inputs.Length];
                for (var i = 0; i < inputs.Length; i++)
                {
                    ObjectDisposedException.ThrowIf(inputs[i].IsInvalid, inputs[i]);
                    handles[i] = inputs[i].Handle.DangerousGetHandle();
                }

                var state = GCHandle.ToIntPtr(GCHandle.Alloc(context));
                var status = NativeMethods.lt_function_record(result.Handle, handles, inputs.Length, &Backward, &Release, state, out var recorded);
                GC.KeepAlive(vars);
                NativeMethods.Check(status, s_instance.Name);
                return new Tensor(recorded);
            }
        }

        [UnmanagedCallersOnly]
        private static int Backward(nint state, nint gradient, nint* gradients, int count, byte* reason, int capacity)
        {
            try
            {
                using var scope = NewDisposeScope();
                var context = (AutogradContext)GCHandle.FromIntPtr(state).Target!;
                var results = context.Backward(context, new Tensor(new TensorHandle(gradient)));
                if (results.Count != context.IsTensor.Length)
                    throw new InvalidOperationException($"{results.Count} gradients for {context.IsTensor.Length} arguments.");
                // Handles of their own for the other side, which frees them: what is returned may be kept elsewhere, too.
                var next = 0;
                foreach (var (result, isTensor) in results.Zip(context.IsTensor))
                {
                    if (isTensor)
                        gradients[next++] = result?.alias().Handle.Give() ?? 0;
                }

                return 0;
            }
            catch (Exception exception)
            {
                for (var i = 0; i < count; i++)
                {
                    if (gradients[i] != 0)
                        NativeMethods.lt_tensor_free(gradients[i]);
                    gradients[i] = 0;
                }

                // Cut off where it is too long, in the middle of a character if need be; nothing may be thrown from here.
                var text = Encoding.UTF8.GetBytes($"{exception.Message}\0");
                var fitting = Math.Min(text.Length, capacity);
                text.AsSpan(0, fitting).CopyTo(new Span<byte>(reason, fitting));
                reason[capacity - 1] = 0;
                return 1;
            }
        }

        [UnmanagedCallersOnly]
        private static void Release(nint state)
        {
            var handle = GCHandle.FromIntPtr(state);
            ((AutogradContext)handle.Target!).Release();
            handle.Free();
        }
    }
}
