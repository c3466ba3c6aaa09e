namespace LibTorch.Tests;

[Collection(nameof(HandleTests))]
public sealed class AutogradFunctionTests
{
    /// <summary>a * b^2 + c, with c optional and a number beside the tensors.</summary>
    private sealed class Product : autograd.SingleTensorFunction<Product>
    {
        public override string Name => nameof(Product);

        public override Tensor forward(autograd.AutogradContext ctx, params object?[] vars)
        {
            var (a, b, factor, c) = ((Tensor)vars[0]!, (Tensor)vars[1]!, (double)vars[2]!, (Tensor?)vars[3]);
            Assert.False(is_grad_enabled());
            ctx.save_for_backward([a, b, null]);
            ctx.save_data("factor", factor);
            ctx.save_data("shift", c is not null);
            var y = a * b.square() * factor;
            return c is null ? y : y.add_(c);
        }

        public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var (a, b, factor) = (saved[0]!, saved[1]!, (double)ctx.get_data("factor")!);
            Assert.Null(saved[2]);
            var da = grad_output * b.square() * factor;
            var db = (grad_output * a * b * (2 * factor)).sum([0L]);
            return [da.MoveToOuterDisposeScope(), db.MoveToOuterDisposeScope(), null, ctx.get_data("shift") is true ? grad_output : null];
        }
    }

    private sealed class Failing : autograd.SingleTensorFunction<Failing>
    {
        public override string Name => nameof(Failing);

        public override Tensor forward(autograd.AutogradContext ctx, params object?[] vars) => ((Tensor)vars[0]!) * 2;

        public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            throw new InvalidOperationException("no gradient of this: ∂ is too hard");
    }

    private sealed class Short : autograd.SingleTensorFunction<Short>
    {
        public override string Name => nameof(Short);

        public override Tensor forward(autograd.AutogradContext ctx, params object?[] vars) => ((Tensor)vars[0]!) + (Tensor)vars[1]!;

        public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output];
    }

    [LibTorchFact]
    public void A_functions_own_gradient_takes_part_in_the_backward_pass()
    {
        using var scope = NewDisposeScope();
        Tensor a = Numbers.Varied([2, 3], 1, true), b = Numbers.Varied([3], 2, true), c = Numbers.Varied([2, 3], 3, true);
        Numbers.GradientsAgree(x => Product.apply(x[0] * 2, x[1], 1.5, x[2]).relu_() + x[0], a, b, c);
        Numbers.GradientsAgree(x => Product.apply(x[0], x[1], 0.5, null), a, b);
    }

    [LibTorchFact]
    public void Nothing_is_recorded_where_no_gradient_is_wanted()
    {
        using var scope = NewDisposeScope();
        Tensor a = Numbers.Varied([2, 3], 1), b = Numbers.Varied([3], 2);
        Assert.False(Product.apply(a, b, 1.0, null).requires_grad);
        b.requires_grad = true;
        Assert.True(Product.apply(a, b, 1.0, null).requires_grad);
        using (no_grad())
            Assert.False(Product.apply(a, b, 1.0, null).requires_grad);
    }

    [LibTorchFact]
    public void What_a_gradient_throws_reaches_the_caller_of_backward_in_words()
    {
        using var scope = NewDisposeScope();
        var a = Numbers.Varied([3], 1, true);
        var thrown = Assert.Throws<TorchException>(() => Failing.apply(a).sum().backward());
        Assert.Contains("no gradient of this: ∂ is too hard", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("1 gradients for 2 arguments", Assert.Throws<TorchException>(() => Short.apply(a, a).sum().backward()).Message, StringComparison.Ordinal);
    }

    [LibTorchFact]
    public void A_second_pass_needs_the_graph_kept()
    {
        using var scope = NewDisposeScope();
        Tensor a = Numbers.Varied([2, 3], 1, true), b = Numbers.Varied([3], 2, true);
        var y = Product.apply(a, b, 1.0, null);
        y.backward([ones_like(y)], retain_graph: true);
        var once = a.grad!.clone();
        y.backward([ones_like(y)]);
        Numbers.Same((once * 2).data<double>().ToArray(), a.grad!);
        Assert.Contains("retain_graph", Assert.Throws<TorchException>(() => y.backward([ones_like(y)])).Message, StringComparison.Ordinal);
    }

    [LibTorchFact]
    public void What_a_function_keeps_is_freed_with_the_pass_or_with_the_result()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = LibTorchLibrary.LiveTensors;
        using (NewDisposeScope())
        {
            Tensor a = Numbers.Varied([2, 3], 1, true), b = Numbers.Varied([3], 2, true);
            var ready = LibTorchLibrary.LiveTensors;
            using (NewDisposeScope())
                Product.apply(a, b, 1.0, null).sum().backward();
            using (NewDisposeScope())
                Product.apply(a, b, 1.0, null);
            using (NewDisposeScope())
                Assert.Throws<TorchException>(() => Failing.apply(a).sum().backward());
            using (NewDisposeScope())
                Assert.Throws<TorchException>(() => Short.apply(a, b).sum().backward());
            Assert.Equal(ready, LibTorchLibrary.LiveTensors);
        }

        Assert.Equal(before, LibTorchLibrary.LiveTensors);
    }
}
