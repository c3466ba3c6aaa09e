namespace LibTorch.Tests;

public sealed class ModuleTests
{
    [LibTorchFact]
    public void Components_are_known_by_their_fields_and_part_by_part()
    {
        using var net = new Pair();
        string[] parameters = ["first.weight", "first._shift", "second.weight", "second._shift"];
        Assert.Equal(parameters, net.named_parameters().Select(entry => entry.name));
        Assert.Equal(["count", "first.seen", "second.seen"], net.named_buffers().Select(entry => entry.name));
        Assert.Equal(["first", "second"], net.named_children().Select(entry => entry.name));
        Assert.Empty(net.named_parameters(recurse: false));
        Assert.Equal(4, net.parameters().Count());
    }

    [LibTorchFact]
    public void Training_mode_reaches_all_parts()
    {
        using var net = new Pair();
        Assert.True(net.training);
        net.eval();
        Assert.All(net.named_modules(), entry => Assert.False(entry.module.training));
        net.train();
        Assert.All(net.named_modules(), entry => Assert.True(entry.module.training));
    }

    [LibTorchFact]
    public void A_module_computes_and_its_parameters_get_gradients()
    {
        using var scope = NewDisposeScope();
        using var net = new Pair();
        Numbers.Same([(((3 * 2) + 1) * 2) + 1], net.call(full(1, 3, float64)).detach());
        net.forward(full(1, 3, float64)).sum().backward();
        Numbers.Same([6], net.named_parameters().First().parameter.grad!);
        net.zero_grad();
        Assert.All(net.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [LibTorchFact]
    public void A_disposed_module_has_disposed_all_of_its_tensors()
    {
        var net = new Pair();
        Tensor[] all = [.. net.parameters(), .. net.buffers()];
        net.Dispose();
        Assert.Equal(7, all.Length);
        Assert.All(all, each => Assert.True(each.IsInvalid));
    }

    [LibTorchFact]
    public void Names_are_unique_and_have_no_dot()
    {
        using var scope = NewDisposeScope();
        using var net = new Pair();
        Assert.Throws<InvalidOperationException>(() => net.register_buffer("count", ones(1)));
        using var other = new Affine();
        Assert.Throws<ArgumentException>(() => net.register_module("a.b", other));
    }

    private sealed class Affine : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter weight = nn.Parameter(full(1, 2, float64));
        private readonly Parameter _shift = nn.Parameter(ones(1, float64));

        internal Affine() : base(nameof(Affine))
        {
            register_buffer("seen", zeros(1, float64));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => (input * weight) + _shift;
    }

    private sealed class Pair : nn.Module<Tensor, Tensor>
    {
        private readonly Affine first = new();
        private readonly Affine second = new();
#pragma warning disable IDE0052 // The buffer is found by reflection.
        private readonly Tensor count = zeros(1, int64);
#pragma warning restore IDE0052

        internal Pair() : base(nameof(Pair)) => RegisterComponents();

        public override Tensor forward(Tensor input) => second.call(first.call(input));
    }
}
