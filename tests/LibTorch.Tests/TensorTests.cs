namespace LibTorch.Tests;

public sealed class TensorTests
{
    private static readonly double[] s_a = Numbers.Varied(15, 1);
    private static readonly double[] s_b = Numbers.Varied(15, 2);

    [LibTorchFact]
    public void Elements_survive_the_way_in_and_out_in_every_type()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([1.5f, -2f, 3f], tensor([1.5f, -2f, 3f]).data<float>().ToArray());
        Assert.Equal([1.5, -2, 3], tensor([1.5, -2, 3]).data<double>().ToArray());
        Assert.Equal([1L << 40, -2, 3], tensor([1L << 40, -2L, 3L]).data<long>().ToArray());
        Assert.Equal([1, -2, 3], tensor([1, -2, 3]).data<int>().ToArray());
        Assert.Equal([1, 200, 3], tensor(new byte[] { 1, 200, 3 }).data<byte>().ToArray());
        Assert.Equal([true, false, true], tensor([true, false, true]).data<bool>().ToArray());
    }

    [LibTorchFact]
    public void A_tensor_knows_its_shape_type_and_place()
    {
        using var scope = NewDisposeScope();
        var t = Numbers.Varied([2, 3, 5]);
        Assert.Equal([2, 3, 5], t.shape);
        Assert.Equal((3L, 30L, 5L, 3L), (t.ndim, t.numel(), t.size(-1), t.size(1)));
        Assert.Equal((float64, DeviceType.CPU, "cpu"), (t.dtype, t.device_type, t.device.ToString()));
        Assert.Equal("[2, 3, 5] Float64 on cpu", t.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => t.size(3));
        Assert.Equal(2.5f, tensor(2.5f).item<float>());
        Assert.Empty(tensor(2.5f).shape);
    }

    [LibTorchFact]
    public void Factories_make_what_they_say()
    {
        using var scope = NewDisposeScope();
        Numbers.Same([0, 0, 0, 0, 0, 0], zeros([2, 3], float64));
        Numbers.Same([1, 1, 1], ones(3, float64));
        Numbers.Same([2.5, 2.5], full(2, 2.5, float64));
        Numbers.Same([3, 5, 7], arange(3, 9, 2, float64));
        Assert.Equal([0L, 1, 2, 3], arange(4).data<long>().ToArray());
        Assert.Equal([7, 3], empty([7, 3]).shape);
        Assert.Equal(float32, empty([7, 3]).dtype);
        Assert.Equal((bfloat16, 3L), (zeros_like(ones([3, 2]), bfloat16).dtype, zeros_like(ones([3, 2])).size(0)));
        Assert.True(zeros(2, requires_grad: true).requires_grad);
    }

    [LibTorchFact]
    public void Arithmetic_is_plain_arithmetic()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor(s_a, [3, 5]), b = tensor(s_b, [3, 5]);
        void Is(Func<double, double, double> expected, Tensor actual) => Numbers.Same([.. s_a.Zip(s_b, expected)], actual);

        Is((x, y) => x + y, a + b);
        Is((x, y) => x - y, a - b);
        Is((x, y) => x * y, a * b);
        Is((x, y) => x / y, a / b);
        Is((x, _) => x + 2, a + 2);
        Is((x, _) => x - 0.5, a - 0.5);
        Is((x, _) => 1 - x, 1 - a);
        Is((x, _) => 2 * x, 2.0 * a);
        Is((x, _) => x * 3, a * 3L);
        Is((x, _) => x / 4, a / 4.0f);
        Is((x, _) => 1 / x, 1.0 / a);
        Is((x, _) => -x, -a);
        Is((x, y) => x + (0.25 * y), a.add(b, 0.25));
        Is((x, y) => x + (0.5 * x * y), a.addcmul(a, b, 0.5));
        Is((x, _) => x * x, a.square());
        Is((x, _) => x * x * x, a.pow(3));
        Is((x, _) => Math.Abs(x), a.abs());
        Is((x, _) => Math.Sqrt(Math.Abs(x)), a.abs().sqrt());
        Is((x, _) => 1 / Math.Sqrt(Math.Abs(x)), a.abs().rsqrt());
        Is((x, _) => Math.Max(x, 0), a.relu());
        Is((x, y) => x > 0 ? x : y, where(a.relu().eq(a), a, b));
    }

    [LibTorchFact]
    public void Arithmetic_in_place_changes_the_tensor_and_returns_it()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor(s_a, [3, 5]), b = tensor(s_b, [3, 5]);
        var expected = s_a.Zip(s_b, (x, y) => ((((((x + y) * y) - y) / y) + (0.5 * y) + (2 * y * y) + 1 - 2) * 3) / 4);
        var same = a.add_(b).mul_(b).sub_(b).div_(b).add_(b, 0.5).addcmul_(b, b, 2).add_(1).sub_(2).mul_(3).div_(4);
        Assert.Same(a, same);
        Numbers.Same([.. expected], a);
        Numbers.Same([.. Enumerable.Repeat(7.0, 15)], a.fill_(7));
        Numbers.Same(new double[15], a.zero_());
        Numbers.Same(s_b, a.copy_(b));
        Numbers.Same([.. s_b.Select(x => Math.Max(x, 0))], a.relu_());
    }

    [LibTorchFact]
    public void Reductions_run_over_the_dimensions_that_are_named()
    {
        // [2, 3, 5] over the first and last: one result for each of the three in the middle.
        using var scope = NewDisposeScope();
        var values = Numbers.Varied(30);
        var t = tensor(values, [2, 3, 5]);
        double[][] cells = [.. Enumerable.Range(0, 3).Select(c => values.Where((_, i) => i / 5 % 3 == c).ToArray())];
        double[] means = [.. cells.Select(cell => cell.Average())];
        double[] squares = [.. cells.Select(cell => cell.Sum(x => Math.Pow(x - cell.Average(), 2)))];

        Numbers.Same([.. cells.Select(cell => cell.Sum())], t.sum([0, 2]));
        Numbers.Same(means, t.mean([0, 2]));
        Assert.Equal([1, 3, 1], t.mean([0, 2], keepdim: true).shape);
        Numbers.Same([.. squares.Select(square => square / 10)], t.var([0, 2], unbiased: false));
        Numbers.Same([.. squares.Select(square => square / 9)], t.var([0, 2]));
        var (variance, mean) = t.var_mean([0, 2], unbiased: false, keepdim: true);
        Numbers.Same([.. squares.Select(square => square / 10)], variance);
        Numbers.Same(means, mean);
        Assert.Equal([1, 3, 1], variance.shape);
        Numbers.Same([values.Sum()], t.sum());
        Numbers.Same([values.Average()], t.mean());
        Assert.Equal([2, 5], t.sum(1).shape);
        Assert.Equal(float64, ones(3).sum(float64).dtype);
    }

    [LibTorchFact]
    public void Largest_elements_are_found_with_their_places()
    {
        using var scope = NewDisposeScope();
        var t = tensor([1.0, 7, 3, 9, 2, 4], [2, 3]);
        Assert.Equal(9, t.max().item<double>());
        var (values, indexes) = t.max(1);
        Numbers.Same([7, 9], values);
        Assert.Equal([1L, 0], indexes.data<long>().ToArray());
        Assert.Equal([1L, 0], t.argmax(1).data<long>().ToArray());
        Assert.Equal(3, t.argmax().item<long>());
        Assert.Equal(1, t.argmax(1).eq(tensor([1L, 2])).sum().item<long>());
    }

    [LibTorchFact]
    public void Numbers_that_are_not_finite_are_seen()
    {
        using var scope = NewDisposeScope();
        Assert.True(tensor([1.0, 2]).isfinite().all().item<bool>());
        Assert.False(tensor([1.0, double.NaN]).isfinite().all().item<bool>());
        Assert.Equal([true, false, false], tensor([1.0, double.PositiveInfinity, double.NaN]).isfinite().data<bool>().ToArray());
    }

    [LibTorchFact]
    public void Shapes_change_without_moving_elements()
    {
        using var scope = NewDisposeScope();
        var t = Numbers.Varied([2, 3, 5]);
        Assert.Equal([5, 2, 3], t.permute(2, 0, 1).shape);
        Assert.Equal([2, 5, 3], t.transpose(1, 2).shape);
        Assert.Equal([6, 5], t.view(-1, 5).shape);
        Assert.Equal([2, 15], t.flatten(1).shape);
        Assert.Equal([3, 10], t.transpose(0, 1).reshape(3, 10).shape);
        Assert.Equal([2, 1, 3, 5], t.unsqueeze(1).shape);
        Assert.Equal([2, 3, 5], t.unsqueeze(1).squeeze(1).shape);
        Assert.Equal([4, 3, 5], t.narrow(0, 0, 1).expand(4, 3, 5).shape);
        Assert.Equal([2, 2, 5], t.slice(1, 0, 3, 2).shape);
        Assert.Equal([4, 3, 5], cat([t, t]).shape);
        Assert.Equal([2, 3, 2, 5], stack([t, t], 2).shape);
        Assert.False(t.transpose(1, 2).is_contiguous());
        Assert.True(t.transpose(1, 2).contiguous().is_contiguous());
    }

    [LibTorchFact]
    public void A_view_that_is_not_contiguous_is_read_and_written_in_its_own_order()
    {
        using var scope = NewDisposeScope();
        var t = arange(6, float64).view(2, 3);
        var turned = t.transpose(0, 1);
        Assert.Equal([0.0, 3, 1, 4, 2, 5], turned.data<double>().ToArray());
        Assert.Equal(4, turned.data<double>()[3]);
        turned.data<double>().CopyFrom([10.0, 11, 12, 13, 14, 15]);
        Assert.Equal([10.0, 12, 14, 11, 13, 15], t.data<double>().ToArray());
        Assert.Throws<InvalidOperationException>(() => turned.bytes.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => turned.data<double>()[6]);
    }

    [LibTorchFact]
    public void Bytes_are_the_tensors_own_memory()
    {
        using var scope = NewDisposeScope();
        var t = zeros([2, 3]);
        var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(t.bytes);
        floats[4] = 2.5f;
        Assert.Equal([0, 0, 0, 0, 2.5f, 0], t.data<float>().ToArray());
        Assert.Equal(0, zeros(0).bytes.Length);
    }

    [LibTorchFact]
    public void Types_convert_and_the_wrong_type_is_refused()
    {
        using var scope = NewDisposeScope();
        var t = tensor([1.25f, 2.5f]);
        Assert.Equal([1.25, 2.5], t.to(float64).data<double>().ToArray());
        Assert.Equal([1L, 2], t.to(int64).data<long>().ToArray());
        Assert.Equal([1.25f, 2.5f], t.to(bfloat16).to(CPU).to(float32).data<float>().ToArray());
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => t.data<double>()).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => t.item<float>());
        Assert.Throws<ArgumentException>(() => tensor([1f, 2], [3]));
        foreach (var wrong in new[] { "gpu", "", "0", "cuda:x", "cuda:0:1" })
            Assert.Throws<ArgumentException>(() => device(wrong));
        Assert.Equal((DeviceType.CUDA, 1, "cuda:1"), (device("cuda:1").type, device("cuda:1").index, device("cuda:1").ToString()));
    }

    [LibTorchFact]
    public void Lists_longer_than_the_stack_holds_cross_the_boundary()
    {
        using var scope = NewDisposeScope();
        var parts = Enumerable.Range(0, 100).Select(i => full([1, 2], i, float64)).ToArray();
        Numbers.Same([.. Enumerable.Range(0, 200).Select(i => (double)(i / 2))], cat(parts));
        Numbers.Same([.. Enumerable.Range(0, 200).Select(i => (double)(i / 2))], stack(parts).flatten());
    }
}
