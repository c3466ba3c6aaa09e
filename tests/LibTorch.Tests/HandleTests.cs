namespace LibTorch.Tests;

[Collection(nameof(HandleTests))]
[CollectionDefinition(nameof(HandleTests), DisableParallelization = true)]
public sealed class HandleTests
{
    [LibTorchFact]
    public void Live_handles_return_to_where_they_began_after_training()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = LibTorchLibrary.LiveTensors;
        using (NewDisposeScope())
        {
            var x = Numbers.Varied([4, 3, 5, 5]);
            var labels = tensor([0L, 1, 2, 3]);
            Parameter weight = new(Numbers.Varied([6, 3, 3, 3])), classes = new(Numbers.Varied([4, 6]));
            var ready = LibTorchLibrary.LiveTensors;
            Assert.Equal(before + 4, ready);
            var losses = new List<double>();
            for (var step = 0; step < 20; step++)
            {
                using var scope = NewDisposeScope();
                var features = nn.functional.conv2d(x, weight, padding: [1]).relu_();
                var (variance, mean) = features.var_mean([0, 2, 3], unbiased: false, keepdim: true);
                var logits = nn.functional.linear(((features - mean) / (variance + 1e-5).sqrt()).mean([2, 3]), classes);
                var loss = nn.functional.cross_entropy(logits, labels);
                loss.backward();
                losses.Add(loss.item<double>());
                using (no_grad())
                {
                    foreach (var parameter in new[] { weight, classes })
                    {
                        parameter.add_(parameter.grad!, -0.1);
                        parameter.grad = null;
                    }
                }

                Assert.Throws<TorchException>(() => logits + x);
            }

            Assert.Equal(ready, LibTorchLibrary.LiveTensors);
            Assert.True(losses[^1] < losses[0], "the loss fell");
        }

        Assert.Equal(before, LibTorchLibrary.LiveTensors);
    }

    [LibTorchFact]
    public void A_tensor_that_nobody_disposes_is_freed_with_its_object()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = LibTorchLibrary.LiveTensors;
        Forget();
        Assert.True(LibTorchLibrary.LiveTensors > before);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(before, LibTorchLibrary.LiveTensors);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget() => ones(3).add(1);
}
