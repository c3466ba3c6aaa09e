namespace LibTorch.Tests;

public sealed class AutogradTests
{
    [LibTorchFact]
    public void Gradients_agree_with_central_differences()
    {
        using var scope = NewDisposeScope();
        Tensor a = Numbers.Varied([2, 3, 5], 1, true), b = Numbers.Varied([3, 1], 2, true);
        Numbers.GradientsAgree(x => (x[0] * x[1]) + (x[0].square() / (x[1].square() + 1)), a, b);
        Numbers.GradientsAgree(
            x =>
            {
                var (variance, mean) = x[0].var_mean([0, 2], unbiased: false, keepdim: true);
                return ((x[0] - mean) * (variance + 1e-5).rsqrt() * x[1]) + mean.expand_as(x[0]);
            },
            a,
            b);
        Numbers.GradientsAgree(x => cat([x[0].narrow(2, 1, 2), x[0].relu().slice(2, 0, 5, 2)], 2).permute(2, 0, 1).sum(1), a);
    }

    [LibTorchFact]
    public void Gradients_of_the_functions_of_a_network_agree_with_central_differences()
    {
        using var scope = NewDisposeScope();
        var x = Numbers.Varied([2, 3, 7, 6], 1, true);
        var weight = Numbers.Varied([4, 3, 3, 3], 2, true);
        var bias = Numbers.Varied([4], 3, true);
        var gamma = Numbers.Varied([3], 4, true);
        var labels = tensor([3L, 0]);
        Numbers.GradientsAgree(t => nn.functional.conv2d(t[0], t[1], t[2], strides: [2, 1], padding: [1, 1]), x, weight, bias);
        Numbers.GradientsAgree(t => nn.functional.linear(t[0].flatten(1).narrow(1, 0, 27), t[1].flatten(1), t[2]), x, weight, bias);
        Numbers.GradientsAgree(t => nn.functional.avg_pool2d(nn.functional.pad(t[0], (1, 0, 2, 0)), 2), x);
        Numbers.GradientsAgree(t => nn.functional.max_pool2d(t[0], 2) + nn.functional.adaptive_avg_pool2d(t[0], 1), x);
        Numbers.GradientsAgree(t => nn.functional.batch_norm(t[0], null, null, t[1], null, training: true), x, gamma);
        Numbers.GradientsAgree(t => nn.functional.group_norm(t[0], 3, t[1]) + nn.functional.layer_norm(t[0], [7, 6]), x, gamma);
        Numbers.GradientsAgree(t => nn.functional.instance_norm(t[0], weight: t[1]), x, gamma);
        Numbers.GradientsAgree(t => nn.functional.cross_entropy(t[0].flatten(2).mean([1]), labels, reduction: nn.Reduction.None), x);
    }

    [LibTorchFact]
    public void Cross_entropy_is_the_mean_of_minus_log_softmax()
    {
        using var scope = NewDisposeScope();
        var logits = Numbers.Varied(6);
        long[] labels = [2, 0];
        var losses = labels.Select((label, n) =>
        {
            var row = logits.Skip(3 * n).Take(3).ToArray();
            return Math.Log(row.Sum(Math.Exp)) - row[label];
        }).ToArray();
        var input = tensor(logits, [2, 3]);
        Numbers.Same([losses.Average()], nn.functional.cross_entropy(input, tensor(labels)));
        Numbers.Same([losses.Sum()], nn.functional.cross_entropy(input, tensor(labels), reduction: nn.Reduction.Sum));
        Numbers.Same(losses, nn.functional.cross_entropy(input, tensor(labels), reduction: nn.Reduction.None));
    }

    [LibTorchFact]
    public void Gradients_add_up_until_they_are_taken_away()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2], requires_grad: true);
        Assert.Null(x.grad);
        (x * 3).sum().backward();
        (x * 4).sum().backward();
        Numbers.Same([7, 7], x.grad!);
        x.grad = null;
        Assert.Null(x.grad);
        (x * 5).backward([tensor([1.0, 2])]);
        Numbers.Same([5, 10], x.grad!);
    }

    [LibTorchFact]
    public void A_gradient_of_another_shape_or_type_is_refused()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2], requires_grad: true);
        Assert.Contains("[3]", Assert.Throws<TorchException>(() => x.grad = zeros(3, float64)).Message, StringComparison.Ordinal);
        Assert.Throws<TorchException>(() => x.grad = zeros(2, float32));
        Assert.Throws<TorchException>(() => (x * 2).requires_grad = false);
    }

    [LibTorchFact]
    public void Parameters_that_are_views_of_one_buffer_share_it_and_gather_their_gradients_in_another()
    {
        using var scope = NewDisposeScope();
        var parameters = zeros(10, float64);
        var gradients = zeros(10, float64);
        var weight = new Parameter(parameters.narrow(0, 0, 6).view(2, 3).detach());
        var bias = new Parameter(parameters.narrow(0, 6, 4).detach());
        weight.grad = gradients.narrow(0, 0, 6).view(2, 3);
        bias.grad = gradients.narrow(0, 6, 4);
        Assert.True(weight.is_leaf && weight.requires_grad && bias.is_leaf);

        parameters.copy_(arange(10, float64));
        Numbers.Same([0, 1, 2, 3, 4, 5], weight.detach());
        Numbers.Same([6, 7, 8, 9], bias.detach());

        for (var pass = 0; pass < 2; pass++)
        {
            ((weight * 2).sum() + (bias.square() / 2).sum()).backward();
            weight.relu().sum().backward();
        }

        // Twice the gradients: 2 + [x > 0] for the weight, x for the bias, written where the views lie.
        Numbers.Same([4, 6, 6, 6, 6, 6, 12, 14, 16, 18], gradients);
        using (no_grad())
            parameters.add_(gradients, -0.5);
        Numbers.Same([-2, -2, -1, 0, 1, 2], weight.detach());
        Numbers.Same([-2, -2, -1, 0, 1, 2, 0, 0, 0, 0], parameters);

        // And after the buffer is cleared they go on in the same place.
        gradients.zero_();
        weight.sum().backward();
        Numbers.Same([1, 1, 1, 1, 1, 1, 0, 0, 0, 0], gradients);
    }

    [LibTorchFact]
    public void Nothing_is_recorded_without_grad()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2], requires_grad: true);
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.False((x * 2).requires_grad);
            using (enable_grad())
                Assert.True((x * 2).requires_grad);
            Assert.False(is_grad_enabled());
        }

        Assert.True(is_grad_enabled());
        Assert.True((x * 2).requires_grad);
        Assert.False((x * 2).detach().requires_grad);
        Assert.False((x * 2).is_leaf);
    }

    [LibTorchFact]
    public void An_alias_is_the_same_tensor_and_outlives_the_first_handle()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2], requires_grad: true);
        var alias = x.alias();
        x.sum().backward();
        x.Dispose();
        Numbers.Same([1, 1], alias.grad!);
        Assert.True(alias.is_leaf);
    }
}
