using System.Globalization;
using LibTorch.Interop;
using LibTorch.Utils;

namespace LibTorch;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. Its memory is native: dispose it, or let a <see cref="DisposeScope"/> do so. Several tensors may share
    /// elements, as views do.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        internal Tensor(TensorHandle handle)
        {
            Handle = handle;
            DisposeScope.Register(this);
        }

        /// <summary>Takes the place of another tensor, in its scope too; that one is left empty.</summary>
        internal Tensor(Tensor original)
        {
            Handle = original.Handle;
            var scope = original.OwningDisposeScope;
            scope?.Detach(original);
            scope?.Attach(this);
            original.Handle = new TensorHandle();
        }

        internal TensorHandle Handle { get; private set; }

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Where the tensor stands in its scope's list.</summary>
        internal int ScopeIndex { get; set; }

        /// <summary>Whether the tensor was disposed, or given up to a <see cref="Modules.Parameter"/>.</summary>
        public bool IsInvalid => Handle.IsClosed || Handle.IsInvalid;

        /// <summary>The size of every dimension.</summary>
        public unsafe long[] shape
        {
            get
            {
                var info = Describe();
                var sizes = new ReadOnlySpan<long>(info.Sizes, info.Dimensions).ToArray();
                GC.KeepAlive(Handle);
                return sizes;
            }
        }

        /// <summary>The type of the elements.</summary>
        public ScalarType dtype => (ScalarType)Describe().ElementType;

        /// <summary>Where the tensor lies.</summary>
        public Device device
        {
            get
            {
                var info = Describe();
                return info.DeviceType == (int)DeviceType.CPU ? CPU : new Device((DeviceType)info.DeviceType, info.DeviceIndex);
            }
        }

        /// <summary>The kind of device that the tensor lies on.</summary>
        public DeviceType device_type => (DeviceType)Describe().DeviceType;

        /// <summary>How many dimensions there are.</summary>
        public long ndim => Describe().Dimensions;

        /// <summary>How many dimensions there are.</summary>
        public long dim() => ndim;

        /// <summary>How many elements there are.</summary>
        public long numel() => Describe().Elements;

        /// <summary>The size of one dimension.</summary>
        /// <param name="dim">Its number; negative numbers count from the end.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
        public unsafe long size(int dim)
        {
            var info = Describe();
            var index = dim < 0 ? dim + info.Dimensions : dim;
            if (index < 0 || index >= info.Dimensions)
                throw new ArgumentOutOfRangeException(nameof(dim), dim, $"The tensor has {info.Dimensions} dimensions.");
            var size = info.Sizes[index];
            GC.KeepAlive(Handle);
            return size;
        }

        /// <summary>Whether the elements lie in memory one after the other, the last dimension's closest.</summary>
        public bool is_contiguous() => Describe().IsContiguous != 0;

        /// <summary>
        /// The memory of a contiguous tensor on the processor, to read and to write. Valid while the tensor is.
        /// </summary>
        /// <exception cref="InvalidOperationException">The tensor is not contiguous, not on the processor, or larger than 2 GB.</exception>
        public unsafe Span<byte> bytes
        {
            get
            {
                var info = Describe();
                if (info.IsContiguous == 0)
                    throw new InvalidOperationException("The elements do not lie one after the other; take contiguous() first.");
                if (info.DeviceType != (int)DeviceType.CPU)
                    throw new InvalidOperationException($"The tensor lies on {device}; take cpu() first.");
                var length = info.Elements * info.ElementSize;
                return length <= int.MaxValue
                    ? new Span<byte>(info.Data, (int)length)
                    : throw new InvalidOperationException($"{length} bytes do not fit one span.");
            }
        }

        /// <summary>The elements, to read and to write; of a tensor on another device a copy, to read.</summary>
        /// <typeparam name="T">The C# type of <see cref="dtype"/>.</typeparam>
        /// <exception cref="ArgumentException">The elements are of another type.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            Expect<T>(Describe());
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The one element of a tensor that has one.</summary>
        /// <typeparam name="T">The C# type of <see cref="dtype"/>.</typeparam>
        /// <exception cref="ArgumentException">There are more or fewer elements, or of another type.</exception>
        public unsafe T item<T>() where T : unmanaged
        {
            var info = Describe();
            Expect<T>(info);
            if (info.Elements != 1)
                throw new ArgumentException($"The tensor has {info.Elements} elements, not one.");
            if (info.DeviceType != (int)DeviceType.CPU)
            {
                using var here = cpu();
                return here.item<T>();
            }

            var value = *(T*)info.Data;
            GC.KeepAlive(Handle);
            return value;
        }

        /// <summary>Moves the tensor from its scope to the one around that; where there is none, to no scope.</summary>
        /// <returns>This tensor.</returns>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of its scope: from now on it is the caller's to dispose.</summary>
        /// <returns>This tensor.</returns>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Gives the native tensor up.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Gives the native tensor up.</summary>
        /// <param name="disposing">Whether this is not a finalizer; there is none.</param>
        protected virtual void Dispose(bool disposing)
        {
            OwningDisposeScope?.Detach(this);
            Handle.Dispose();
        }

        /// <inheritdoc/>
        public override string ToString()
        {
            if (IsInvalid)
                return "disposed tensor";
            var sizes = shape.Select(size => size.ToString(CultureInfo.InvariantCulture));
            return $"[{string.Join(", ", sizes)}] {dtype} on {device}";
        }

        internal TensorInfo Describe()
        {
            NativeMethods.Check(NativeMethods.lt_tensor_describe(Handle, out var info), "describe");
            return info;
        }

        private static void Expect<T>(in TensorInfo info) where T : unmanaged
        {
            if (TypeOf<T>() != (ScalarType)info.ElementType)
                throw new ArgumentException($"The elements are {(ScalarType)info.ElementType}, not {typeof(T).Name}.");
        }
    }
}
