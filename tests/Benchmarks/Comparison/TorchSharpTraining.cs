using System.Diagnostics;
using System.Runtime.InteropServices;
using Experiments.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Benchmarks.Comparison;

/// <summary>
/// The training step that scripts/compare.sh compares with, as a TorchSharp user writes it: CIFAR's ResNet-20 from TorchSharp's own
/// layers, cross-entropy, and SGD. Its input and output are those of <c>bench --by-turns</c>.
/// </summary>
internal static class TorchSharpTraining
{
    /// <summary>Says <c>ready</c> when it is warm; then measures a repetition for every line read, and prints its images and seconds.</summary>
    public static int Run(string norm, int batch, int threads, double seconds)
    {
        LoadLibrary();
        set_num_threads(threads);
        random.manual_seed(1);
        using var model = new ResNet20(norm, classes: 10);
        using var images = randn(batch, 3, 32, 32);
        using var labels = randint(10, batch, ScalarType.Int64);
        using var optimizer = optim.SGD(model.parameters(), 0.1 * batch / 32, momentum: 0.9, weight_decay: 1e-4);
        model.train();

        Train(least: 3);
        Console.WriteLine($"ready torchsharp TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}");
        while (Console.ReadLine() is not null)
            Console.WriteLine(Train(least: 1));
        return 0;

        string Train(int least)
        {
            var clock = Stopwatch.StartNew();
            var steps = 0;
            for (; steps < least || clock.Elapsed.TotalSeconds < seconds; steps++)
                Step();
            return $"{steps * batch} {clock.Elapsed.TotalSeconds:R}";
        }

        void Step()
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = functional.cross_entropy(model.forward(images), labels);
            loss.backward();
            optimizer.step();
        }
    }

    private static void LoadLibrary()
    {
        try
        {
            NativeLibrary.Load(OldCppLibrary.Library, typeof(torch).Assembly, null);
        }
        catch (DllNotFoundException e) when (OperatingSystem.IsLinux() && e.Message.Contains(OldCppLibrary.MissingVersion, StringComparison.Ordinal))
        {
            OldCppLibrary.Use();
        }

        InitializeDeviceType(DeviceType.CPU);
    }

    private static Module<Tensor, Tensor> Norm(string name, long channels) => name switch
    {
        "none" => Identity(),
        "bn" => BatchNorm2d(channels),
        "ln" => GroupNorm(1, channels), // the paper's: over (C, H, W), gamma and beta per channel
        "in" => InstanceNorm2d(channels, affine: true),
        "gn" => GroupNorm(8, channels),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Expected none, bn, ln, in or gn."),
    };

    private static Module<Tensor, Tensor> Convolution(long from, long to, long stride = 1) =>
        Conv2d(from, to, kernel_size: 3, stride: stride, padding: 1, bias: false);

    /// <summary>[N, 3, 32, 32] to [N, classes], by stages of 16, 32 and 64 channels, three blocks each.</summary>
    private sealed class ResNet20 : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> _layers;

        public ResNet20(string norm, int classes)
            : base(nameof(ResNet20))
        {
            var layers = new List<Module<Tensor, Tensor>> { Convolution(3, 16), Norm(norm, 16), ReLU() };
            var channels = 16L;
            foreach (var width in new long[] { 16, 16, 16, 32, 32, 32, 64, 64, 64 })
            {
                layers.Add(new BasicBlock(norm, channels, width));
                channels = width;
            }

            _layers = Sequential([.. layers, AdaptiveAvgPool2d(1), Flatten(), Linear(channels, classes)]);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _layers.call(input);
    }

    private sealed class BasicBlock : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> _residual;
        private readonly long _stride, _added;

        public BasicBlock(string norm, long from, long to)
            : base(nameof(BasicBlock))
        {
            (_stride, _added) = (from == to ? 1 : 2, to - from);
            _residual = Sequential(Convolution(from, to, _stride), Norm(norm, to), ReLU(), Convolution(to, to), Norm(norm, to));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var shortcut = input;
            if (_added > 0)
            {
                // Option A of He et al.: every second pixel, and zeros for the channels that are new.
                var second = TensorIndex.Slice(null, null, _stride);
                shortcut = functional.pad(input[TensorIndex.Colon, TensorIndex.Colon, second, second], [0, 0, 0, 0, 0, _added]);
            }

            return functional.relu(_residual.call(input) + shortcut);
        }
    }
}
