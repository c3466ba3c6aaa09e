namespace LibTorch.Tests;

public sealed class DisposeScopeTests
{
    [LibTorchFact]
    public void A_scope_disposes_what_was_made_in_it_and_not_what_was_moved_out()
    {
        Tensor inside, moved, detached;
        using (var outer = NewDisposeScope())
        {
            using (var inner = NewDisposeScope())
            {
                inside = ones(2);
                moved = ones(2).MoveToOuterDisposeScope();
                detached = ones(2).DetachFromDisposeScope();
                Assert.Equal(1, inner.DisposablesCount);
                Assert.Equal(1, outer.DisposablesCount);
            }

            Assert.True(inside.IsInvalid);
            Assert.False(moved.IsInvalid);
        }

        Assert.True(moved.IsInvalid);
        Assert.False(detached.IsInvalid);
        detached.Dispose();
    }

    [LibTorchFact]
    public void Without_an_outer_scope_moving_out_is_detaching()
    {
        Tensor moved;
        using (var scope = NewDisposeScope())
            moved = scope.MoveToOuter(ones(2));
        Assert.False(moved.IsInvalid);
        moved.Dispose();
    }

    [LibTorchFact]
    public void Tensors_leave_a_scope_in_any_order()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => full(1, i, float64)).ToArray();
        tensors[1].Dispose();
        tensors[4].DetachFromDisposeScope();
        tensors[0].Dispose();
        Assert.Equal(2, scope.DisposablesCount);
        Assert.Equal([2.0, 3], new[] { tensors[2].item<double>(), tensors[3].item<double>() });
        scope.DisposeEverything();
        Assert.True(tensors[2].IsInvalid && tensors[3].IsInvalid);
        Assert.Equal(4, tensors[4].item<double>());
        tensors[4].Dispose();
    }

    [LibTorchFact]
    public void Scopes_may_end_out_of_order()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        var made = ones(1);
        outer.Dispose();
        Assert.False(made.IsInvalid);
        var later = ones(1);
        inner.Dispose();
        Assert.True(made.IsInvalid && later.IsInvalid);
        using var free = ones(1);
        Assert.False(free.IsInvalid);
    }

    [LibTorchFact]
    public void A_parameter_takes_the_place_of_its_tensor()
    {
        using var scope = NewDisposeScope();
        var data = ones(2);
        var parameter = new Parameter(data);
        Assert.True(data.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
        Assert.True(parameter.requires_grad);
    }
}
