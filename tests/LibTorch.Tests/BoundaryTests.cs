using LibTorch.Interop;

namespace LibTorch.Tests;

public sealed class BoundaryTests
{
    [LibTorchFact]
    public void A_refusal_names_the_operation_and_quotes_libtorch()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<TorchException>(() => ones([2, 3]) + ones([4, 5]));
        Assert.Equal("aten::add.Tensor", exception.Operation);
        Assert.Contains("must match the size", exception.NativeText, StringComparison.Ordinal);
        Assert.StartsWith("aten::add.Tensor: ", exception.Message, StringComparison.Ordinal);
        Assert.Equal("backward", Assert.Throws<TorchException>(() => ones(3).sum().backward()).Operation);
    }

    [LibTorchFact]
    public void An_operator_that_does_not_exist_is_named()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<TorchException>(() => new Operator("aten::no_such_operator").Call(ones(1)));
        Assert.Equal("aten::no_such_operator", exception.Operation);
        Assert.Contains("no_such_operator", exception.NativeText, StringComparison.Ordinal);
    }

    [LibTorchFact]
    public void Too_many_or_too_few_arguments_are_refused()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        void Refused(string why, Func<object> call) =>
            Assert.Contains(why, Assert.Throws<TorchException>(call).NativeText, StringComparison.Ordinal);

        Refused("got 2 arguments", () => new Operator("aten::neg").Call(x, x));
        Refused("'other' is missing", () => new Operator("aten::mul", "Tensor").Call(x));
        Refused("1 results expected", () => new Operator("aten::max", "dim").Call(x, 0L));
    }

    [LibTorchFact]
    public void A_disposed_tensor_is_refused_before_it_is_used()
    {
        using var scope = NewDisposeScope();
        Tensor x = ones(2), disposed = ones(2);
        disposed.Dispose();
        disposed.Dispose();
        Assert.True(disposed.IsInvalid);
        Assert.Throws<ObjectDisposedException>(() => x + disposed);
        Assert.Throws<ObjectDisposedException>(() => cat([x, disposed]));
        Assert.Throws<ObjectDisposedException>(() => disposed.shape);
        Assert.Equal("disposed tensor", disposed.ToString());
        x.Dispose();
        Assert.True(x.IsInvalid);
    }

    [LibTorchFact]
    public void Threads_and_seed_can_be_set()
    {
        using var scope = NewDisposeScope();
        var before = get_num_threads();
        set_num_threads(1);
        Assert.Equal(1, get_num_threads());
        set_num_threads(before);
        Assert.True(get_num_interop_threads() > 0);
        Assert.Throws<TorchException>(() => set_num_threads(0));

        var random = new Operator("aten::rand");
        manual_seed(5);
        var first = random.Call(new long[] { 4 }, float64).data<double>().ToArray();
        manual_seed(5);
        Assert.Equal(first, random.Call(new long[] { 4 }, float64).data<double>().ToArray());
    }

    [LibTorchFact]
    public void The_library_knows_its_version_and_its_devices()
    {
        Assert.Matches(@"^\d+\.\d+", LibTorchLibrary.Version);
        Assert.Equal(cuda.device_count() > 0, cuda.is_available());
    }

    [Fact]
    public void A_missing_library_is_told_in_one_sentence()
    {
        if (LibTorchLibrary.Check() is not { } problem)
            return;
        Assert.EndsWith("build again.", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
        Assert.Contains(problem, Assert.Throws<TorchException>(() => ones(1)).Message, StringComparison.Ordinal);
        Assert.Contains(problem, Assert.Throws<TorchException>(() => get_num_threads()).Message, StringComparison.Ordinal);
    }
}
