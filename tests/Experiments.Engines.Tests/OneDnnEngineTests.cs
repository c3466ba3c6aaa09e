using Experiments.Core;
using Experiments.Core.Networks;
using Experiments.Core.Training;
using Experiments.OneDnn;
using Experiments.OneDnn.Compiled;
using Experiments.OneDnn.Interop;

namespace Experiments.Engines.Tests;

/// <summary>What only the onednn engine does.</summary>
public sealed class OneDnnEngineTests
{
    [OneDnnTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_same_seed_gives_the_same_bits_whatever_trains_beside(int threads)
    {
        var settings = new EngineSettings(Engines.ResNet("bn", projection: true), 4, Workers: 2, Threads: threads);
        var alone = Trained(settings);
        using var stop = new CancellationTokenSource();
        var steps = 0;
        var other = Task.Run(() =>
        {
            using var engine = Engines.Create("onednn", new EngineSettings(Engines.ResNet("gn"), 6, Threads: 3 - threads));
            for (; !stop.IsCancellationRequested; Interlocked.Increment(ref steps))
                Engines.Train(engine, Engines.Batch(engine, 6, steps), 0.01);
        });
        while (Volatile.Read(ref steps) == 0 && !other.IsCompleted)
            await Task.Yield();
        var beside = Trained(settings);
        await stop.CancelAsync();
        await other;
        Engines.Same(alone, beside);
        Assert.NotEqual(0, steps);

        static EngineState Trained(EngineSettings settings)
        {
            using var engine = Engines.Create("onednn", settings);
            for (var step = 0; step < 10; step++)
                Engines.Train(engine, Engines.Batch(engine, 8, step), 0.05);
            return engine.Read();
        }
    }

    [OneDnnFact]
    public unsafe void A_pass_that_throws_keeps_no_pointer_to_the_callers_memory()
    {
        var settings = new EngineSettings(Engines.ResNet("bn"), 4);
        using var context = new OneDnnContext();
        using var parameters = new ParameterStore(settings);

        // There are no threads, so a pass fails at its beginning.
        var compilation = new Compilation(settings, context, parameters, team: null!, images: 4, workers: 1, training: false, emulateBf16: false);
        using var network = new CompiledNetwork(compilation);
        var slot = settings.Network.NormSlots[0].Name;
        Assert.Throws<NullReferenceException>(() => network.Observe(new float[4 * settings.Network.Input.Size], new(0), slot, SlotSide.Input, new float[4 * settings.Network.ShapeAt(slot).Size]));
        Assert.True(compilation.Pass.Observed is null);
        Assert.Null(compilation.Pass.ObservedSlot);
    }

    // The library sums in another order when it shares the work out.
    [OneDnnTheory]
    [InlineData("bn", 1)]
    [InlineData("bn", 2)]
    [InlineData("gn", 1)]
    public void Two_threads_agree_with_one(string norm, int workers)
    {
        var settings = new EngineSettings(Engines.ResNet(norm, projection: true), 5, workers);
        using IEngine one = Engines.Create("onednn", settings), two = Engines.Create("onednn", settings with { Threads = 2 });
        var expected = one.LossAndGradients(Engines.Batch(one, 5 * workers, 1), new(0));
        var actual = two.LossAndGradients(Engines.Batch(two, 5 * workers, 1), new(0));
        Assert.Equal(expected.Loss, actual.Loss, 1e-5);
        foreach (var (a, b) in expected.Gradients.Zip(actual.Gradients))
            Numbers.Close(a.Values, b.Values, 1e-4, a.Name);
        Numbers.Close(Engines.Evaluate(one, Engines.Batch(one, 53, 2)), Engines.Evaluate(two, Engines.Batch(two, 53, 2)), 1e-5, "scores");
    }

    [OneDnnTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_team_shares_all_images_out_also_where_OpenMP_gives_fewer_threads_than_asked_for(bool dynamic)
    {
        // Dynamic teams are no larger than the machine has free cores, and 64 threads are more than that.
        SetDynamic(dynamic);
        try
        {
            foreach (var (threads, count) in new[] { (1, 5), (2, 1), (2, 7), (3, 2), (64, 100) })
            {
                using var team = new OpenMP(threads);
                team.Enter();
                var taken = new int[count];
                team.Split((first, share) =>
                {
                    for (var image = first; image < first + share; image++)
                        Interlocked.Increment(ref taken[image - 10]);
                }, 10, count);
                Assert.All(taken, times => Assert.Equal(1, times));
            }
        }
        finally
        {
            SetDynamic(false);
        }

        static unsafe void SetDynamic(bool on)
        {
            if (System.Runtime.InteropServices.NativeLibrary.TryLoad("libgomp.so.1", out var library))
                ((delegate* unmanaged<int, void>)System.Runtime.InteropServices.NativeLibrary.GetExport(library, "omp_set_dynamic"))(on ? 1 : 0);
        }
    }

    // More than what is taken at a time where images do not depend on each other, with a rest; sums may be in another order.
    [OneDnnTheory]
    [InlineData("gn", NormStatistics.Batch)]
    [InlineData("bn", NormStatistics.MovingAverage)]
    public void An_images_scores_do_not_depend_on_how_many_are_evaluated_with_it(string norm, NormStatistics statistics)
    {
        using var engine = Engines.Create("onednn", new EngineSettings(Engines.ResNet(norm), 4));
        Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.05);
        var all = Engines.Batch(engine, 57, 2);
        var together = Engines.Evaluate(engine, all, statistics);
        var alone = Enumerable.Range(0, all.Count).SelectMany(image =>
        {
            var one = new Core.Data.Batches.ImageBatch(all.Shape, 1, all.Layout);
            one.Resize(1);
            all.Image(image).CopyTo(one.Values);
            return Engines.Evaluate(engine, one, statistics);
        }).ToArray();
        Numbers.Close(together, alone, 1e-5, "scores");
    }

    [BothEnginesFact]
    public void ReLUs_and_residual_sums_that_follow_no_norm_are_computed_too()
    {
        Core.Networks.Layer[] layers =
        [
            new Convolution("conv1", 3, 8, 3), new Activation(ActivationKind.Relu), new Convolution("conv2", 8, 8, 3), new NormSlot("norm1", 8),
            new Residual("block", [new Convolution("conv3", 8, 8, 3)], []), new Activation(ActivationKind.Relu), new GlobalAveragePool(), new Linear("fc", 8, Engines.Classes),
        ];
        var network = new Network("unusual", Engines.Shape, Engines.Classes, Engines.NormOf("gn"), layers);
        using IEngine onednn = Engines.Create("onednn", new EngineSettings(network, 3)), torch = Engines.Create("torch", new EngineSettings(network, 3));
        foreach (var (a, b) in torch.LossAndGradients(Engines.Batch(torch, 3, 1), new(0)).Gradients.Zip(onednn.LossAndGradients(Engines.Batch(onednn, 3, 1), new(0)).Gradients))
            Numbers.Close(a.Values, b.Values, 1e-4, a.Name);
    }

    [Fact]
    public void A_library_of_a_version_or_with_threads_that_are_not_known_is_refused_in_a_sentence_that_says_what_to_install()
    {
        Assert.Null(OneDnnLibrary.Judge(new Version(2, 6, 3), CpuRuntime.OpenMP));
        Assert.Null(OneDnnLibrary.Judge(new Version(3, 5, 0), CpuRuntime.OpenMP));
        foreach (var (version, runtime, part) in new[]
        {
            (new Version(1, 8, 0), CpuRuntime.OpenMP, "oneDNN 1.8.0"), (new Version(4, 0, 1), CpuRuntime.OpenMP, "knows 2 and 3"),
            (new Version(2, 6, 3), CpuRuntime.Tbb, "Tbb"), (new Version(3, 5, 0), CpuRuntime.Sequential, "Sequential"), (new Version(3, 1, 0), (CpuRuntime)99, "OpenMP"),
        })
        {
            var sentence = OneDnnLibrary.Judge(version, runtime);
            Assert.Contains(part, sentence, StringComparison.Ordinal);
            Assert.Contains("apt-get install libdnnl2", sentence, StringComparison.Ordinal);
        }
    }

    [OneDnnFact]
    public void The_provider_says_what_it_has_and_what_it_lacks()
    {
        var provider = new OneDnnEngineProvider();
        Assert.Equal("onednn", provider.Name);
        Assert.Equal(["cpu"], provider.Devices);
        Assert.StartsWith("oneDNN ", provider.Library, StringComparison.Ordinal);
        Assert.Null(provider.Unavailable("cpu", Precision.Fp32));
        var cuda = provider.Unavailable("cuda", Precision.Fp32);
        Assert.Contains("not on cuda", cuda, StringComparison.Ordinal);
        Assert.Contains("--engine torch", cuda, StringComparison.Ordinal);
        var settings = new EngineSettings(Engines.ResNet("bn"), 2, Device: "cuda");
        Assert.Equal(ExperimentException.Unavailable, Assert.Throws<ExperimentException>(() => provider.Create(settings)).ExitCode);
        Assert.EndsWith("bf16 emulated", OneDnnEngineProvider.NameOf(emulateBf16: true), StringComparison.Ordinal);
        Assert.Equal(provider.Library, OneDnnEngineProvider.NameOf(emulateBf16: false));
    }
}

/// <summary>These tests change the environment of the whole process, so nothing else may run meanwhile.</summary>
[Collection(nameof(HandleTests))]
public sealed class Bf16SupportTests
{
    [OneDnnFact]
    public void Bfloat16_is_refused_with_the_reason_where_the_processor_has_none_unless_emulation_is_asked_for()
    {
        var provider = new OneDnnEngineProvider();
        var before = Environment.GetEnvironmentVariable(OneDnnEngineProvider.EmulateBf16Variable);
        try
        {
            Environment.SetEnvironmentVariable(OneDnnEngineProvider.EmulateBf16Variable, null);
            var reason = provider.Unavailable("cpu", Precision.Bf16);
            if (reason is not null)
            {
                Assert.Contains("AVX-512", reason, StringComparison.Ordinal);
                Assert.Contains("--precision fp32", reason, StringComparison.Ordinal);
                Assert.Contains($"{OneDnnEngineProvider.EmulateBf16Variable}=1", reason, StringComparison.Ordinal);
            }

            Environment.SetEnvironmentVariable(OneDnnEngineProvider.EmulateBf16Variable, "1");
            Assert.Null(provider.Unavailable("cpu", Precision.Bf16));
            using var engine = Engines.Create("onednn", new EngineSettings(Engines.ResNet("bn"), 2, Precision: Precision.Bf16));
            Assert.Equal(reason is not null, engine.Library.Contains("emulated", StringComparison.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable(OneDnnEngineProvider.EmulateBf16Variable, before);
        }
    }
}
