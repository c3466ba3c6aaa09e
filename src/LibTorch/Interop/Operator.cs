using System.Runtime.CompilerServices;
using static LibTorch.torch;

namespace LibTorch.Interop;

/// <summary>
/// One of libtorch's operators, found by its schema's name at its first call. A call costs one crossing of the boundary and
/// allocates nothing but its results.
/// </summary>
internal sealed unsafe class Operator(string name, string overload = "")
{
    /// <summary>Lists of integers and tensors up to this total length travel on the stack.</summary>
    private const int StackWords = 32;

    /// <summary>Lives as long as the process, so there is nothing to free.</summary>
    private nint _native;

    internal string Name { get; } = overload.Length == 0 ? name : $"{name}.{overload}";

    /// <summary>Calls the operator for its one result. Arguments left out at the end take the schema's defaults.</summary>
    internal Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        nint result;
        Invoke(arguments, &result, 1);
        return new Tensor(new TensorHandle(result));
    }

    /// <summary>Calls an operator that has two results.</summary>
    internal (Tensor First, Tensor Second) CallForTwo(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc nint[2];
        Invoke(arguments, results, 2);
        return (new Tensor(new TensorHandle(results[0])), new Tensor(new TensorHandle(results[1])));
    }

    /// <summary>Calls an operator that changes its first argument in place; the result, that argument again, is dropped.</summary>
    internal Tensor CallInPlace(Tensor target, params ReadOnlySpan<Argument> rest)
    {
        Span<Argument> arguments = [default, default, default, default, default];
        arguments[0] = target;
        rest.CopyTo(arguments[1..]);
        Invoke(arguments[..(rest.Length + 1)], null, 0);
        return target;
    }

    [SkipLocalsInit]
    private void Invoke(ReadOnlySpan<Argument> arguments, nint* results, int capacity)
    {
        if (_native == 0)
            _native = Find();

        var words = 0;
        foreach (ref readonly var argument in arguments)
        {
            if (argument.Kind is ValueKind.Ints or ValueKind.Tensors)
                words += argument.Length;
        }

        Span<long> lists = words <= StackWords ? stackalloc long[StackWords] : GC.AllocateUninitializedArray<long>(words, pinned: true);
        var values = stackalloc NativeValue[arguments.Length];
        var held = 0;
        fixed (long* firstWord = lists)
        {
            try
            {
                var word = firstWord;
                for (; held < arguments.Length; held++)
                    Hold(arguments[held], ref values[held], ref word);
                NativeMethods.Check(NativeMethods.lt_call(_native, values, arguments.Length, results, capacity), Name);
            }
            finally
            {
                foreach (ref readonly var argument in arguments[..held])
                    Release(argument);
            }
        }
    }

    /// <summary>Writes an argument for the native side, its list to <paramref name="word"/> and on, and keeps its tensors alive.</summary>
    private static void Hold(in Argument argument, ref NativeValue value, ref long* word)
    {
        value.Kind = argument.Kind;
        value.Length = argument.Length;
        switch (argument.Reference)
        {
            case Tensor tensor:
                value.Bits = Hold(tensor);
                break;
            case Tensor[] tensors:
                // All are looked at before the first is held: an argument is held whole or not at all.
                foreach (var tensor in tensors)
                    ObjectDisposedException.ThrowIf(tensor.Handle.IsClosed, tensor);
                value.Bits = (long)word;
                foreach (var tensor in tensors)
                    *word++ = Hold(tensor);
                break;
            case long[] integers:
                value.Bits = (long)word;
                foreach (var integer in integers)
                    *word++ = integer;
                break;
            default:
                value.Bits = argument.Bits;
                if (argument.Kind == ValueKind.Ints)
                {
                    value.Bits = (long)word;
                    *word++ = argument.Bits;
                }

                break;
        }
    }

    private static nint Hold(Tensor tensor)
    {
        var added = false;
        tensor.Handle.DangerousAddRef(ref added);
        return tensor.Handle.DangerousGetHandle();
    }

    private static void Release(in Argument argument)
    {
        if (argument.Reference is Tensor tensor)
            tensor.Handle.DangerousRelease();
        else if (argument.Reference is Tensor[] tensors)
            foreach (var each in tensors)
                each.Handle.DangerousRelease();
    }

    private nint Find()
    {
        LibTorchLibrary.Require(Name);
        NativeMethods.Check(NativeMethods.lt_operator_find(name, overload, out var found), Name);
        return found;
    }
}
