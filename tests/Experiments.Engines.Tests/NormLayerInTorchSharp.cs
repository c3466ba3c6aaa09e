using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Experiments.Core.Norms;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>The norm layer in a TorchSharp user's own network. docs/engines.md shows a part of this file as its example.</summary>
public sealed partial class NormLayerInTorchSharp
{
    [TorchFact]
    public void Readmes_example_learns_and_evaluates_by_its_running_statistics()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = (Numbers.Varied([8, 3, 6, 5], 1).to(float32), tensor(new long[] { 0, 1, 2, 3, 0, 1, 2, 3 }));

        // The page begins
        var norm = NormCatalog.Create(new("batch-renorm"));
        var network = nn.Sequential(
            ("conv", nn.Conv2d(3, 16, 3, padding: 1, bias: false)),
            ("norm", new NormLayer(norm, channels: 16)),
            ("relu", nn.ReLU()),
            ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()),
            ("fc", nn.Linear(16, 10)));
        var optimizer = optim.SGD(network.parameters(), learningRate: 0.1, momentum: 0.9);

        network.train();
        var loss = nn.functional.cross_entropy(network.call(images), labels);
        loss.backward();
        optimizer.step();

        network.eval();
        var scores = network.call(images);
        // The page ends

        Assert.Equal([8L, 10L], scores.shape);
        Assert.True(nn.functional.cross_entropy(network.call(images), labels).item<float>() < loss.item<float>());
        Assert.Equal(2 + 2 + 1, network.parameters().Count());
        Assert.Equal(["norm.running_mean", "norm.running_var"], network.named_buffers().Select(buffer => buffer.name));
        // An image gets the same scores alone as among others.
        Numbers.Close(scores.narrow(0, 0, 1), network.call(images.narrow(0, 0, 1)), 1e-5, "scores");
    }

    [Fact]
    public void Readme_shows_this_example()
    {
        var code = Example().Match(File.ReadAllText(ThisFile())).Groups[1].Value;
        Assert.NotEqual("", code);
        var lines = code.TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : "");
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../docs/engines.md"));
        Assert.Contains(string.Join('\n', lines), page, StringComparison.Ordinal);
    }

    // The four norms for which libtorch has a kernel; the others can be computed in one way only.
    [TorchTheory]
    [InlineData("bn", null)]
    [InlineData("gn", 4)]
    [InlineData("ln", null)]
    [InlineData("in", null)]
    [InlineData("syncbn", null)]
    [InlineData("ln-channels", null)]
    public void Libtorchs_kernel_and_the_definition_agree(string name, int? groups)
    {
        foreach (var affine in Enum.GetValues<Affine>())
        {
            var norm = NormCatalog.Create(new(name, groups, Affine: affine));
            using var scope = NewDisposeScope();
            var (x, dy) = (NormLayerTests.Input([4, 8, 5, 7], 30, float64, channelsLast: true), Numbers.Varied([4, 8, 5, 7], 2));
            using Layer kernel = new(norm, 8, float64), definition = new(norm, 8, float64, byDefinition: true);
            kernel.Run(x, dy).AgreesWith(definition.Run(x, dy), 1e-11);
            if (norm.HasRunningStatistics)
            {
                Numbers.Close(definition.RunningMean!, kernel.RunningMean!, 1e-12, "running mean");
                Numbers.Close(definition.RunningVariance!, kernel.RunningVariance!, 1e-12, "running variance");
            }
        }
    }

    [GeneratedRegex("// The page begins\n(.*)\n +// The page ends", RegexOptions.Singleline)]
    private static partial Regex Example();

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
