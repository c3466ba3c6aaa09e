using System.Runtime.CompilerServices;
using Experiments.Core.Training;
using Experiments.Torch;

namespace Experiments.Engines.Tests;

/// <summary>TorchSharp frees some objects in finalizers; none of these may run while a step computes.</summary>
public sealed class FinalizerTests
{
    // TorchSharp's temporary numbers: without the hold about one in 7,000 was freed while it was read, and there are some 200 a step.
    [TorchFact]
    [Trait("Speed", "slow")]
    public void Ten_thousand_steps_beside_a_thread_that_collects_all_the_time_end_in_the_same_bits()
    {
        const int Steps = 10_000;
        var quiet = Trained();
        using var stop = new CancellationTokenSource();
        var collections = 0;
        var collector = new Thread(() =>
        {
            // A garbage collection stops all threads; without a pause between two, the steps would hardly advance.
            for (; !stop.IsCancellationRequested; collections++)
            {
                GC.Collect(0);
                Thread.Sleep(1);
            }
        });
        collector.Start();
        try
        {
            Engines.Same(quiet, Trained());
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }

        Assert.True(collections > Steps / 10, $"only {collections} collections");

        static EngineState Trained()
        {
            var shape = new Core.Data.Images.ImageShape(3, 4, 6);
            var network = Core.Networks.ModelCatalog.Build("small-cnn", 4, Core.Networks.Shortcut.IdentityAppended, shape, Engines.Classes, Engines.NormOf("bn"));
            using var engine = Engines.Create("torch", new EngineSettings(network, 2));
            var batch = Engines.Batch(engine, 2, 1, shape);
            var scores = new float[2 * Engines.Classes];
            for (var step = 0; step < Steps; step++)
                engine.Train(batch, new(0.01, step), scores);
            return engine.Read();
        }
    }

    [Fact]
    public void No_finalizer_runs_until_the_last_who_holds_them_lets_go()
    {
        var finalized = new StrongBox<bool>();
        using (Finalizers.Keep())
        {
            using (Finalizers.Keep())
                Drop(finalized);
            for (var i = 0; i < 5; i++)
            {
                GC.Collect();
                Thread.Sleep(10);
            }

            Assert.False(finalized.Value);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(finalized.Value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(StrongBox<bool> told) => _ = new Witness(told);

    private sealed class Witness(StrongBox<bool> told)
    {
        ~Witness() => told.Value = true;
    }
}
